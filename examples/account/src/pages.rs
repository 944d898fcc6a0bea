//! What the pages show. Their texts are in `templates/`.

mod trouble;

use askama::Template;

use crate::frame::Frame;
pub(crate) use trouble::*;

/// For visitors.
#[derive(Template)]
#[template(path = "welcome.html")]
pub(crate) struct WelcomePage {
    pub(crate) frame: Frame,
    pub(crate) count: u64,
}

/// For users.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) devices: usize,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
pub(crate) struct SignUpPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) why: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) remember: bool,
    pub(crate) return_to: String,
    pub(crate) why: Option<String>,
}

#[derive(Template)]
#[template(path = "goodbye.html")]
pub(crate) struct GoodbyePage {
    pub(crate) frame: Frame,
    pub(crate) account_deleted: bool,
}

#[derive(Template)]
#[template(path = "devices.html")]
pub(crate) struct DevicesPage {
    pub(crate) frame: Frame,
    pub(crate) devices: Vec<Device>,
}

/// A device in the list.
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) since: Option<String>,
    pub(crate) last_seen: Option<String>,
    pub(crate) is_this: bool,
    pub(crate) is_remembered: bool,
}

#[derive(Template)]
#[template(path = "password.html")]
pub(crate) struct PasswordPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) why: Option<String>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) return_to: String,
    pub(crate) why: Option<String>,
}

#[derive(Template)]
#[template(path = "delete.html")]
pub(crate) struct DeletePage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) confirm_after: String,
}

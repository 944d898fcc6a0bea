//! What a session holds.

use serde::{Deserialize, Serialize};

use crate::form_token::FormToken;

/// What a session holds: what belongs to this browser and not to the user.
///
/// Whose session it is, since when, and on which device, the session knows by itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Visit {
    /// How often the home page was opened. It goes on counting after signing in.
    pub(crate) count: u64,
    /// What makes the forms of this browser ours. None until one was shown.
    pub(crate) form_token: Option<FormToken>,
    /// What the next page is to say.
    pub(crate) notice: Option<Notice>,
}

impl Visit {
    /// The visit of somebody who has just signed in: it goes on, but with another form token. One
    /// that somebody planted before is worth nothing now.
    pub(crate) fn signed_in(
        carried: Option<Self>,
        fresh: &FormToken,
        notice: Option<Notice>,
    ) -> Self {
        Self {
            form_token: Some(fresh.clone()),
            notice,
            ..carried.unwrap_or_default()
        }
    }
}

/// What a page says once about what was done before it. Kept in the session, so that no link can make
/// a page say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Notice {
    Welcome,
    SignedIn,
    DeviceEnded,
    DeviceWasGone,
    OthersEnded,
    PasswordChanged,
}

impl Notice {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Welcome => "Welcome! Your account is ready.",
            Self::SignedIn => "You're signed in.",
            Self::DeviceEnded => "That device is signed out.",
            Self::DeviceWasGone => "That device was signed out already.",
            Self::OthersEnded => "Your other devices are signed out.",
            Self::PasswordChanged => {
                "Your password has changed. Your other devices are signed out."
            }
        }
    }
}

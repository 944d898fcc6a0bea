//! What the pages say that tell of a failure: what happened, and what to do.

use askama::Template;

use crate::frame::Frame;

/// What a page says that tells of a failure.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// Where to go from here, and what that is called.
    pub(crate) way: (&'static str, &'static str),
}

#[derive(Template)]
#[template(path = "trouble.html")]
pub(crate) struct TroublePage {
    frame: Frame,
    trouble: &'static Trouble,
}

impl TroublePage {
    pub(crate) fn new(trouble: &'static Trouble) -> Self {
        Self {
            frame: Frame::bare(),
            trouble,
        }
    }
}

const HOME: (&str, &str) = ("/", "Go to the home page");

pub(crate) const STORE_DOWN: Trouble = Trouble {
    title: "We'll be right back",
    text: "We cannot look up your session just now. You are still signed in, and nothing is lost. Please \
           try again in a few seconds.",
    way: HOME,
};

pub(crate) const NOT_DONE: Trouble = Trouble {
    title: "That did not work just now",
    text: "We could not reach the place where we keep who is signed in, so it may not be done. Please \
           have a look in a few seconds, and try again.",
    way: HOME,
};

pub(crate) const SESSION_UNREADABLE: Trouble = Trouble {
    title: "Your session cannot be read",
    text: "Something is wrong with what we keep about this browser. If it does not go away, delete the \
           cookies of this page and sign in again.",
    way: HOME,
};

pub(crate) const OTHERS_MAY_REMAIN: Trouble = Trouble {
    title: "Your password has changed",
    text: "But something went wrong after that, and your other devices may still be signed in. Please \
           sign in with your new password if we ask for it, and sign the others out from the list of devices.",
    way: ("/devices", "Go to your devices"),
};

pub(crate) const PASSWORD_CHANGED: Trouble = Trouble {
    title: "Your password has changed",
    text: "Your other devices are signed out. Something went wrong after that: please sign in with your new \
           password if we ask for it.",
    way: ("/devices", "Go to your devices"),
};

pub(crate) const ACCOUNT_GONE: Trouble = Trouble {
    title: "Your account is deleted",
    text: "But something went wrong after that, and your devices may still keep a session. It opens nothing \
           any more, and ends by itself.",
    way: HOME,
};

pub(crate) const FORM_OUT_OF_DATE: Trouble = Trouble {
    title: "That page was out of date",
    text: "You have signed in or out since it was opened, or it stood open for very long. Nothing was \
           changed. Please open the page again.",
    way: HOME,
};

pub(crate) const FROM_ELSEWHERE: Trouble = Trouble {
    title: "That did not come from here",
    text: "Another site has sent you here with something to change. Nothing was changed. If you want to \
           do it, please begin on our own pages.",
    way: HOME,
};

pub(crate) const FORM_UNREADABLE: Trouble = Trouble {
    title: "We could not read that form",
    text: "Something was missing in what your browser sent, or it was far too long. Nothing was changed.",
    way: HOME,
};

pub(crate) const OUR_FAULT: Trouble = Trouble {
    title: "Something went wrong here",
    text: "It is not your fault. What you were doing may not be done; please have a look before you try \
           again.",
    way: HOME,
};

pub(crate) const NOT_FOUND: Trouble = Trouble {
    title: "There is no such page",
    text: "The address may be mistyped, or the page may have moved.",
    way: HOME,
};

pub(crate) const NOT_ALLOWED: Trouble = Trouble {
    title: "That page does something else",
    text: "It is a button somewhere on our pages, and not a page to look at.",
    way: HOME,
};

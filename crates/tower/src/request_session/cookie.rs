//! What the response does to the cookie.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cloakroom_core::{Deadline, Session, Token};

/// What the response does to the cookie.
#[derive(Clone, Default)]
pub(super) enum Cookie {
    #[default]
    Leave,
    /// The client is given a new token.
    Set(NewToken),
    Delete,
}

/// A token that this request was given for its client.
#[derive(Clone)]
pub(super) struct NewToken {
    pub(super) token: Token,
    pub(super) is_remembered: bool,
    /// When its session ends at the latest.
    pub(super) until: Deadline,
    /// Whether another request can renew the session before the client has this token: by the one that
    /// the client has, in its grace.
    pub(super) has_rivals: bool,
}

impl NewToken {
    pub(super) fn of<T>(token: &Token, session: &Session<T>) -> Self {
        Self {
            token: token.clone(),
            is_remembered: session.is_remembered(),
            until: session.overall_deadline(),
            has_rivals: false,
        }
    }

    /// One that came of a renewal with this grace.
    pub(super) fn of_renewal<T>(token: &Token, session: &Session<T>, grace: Duration) -> Self {
        Self {
            has_rivals: !grace.is_zero(),
            ..Self::of(token, session)
        }
    }
}

/// Holds what the response is to do to the cookie. Apart from the state, which a call that is begun and not
/// polled any more keeps for good: what the client is to have by then is not lost with it.
#[derive(Default)]
pub(super) struct CookieSlot(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    cookie: Cookie,
    is_sealed: bool,
}

impl CookieSlot {
    pub(super) fn get(&self) -> Cookie {
        self.slot().cookie.clone()
    }

    /// Gives the client a token. Says whether the response can still do that: where it cannot, nobody has
    /// the token.
    #[must_use]
    pub(super) fn hand_out(&self, new: NewToken) -> bool {
        self.set(Cookie::Set(new))
    }

    /// Leaves the client what it has.
    pub(super) fn leave(&self) {
        self.set(Cookie::Leave);
    }

    /// Takes away what the client has, which opens nothing any more.
    pub(super) fn delete(&self) {
        self.set(Cookie::Delete);
    }

    fn set(&self, cookie: Cookie) -> bool {
        let mut slot = self.slot();
        if !slot.is_sealed {
            slot.cookie = cookie;
        }
        !slot.is_sealed
    }

    /// What the response does; nothing that is set from now on reaches the client.
    pub(super) fn seal(&self) -> Cookie {
        let mut slot = self.slot();
        slot.is_sealed = true;
        slot.cookie.clone()
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

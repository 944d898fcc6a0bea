//! What becomes of what a handler asks for.

use std::fmt;

use cloakroom_core::{Reused, SessionId};

use crate::view::SessionView;

/// What became of the changes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub enum Saved {
    /// There were none.
    Nothing,
    /// They are stored.
    Stored,
    /// They are stored in a new session, whose token the response hands to the client.
    Created,
    /// They were dropped: there is no session to change, and this request may not create one.
    Dropped(Dropped),
}

/// What became of [`RequestSession::replace_if_unchanged`](crate::RequestSession::replace_if_unchanged).
#[must_use]
pub enum Replaced<T> {
    /// There was no conflict.
    Saved(Saved),
    /// Another request has changed the session since this one loaded it. Nothing was written; this is
    /// what it is now.
    Conflict(SessionView<T>),
}

/// Without the data.
impl<T> fmt::Debug for Replaced<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saved(saved) => f.debug_tuple("Saved").field(saved).finish(),
            Self::Conflict(view) => f.debug_tuple("Conflict").field(view).finish(),
        }
    }
}

/// Why changes were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dropped {
    /// The session was there when this request came or loaded it, and has ended since: signed out,
    /// revoked, or, where it was loaded, over. It is not replaced by a fresh one. Also a session that
    /// ended shortly before: see [`clock_margin`](crate::SessionLayerBuilder::clock_margin).
    Ended,
    /// Another request has signed in from this session; its client has, or will get, another token.
    Replaced,
    /// The token is an old one whose grace is over: see [`OnReused`](crate::OnReused).
    Reused,
    /// The session could not be loaded, and the request went on without.
    LoadFailed,
    /// There is no way to hand a new token to the client: it came with a token in a header, or the
    /// layer has no cookie.
    NoCookie,
}

impl Dropped {
    /// The name, as metrics label it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Replaced => "replaced",
            Self::Reused => "reused",
            Self::LoadFailed => "load_failed",
            Self::NoCookie => "no_cookie",
        }
    }
}

/// What became of [`RequestSession::complete`](crate::RequestSession::complete).
#[must_use]
pub enum SignInOutcome<T> {
    /// The user is signed in, and the response sets the cookie.
    SignedIn {
        /// The new session.
        view: SessionView<T>,
        /// The sessions of the same user that the cap ended.
        evicted: Vec<SessionId>,
        /// Where the token signed in from was an old one whose grace is over: see
        /// [`SignIn::SignedIn`](cloakroom_core::SignIn::SignedIn).
        reused: Option<Reused>,
    },
    /// All sessions of the user were revoked since the attempt began. Begin again.
    Superseded,
    /// The attempt was not completed in time. Begin again.
    Expired,
    /// The user has as many sessions as the cap allows, and the cap refuses.
    CapReached,
    /// Another request has signed this session in since the attempt began, as when a form is submitted
    /// twice, or it ended while this one completed. The client has, or will get, the answer of that one.
    /// A session that was signed out before that is as good as none: the sign-in goes on without data.
    Gone,
}

impl<T> SignInOutcome<T> {
    /// Whether the user is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        matches!(self, Self::SignedIn { .. })
    }
}

/// Without the data.
impl<T> fmt::Debug for SignInOutcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn { view, evicted, .. } => f
                .debug_struct("SignedIn")
                .field("view", view)
                .field("evicted", evicted)
                .finish_non_exhaustive(),
            Self::Superseded => f.write_str("Superseded"),
            Self::Expired => f.write_str("Expired"),
            Self::CapReached => f.write_str("CapReached"),
            Self::Gone => f.write_str("Gone"),
        }
    }
}

/// What became of [`RequestSession::renew`](crate::RequestSession::renew).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub enum Renewed {
    /// The session has a new token, and the response sets the cookie.
    Renewed,
    /// Another request has just renewed it; its client has, or will get, the new token.
    AlreadyRenewed,
    /// There is no session to renew.
    NoSession,
}

//! A session as one request sees it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Session, SessionId, Subject};

/// A session as this request sees it: what was loaded, with the request's own changes.
///
/// Cheap to clone. It does not change: ask again after a change.
pub struct SessionView<T> {
    pub(crate) seen: Seen<T>,
}

pub(crate) enum Seen<T> {
    Stored(Arc<Session<T>>),
    /// The session that the changes are to, where there is one.
    Changed(Option<Arc<Session<T>>>, Arc<T>),
}

impl<T> SessionView<T> {
    /// The application's data, with the request's own changes.
    #[must_use]
    pub fn data(&self) -> &T {
        match &self.seen {
            Seen::Stored(session) => session.data(),
            Seen::Changed(_, data) => data,
        }
    }

    /// The session as it was loaded or saved last, without the changes that are pending: its times, its label, its
    /// timeouts. None where it is not stored yet.
    #[must_use]
    pub fn session(&self) -> Option<&Session<T>> {
        match &self.seen {
            Seen::Stored(session) | Seen::Changed(Some(session), _) => Some(session),
            Seen::Changed(None, _) => None,
        }
    }

    /// Whose session it is; none where it is anonymous.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.session().and_then(Session::subject)
    }

    /// What the store knows the session by, to find it in a listing; none where it is not stored yet.
    #[must_use]
    pub fn id(&self) -> Option<SessionId> {
        self.session().map(Session::id)
    }

    /// Whether its subject has authenticated within this time: see
    /// [`Session::authenticated_within`].
    #[must_use]
    pub fn authenticated_within(&self, within: Duration) -> bool {
        self.session()
            .is_some_and(|session| session.authenticated_within(within))
    }
}

impl<T> Clone for SessionView<T> {
    fn clone(&self) -> Self {
        Self {
            seen: self.seen.clone(),
        }
    }
}

impl<T> Clone for Seen<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Stored(session) => Self::Stored(Arc::clone(session)),
            Self::Changed(session, data) => Self::Changed(session.clone(), Arc::clone(data)),
        }
    }
}

/// Without the data.
impl<T> fmt::Debug for SessionView<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionView")
            .field("session", &self.session())
            .field("changed", &matches!(self.seen, Seen::Changed(..)))
            .finish()
    }
}

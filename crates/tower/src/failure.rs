//! Failures of the store, and what is done about them.

use std::fmt;

use cloakroom_core::ErrorKind;

/// How a store fails, as far as responses, logs, metrics and policies tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The store is down, full, or refuses.
    Unavailable,
    /// The store did not answer in time: its own, or the layer's
    /// [`store_deadline`](crate::SessionLayerBuilder::store_deadline).
    Slow,
    /// The session is there and cannot be read: it is damaged, written by a newer version, or its
    /// data do not decode to the application's type.
    Corrupt,
    /// The session data are too large, or do not encode: not the store's fault but the
    /// application's. Only in saving.
    Refused,
}

impl Failure {
    /// All of them.
    pub(crate) const ALL: [Failure; 4] =
        [Self::Unavailable, Self::Slow, Self::Corrupt, Self::Refused];

    pub(crate) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Timeout => Self::Slow,
            ErrorKind::Corrupt
            | ErrorKind::NewerVersion
            | ErrorKind::Decode
            | ErrorKind::UnknownCodec => Self::Corrupt,
            ErrorKind::TooLarge | ErrorKind::Encode | ErrorKind::InvalidInput => Self::Refused,
            _ => Self::Unavailable,
        }
    }

    /// The name, as metrics label it and the header [`FAILURE_HEADER`](crate::FAILURE_HEADER) has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Slow => "slow",
            Self::Corrupt => "corrupt",
            Self::Refused => "refused",
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Unavailable => 0,
            Self::Slow => 1,
            Self::Corrupt => 2,
            Self::Refused => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the session store is unavailable",
            Self::Slow => "the session store did not answer in time",
            Self::Corrupt => "the session cannot be read",
            Self::Refused => "the session data cannot be stored",
        })
    }
}

/// When a store failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// When the session was loaded.
    Loading,
    /// When its changes were saved, or it was to be ended or renewed.
    Saving,
}

impl Moment {
    /// The name, as metrics label it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Saving => "saving",
        }
    }
}

/// What is done where a session cannot be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnLoadFailure {
    /// Whatever the handler answers, the response is 503 with `Retry-After`: nobody is taken for
    /// signed out, nor for anything else, because the store is down.
    #[default]
    Respond,
    /// The handler is given no session, as if the visitor had come without. The request creates
    /// none and sets no cookie, so that the visitor is back in the old session when the store is.
    /// For pages that look the same to everybody; a page that says "sign in" will say so to users who
    /// are signed in.
    GoOnAnonymously,
    /// The handler is given the error, and what it answers is the response.
    LeaveToHandler,
}

/// What is done where the changes of a session cannot be saved, after the handler has run; and where
/// it has passed over a sign-out, a revocation or a renewal that failed or was given up half-way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnSaveFailure {
    /// The response is 503 with `Retry-After` in place of the handler's, which would tell of changes
    /// that are lost; 500 for [`Failure::Refused`], which trying again does not help. What the handler did besides
    /// remains done.
    #[default]
    Respond,
    /// The handler's response is kept, and the changes are lost. So a handler that signs out, revokes or
    /// renews has to look at the error: its response is all that the user is told.
    KeepResponse,
}

/// The policies of a layer, by failure.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policies {
    pub(crate) load: [OnLoadFailure; Failure::ALL.len()],
    pub(crate) save: [OnSaveFailure; Failure::ALL.len()],
}

//! What can go wrong, as the pages see it.

use cloakroom::ErrorKind;

/// What can go wrong, as the pages see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no session.
    #[error("you are signed out")]
    SignedOut,
    /// The name or the password is wrong.
    #[error("the name or the password is wrong")]
    Refused,
    /// The sign-in took too long, or was overtaken.
    #[error("please sign in again")]
    BeginAgain,
    /// The last sign-in is too long ago for this.
    #[error("please enter your password once more")]
    Reauthenticate,
    /// It has not happened, at most a part of it. Asking again is safe, and may work in a moment.
    #[error("please try again in a moment")]
    Unavailable,
    /// It has happened or not. Look before trying again.
    #[error("please look whether it has worked")]
    PerhapsDone,
    /// Something is wrong on our side.
    #[error("something is wrong on our side")]
    Broken,
}

impl Failure {
    /// The status of the response.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::SignedOut | Self::Reauthenticate => 401,
            Self::Refused => 403,
            Self::BeginAgain => 409,
            Self::Unavailable => 503,
            Self::PerhapsDone | Self::Broken => 500,
        }
    }
}

/// An error of the store is never "signed out".
impl From<cloakroom::Error> for Failure {
    fn from(error: cloakroom::Error) -> Self {
        match error.kind() {
            ErrorKind::OutcomeUnknown => Self::PerhapsDone,
            _ if error.is_retryable() => Self::Unavailable,
            _ => Self::Broken,
        }
    }
}

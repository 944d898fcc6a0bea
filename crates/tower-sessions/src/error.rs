//! Errors, as texts: the interface has no other form for them.

use std::error::Error;
use std::fmt::Write as _;

use tower_sessions_core::session_store;

/// What is not the store's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    #[error(
        "the session has ended, and is not brought back: a request was late for its sign-out, or it has expired"
    )]
    Ended,
    #[error(
        "the expiry of the session lies further ahead than the bridge keeps sessions; raise it with `Bridge::longest`"
    )]
    TooFarAhead,
    #[error("others kept changing the same session")]
    Contended,
}

/// An error with all its causes.
pub(crate) fn backend(error: &dyn Error) -> session_store::Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    session_store::Error::Backend(text)
}

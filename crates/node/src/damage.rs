//! What can be wrong with a stored value.

use crate::json::NotJson;

/// What is wrong with a value in Redis that should be a session. The source of an error of the kind
/// [`Corrupt`](cloakroom_core::ErrorKind::Corrupt). It never has any of the value in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It is no text.
    #[error("the value is not UTF-8")]
    NotUtf8,
    /// It is not JSON. An empty value is not, either.
    #[error("the value is not JSON")]
    NotJson(#[from] NotJson),
    /// It is JSON, but not an object: `null`, a list.
    #[error("the value is not an object")]
    NotAnObject,
    /// express-session fails where a session has no settings of its cookie, or something else in their place.
    #[error("the session has no settings of its cookie")]
    NoCookie,
    /// What says how long the session lives is no number where Node needs one, or one that Redis refuses.
    #[error("the session's lifetime makes no sense")]
    Lifetime,
    /// The key holds no string.
    #[error("the key holds something else than a string")]
    NotAString,
}

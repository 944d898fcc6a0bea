//! What can go wrong, as opposed to what can be the outcome.

use std::error::Error as StdError;
use std::fmt;

/// The result of an operation that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Something went wrong. Absent, conflicting and refused are not errors but outcomes.
///
/// The message says which operation failed and why, one level deep; [`source`](StdError::source)
/// says the rest. Neither holds a token, a subject or session data.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    operation: Operation,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error without a cause of its own.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: Operation) -> Self {
        Self {
            kind,
            operation,
            source: None,
        }
    }

    /// An error with its cause.
    #[must_use]
    pub fn with_source(
        kind: ErrorKind,
        operation: Operation,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            operation,
            source: Some(source.into()),
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was being done.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Whether the same call may succeed soon, with nothing written by the operation that failed.
    ///
    /// A method of the handle that makes several may have made some of them before:
    /// [`end_everyone`](crate::Sessions::end_everyone) has ended sessions. It can be called again all
    /// the same.
    ///
    /// An unknown outcome is not retryable in this sense: the write may have happened.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Contended
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.operation, self.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// What kind of failure an [`Error`] is.
///
/// "Nothing was written" speaks of the operation of the store that failed. A call of the handle that
/// takes several says in its own documentation what the earlier ones leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store cannot be reached or refuses work for now. Nothing was written.
    Unavailable,
    /// The store did not answer in time. Nothing was written.
    Timeout,
    /// A write was sent and its answer was lost: it may have happened.
    OutcomeUnknown,
    /// Others changed the same session again and again, and this change was given up. Nothing was
    /// written.
    Contended,
    /// A stored record is damaged. It can still be revoked and deleted.
    Corrupt,
    /// A stored record was written by a newer version. It can still be revoked and deleted.
    NewerVersion,
    /// The store has no room for the write. Nothing was written.
    Full,
    /// The store may not be used like this: credentials, permissions, read-only media.
    Denied,
    /// An argument breaks a rule of the interface. Nothing was written.
    InvalidInput,
    /// The configuration makes no sense.
    InvalidConfiguration,
    /// The session data are larger than the limit. Nothing was written.
    TooLarge,
    /// The session data could not be encoded. Nothing was written.
    Encode,
    /// The session data are intact but do not decode to the type asked for.
    Decode,
    /// The session data name a codec that this program was built without.
    UnknownCodec,
    /// A cursor no longer means anything to the store. Start over.
    CursorLost,
    /// The clocks of the store and of this host have drifted too far apart.
    ClockDrift,
    /// The operating system has no randomness to give.
    Entropy,
    /// A bug, in a store or here.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "the store is unavailable",
            Self::Timeout => "the store did not answer in time",
            Self::OutcomeUnknown => "the answer was lost, and the write may have happened",
            Self::Contended => "others kept changing the same session",
            Self::Corrupt => "a stored record is damaged",
            Self::NewerVersion => "a stored record was written by a newer version",
            Self::Full => "the store is full",
            Self::Denied => "the store denied access",
            Self::InvalidInput => "an argument is not valid",
            Self::InvalidConfiguration => "the configuration is not valid",
            Self::TooLarge => "the session data are too large",
            Self::Encode => "the session data could not be encoded",
            Self::Decode => "the session data do not decode to the type asked for",
            Self::UnknownCodec => "the session data use a codec that is not built in",
            Self::CursorLost => "the cursor is no longer valid; start over",
            Self::ClockDrift => "the clocks of the store and of this host disagree",
            Self::Entropy => "the operating system has no randomness to give",
            Self::Internal => "of a bug",
        })
    }
}

/// What was being done when an [`Error`] came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Opening or connecting to a store.
    Open,
    /// Building the handle.
    Build,
    /// [`SessionStore::begin`](crate::SessionStore::begin)
    Begin,
    /// [`SessionStore::create`](crate::SessionStore::create)
    Create,
    /// [`SessionStore::load`](crate::SessionStore::load)
    Load,
    /// [`SessionStore::update`](crate::SessionStore::update)
    Update,
    /// [`SessionStore::touch`](crate::SessionStore::touch)
    Touch,
    /// [`SessionStore::renew`](crate::SessionStore::renew)
    Renew,
    /// [`SessionStore::delete`](crate::SessionStore::delete)
    Delete,
    /// [`SessionStore::token_set`](crate::SessionStore::token_set)
    TokenSet,
    /// [`SessionStore::revoke`](crate::SessionStore::revoke)
    Revoke,
    /// [`SessionStore::purge_expired`](crate::SessionStore::purge_expired)
    PurgeExpired,
    /// [`SessionStore::scan`](crate::SessionStore::scan)
    Scan,
    /// [`SessionStore::count`](crate::SessionStore::count)
    Count,
}

impl Operation {
    /// The name of the operation, as a metric would label it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Build => "build",
            Self::Begin => "begin",
            Self::Create => "create",
            Self::Load => "load",
            Self::Update => "update",
            Self::Touch => "touch",
            Self::Renew => "renew",
            Self::Delete => "delete",
            Self::TokenSet => "token_set",
            Self::Revoke => "revoke",
            Self::PurgeExpired => "purge_expired",
            Self::Scan => "scan",
            Self::Count => "count",
        }
    }
}

/// As it follows "could not".
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open the store",
            Self::Build => "build the sessions handle",
            Self::Begin => "begin the sign-in",
            Self::Create => "create the session",
            Self::Load => "load the session",
            Self::Update => "update the session",
            Self::Touch => "touch the session",
            Self::Renew => "renew the token",
            Self::Delete => "delete the session",
            Self::TokenSet => "list the token set",
            Self::Revoke => "revoke",
            Self::PurgeExpired => "purge expired sessions",
            Self::Scan => "scan the sessions",
            Self::Count => "count the sessions",
        })
    }
}

#[cfg(test)]
mod tests;

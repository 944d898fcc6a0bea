//! What a handler is told where something fails.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{ErrorKind, Operation};

use crate::failure::Failure;

/// The result of asking for a session.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a handler's wish could not be carried out. It holds no token, no subject and no session data.
///
/// With the feature `axum` it is a response: 503 with `Retry-After` and the
/// [failure](crate::FAILURE_HEADER) in a header, so that a handler can use `?`.
#[derive(Debug, Clone)]
pub struct Error {
    pub(crate) why: Why,
}

#[derive(Debug, Clone)]
pub(crate) enum Why {
    Failed {
        failure: Failure,
        is_outcome_unknown: bool,
        retry_after: Duration,
        /// None where the layer's own deadline has passed.
        source: Option<Arc<cloakroom_core::Error>>,
    },
    TooLate,
    NoCookie,
}

impl Error {
    pub(crate) const fn too_late() -> Self {
        Self { why: Why::TooLate }
    }

    pub(crate) const fn no_cookie() -> Self {
        Self { why: Why::NoCookie }
    }

    /// How the store failed; none where it did not, and the handler asked for what cannot be.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self.why {
            Why::Failed { failure, .. } => Some(failure),
            Why::TooLate | Why::NoCookie => None,
        }
    }

    /// Whether what was to be written may have been. It is never written a second time.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(
            self.why,
            Why::Failed {
                is_outcome_unknown: true,
                ..
            }
        )
    }

    /// Whether the head of the response had left already, or its client had gone: nothing is saved behind
    /// its back, and a session that was made by then, and that nobody can open, is ended.
    #[must_use]
    pub fn is_too_late(&self) -> bool {
        matches!(self.why, Why::TooLate)
    }

    /// Whether a cookie would have to be set where there is none to set: the layer has none, or the
    /// token did not come by it. The methods that end in `without_cookie` hand the token out instead.
    #[must_use]
    pub fn is_no_cookie(&self) -> bool {
        matches!(self.why, Why::NoCookie)
    }

    /// What the store said.
    #[must_use]
    pub fn store_error(&self) -> Option<&cloakroom_core::Error> {
        match &self.why {
            Why::Failed { source, .. } => source.as_deref(),
            Why::TooLate | Why::NoCookie => None,
        }
    }
}

impl Error {
    /// A failure to undo what was written, which is there then.
    pub(crate) fn with_unknown_outcome(mut self) -> Self {
        if let Why::Failed {
            is_outcome_unknown, ..
        } = &mut self.why
        {
            *is_outcome_unknown = true;
        }
        self
    }

    /// What the store said, or that it said nothing in time.
    pub(crate) fn into_store_error(self, operation: Operation) -> Arc<cloakroom_core::Error> {
        let source = match self.why {
            Why::Failed { source, .. } => source,
            Why::TooLate | Why::NoCookie => None,
        };
        source
            .unwrap_or_else(|| Arc::new(cloakroom_core::Error::new(ErrorKind::Timeout, operation)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Failed {
                failure,
                is_outcome_unknown,
                ..
            } => {
                failure.fmt(f)?;
                if *is_outcome_unknown {
                    f.write_str("; what was to be written may have been")?;
                }
                Ok(())
            }
            Why::TooLate => {
                f.write_str("the response has left already: no session is read or changed behind it")
            }
            Why::NoCookie => f.write_str(
                "no cookie can be set: the layer has none, or the token did not come by it; use the method that hands the token out",
            ),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.store_error().map(|error| error as _)
    }
}

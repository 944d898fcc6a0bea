//! Why a chore did not succeed.

use std::fmt;
use std::process::ExitCode;

pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// What went wrong, in words for the person at the terminal.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The words after `cargo xtask` make no sense.
    Usage(String),
    /// The chore ran and failed, or could not run.
    Failed(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => write!(f, "{message}; `cargo xtask help` lists what there is"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

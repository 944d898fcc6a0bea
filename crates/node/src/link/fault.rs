//! What a server or a connection can answer instead of doing what it was asked.

use std::error::Error as StdError;

use cloakroom_core::{Error, ErrorKind, Operation};
use redis::{ErrorKind as RedisKind, RedisError};

use crate::damage::Damage;

/// Why a request was not answered with a result.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: ErrorKind,
    /// Whether it may have been carried out all the same.
    unknown: bool,
    pub(crate) reaction: Reaction,
    source: Box<dyn StdError + Send + Sync>,
}

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Nothing.
    GiveUp,
    /// To send it again after a while.
    Again,
    /// To send it to this node, this once.
    Ask((String, u16)),
    /// To send the script itself.
    SendScript,
}

impl Fault {
    /// The error that the caller of an operation sees.
    pub(crate) fn of(self, operation: Operation) -> Error {
        let kind = match self.unknown {
            true => ErrorKind::OutcomeUnknown,
            false => self.kind,
        };
        Error::with_source(kind, operation, self.source)
    }

    /// Of a request that writes nothing: whether it was carried out does not matter.
    pub(crate) fn not_written(self) -> Self {
        Self {
            unknown: false,
            ..self
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.unknown
    }

    fn new(
        kind: ErrorKind,
        reaction: Reaction,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            unknown: false,
            reaction,
            source: source.into(),
        }
    }

    /// The answer did not come in time.
    pub(crate) fn no_answer() -> Self {
        let why = "the server did not answer before the operation's deadline";
        Self {
            unknown: true,
            ..Self::new(ErrorKind::Timeout, Reaction::Again, why)
        }
    }

    /// A connection could not be made: nothing was sent.
    pub(crate) fn connecting(error: RedisError) -> Self {
        let fault = Self::replied(error);
        let kind = match fault.kind {
            ErrorKind::Internal => ErrorKind::Unavailable,
            kind => kind,
        };
        Self { kind, ..fault }.not_written()
    }

    /// What a request was answered with.
    pub(crate) fn replied(error: RedisError) -> Self {
        let (kind, reaction) = match error.kind() {
            // Nobody was there to do it.
            RedisKind::Io if error.is_connection_refusal() => {
                (ErrorKind::Unavailable, Reaction::Again)
            }
            RedisKind::ClusterConnectionNotFound => (ErrorKind::Unavailable, Reaction::Again),
            RedisKind::Io | RedisKind::Parse => {
                return Self {
                    unknown: true,
                    ..Self::new(ErrorKind::Unavailable, Reaction::Again, error)
                };
            }
            RedisKind::AuthenticationFailed => (ErrorKind::Denied, Reaction::GiveUp),
            RedisKind::InvalidClientConfig | RedisKind::RESP3NotSupported => {
                (ErrorKind::InvalidConfiguration, Reaction::GiveUp)
            }
            _ => by_code(&error),
        };
        if kind == ErrorKind::Corrupt {
            return Self::new(kind, reaction, Damage::NotAString);
        }
        Self::new(kind, reaction, error)
    }
}

fn by_code(error: &RedisError) -> (ErrorKind, Reaction) {
    match code(error) {
        "MOVED" => (ErrorKind::Unavailable, Reaction::Again),
        "ASK" => match error.redirect_node().and_then(|(node, _)| address(node)) {
            Some(node) => (ErrorKind::Unavailable, Reaction::Ask(node)),
            None => (ErrorKind::Unavailable, Reaction::Again),
        },
        "NOSCRIPT" => (ErrorKind::Internal, Reaction::SendScript),
        "TRYAGAIN" | "LOADING" | "BUSY" | "NOREPLICAS" | "CLUSTERDOWN" | "READONLY"
        | "MASTERDOWN" => (ErrorKind::Unavailable, Reaction::Again),
        "MISCONF" => (ErrorKind::Unavailable, Reaction::GiveUp),
        "OOM" => (ErrorKind::Full, Reaction::GiveUp),
        "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => (ErrorKind::Denied, Reaction::GiveUp),
        "WRONGTYPE" => (ErrorKind::Corrupt, Reaction::GiveUp),
        _ => (ErrorKind::Internal, Reaction::GiveUp),
    }
}

/// The code of an error. A server of version 6.2 wraps what fails within a script into one of `ERR`.
fn code(error: &RedisError) -> &str {
    const WITHIN_SCRIPTS: [&str; 9] = [
        "OOM",
        "WRONGTYPE",
        "READONLY",
        "NOREPLICAS",
        "MISCONF",
        "MASTERDOWN",
        "NOPERM",
        "CLUSTERDOWN",
        "LOADING",
    ];
    let code = error.code().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    // Within a script it has no code of its own: the first as Redis up to 7.0 says it, where 6.2 has no `ERR`
    // in front of what a script hands on; the second as later ones and Valkey do.
    if detail.contains("user executing the script can't")
        || detail.contains("ACL failure in script")
    {
        return "NOPERM";
    }
    if code != "ERR" || !detail.contains("rror running script") {
        return code;
    }
    let is_word = |word: &&str| {
        let words = detail.split(|c: char| !c.is_ascii_alphanumeric());
        words.into_iter().any(|found| found == *word)
    };
    WITHIN_SCRIPTS.into_iter().find(is_word).unwrap_or(code)
}

fn address(node: &str) -> Option<(String, u16)> {
    let (host, port) = node.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests;

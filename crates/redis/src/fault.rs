//! What a server or a connection can answer instead of doing what it was asked.

use std::error::Error as StdError;

use cloakroom_core::{Error, ErrorKind, Operation};
use redis::{ErrorKind as RedisKind, RedisError};

pub(crate) type Faulty<T> = Result<T, Fault>;

/// Why a request was not answered with a result.
#[derive(Debug)]
pub(crate) struct Fault {
    kind: ErrorKind,
    /// Whether it may have been carried out all the same.
    unknown: bool,
    /// What a server has said of why it does not serve, now or at an earlier try.
    said: Option<String>,
    pub(crate) reaction: Reaction,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Nothing.
    GiveUp,
    /// To ask again after a while.
    Wait,
    /// To connect anew: the connection is lost, or the server is no primary any more.
    Reconnect,
    /// To ask this node, from now on.
    Moved(String),
    /// To ask this node, this once.
    Ask(String),
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
        match self.source {
            None => Error::new(kind, operation),
            Some(source) => Error::with_source(kind, operation, source),
        }
    }

    /// Of a request that writes nothing: whether it was carried out does not matter.
    pub(crate) fn not_written(self) -> Self {
        Self {
            unknown: false,
            ..self
        }
    }

    /// The same for another who was in the same company.
    pub(crate) fn again(&self) -> Self {
        Self {
            kind: self.kind,
            unknown: self.unknown,
            said: self.said.clone(),
            reaction: self.reaction.clone(),
            source: Some(self.why().into()),
        }
    }

    /// The same after an earlier try. That a server has said that it cannot serve says more than that it said
    /// nothing in the time that was left for another.
    pub(crate) fn after(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(Self {
                kind,
                said: Some(said),
                ..
            }) if self.kind == ErrorKind::Timeout => Self {
                kind,
                source: Some(format!("{}; before, a server said: {said}", self.why()).into()),
                said: Some(said),
                ..self
            },
            _ => self,
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// Whether the server knows no such command, or does not let this user give it.
    pub(crate) fn is_refused(&self) -> bool {
        !self.unknown && matches!(self.kind, ErrorKind::Denied | ErrorKind::Internal)
    }

    /// Whether a key holds a value of another type than ours do.
    pub(crate) fn is_wrong_type(&self) -> bool {
        self.kind == ErrorKind::Corrupt
    }

    fn new(
        kind: ErrorKind,
        reaction: Reaction,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            unknown: false,
            said: None,
            reaction,
            source: Some(source.into()),
        }
    }

    /// A reply that no script and no command of ours gives.
    pub(crate) fn unexpected() -> Self {
        let why = "the server answered something else than what was asked";
        Self {
            unknown: true,
            ..Self::new(ErrorKind::Internal, Reaction::GiveUp, why)
        }
    }

    /// The answer did not come in time.
    pub(crate) fn no_answer() -> Self {
        let why = "the server did not answer before the operation's deadline";
        Self {
            unknown: true,
            ..Self::new(ErrorKind::Timeout, Reaction::Reconnect, why)
        }
    }

    /// The deadline came before anything was sent.
    pub(crate) fn not_sent() -> Self {
        let why = "no connection was ready before the operation's deadline";
        Self::new(ErrorKind::Unavailable, Reaction::Wait, why)
    }

    /// Somebody has tried to connect just now, in vain, and the next try is not due yet.
    pub(crate) fn not_connected(why: &str) -> Self {
        let why = format!("there is no connection: {why}");
        Self::new(ErrorKind::Unavailable, Reaction::Reconnect, why)
    }

    pub(crate) fn why(&self) -> String {
        self.source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// A server of a cluster that was taken for one that stands alone.
    pub(crate) fn is_a_cluster() -> Self {
        let why = "the server belongs to a cluster: name it by `Server::cluster`";
        Self::new(ErrorKind::InvalidConfiguration, Reaction::GiveUp, why)
    }

    /// A node that has no part in a cluster, or not yet.
    pub(crate) fn no_slots() -> Self {
        let why = "a node of the cluster knows no slots yet";
        Self {
            said: Some(why.to_owned()),
            ..Self::no_primary(why)
        }
    }

    /// Nobody to connect to.
    pub(crate) fn no_primary(why: &'static str) -> Self {
        Self::new(ErrorKind::Unavailable, Reaction::Reconnect, why)
    }

    /// A connection could not be made: nothing was sent.
    pub(crate) fn connecting(error: RedisError) -> Self {
        let fault = Self::replied(error);
        match fault.kind {
            ErrorKind::Internal => Self {
                kind: ErrorKind::Unavailable,
                unknown: false,
                reaction: Reaction::Reconnect,
                ..fault
            },
            _ => Self {
                unknown: false,
                ..fault
            },
        }
    }

    /// What a request was answered with. This is the table that the crate's documentation shows.
    pub(crate) fn replied(error: RedisError) -> Self {
        let (kind, reaction) = match error.kind() {
            RedisKind::Io | RedisKind::Parse => {
                return Self {
                    unknown: true,
                    ..Self::new(ErrorKind::Unavailable, Reaction::Reconnect, error)
                };
            }
            // In the middle of a script: a slot has begun to move.
            _ if error
                .detail()
                .is_some_and(|why| why.contains("non local key")) =>
            {
                return Self {
                    unknown: true,
                    ..Self::new(ErrorKind::Unavailable, Reaction::Reconnect, error)
                };
            }
            RedisKind::AuthenticationFailed => (ErrorKind::Denied, Reaction::GiveUp),
            RedisKind::InvalidClientConfig | RedisKind::RESP3NotSupported => {
                (ErrorKind::InvalidConfiguration, Reaction::GiveUp)
            }
            _ => by_code(&error),
        };
        // Whom to ask instead is no reason.
        let redirects = matches!(reaction, Reaction::Moved(_) | Reaction::Ask(_));
        Self {
            said: (!redirects).then(|| error.to_string()),
            ..Self::new(kind, reaction, error)
        }
    }
}

fn by_code(error: &RedisError) -> (ErrorKind, Reaction) {
    let node = || error.redirect_node().map(|(address, _)| address.to_owned());
    match code(error) {
        "MOVED" => match node() {
            Some(node) => (ErrorKind::Unavailable, Reaction::Moved(node)),
            None => (ErrorKind::Unavailable, Reaction::Reconnect),
        },
        "ASK" => match node() {
            Some(node) => (ErrorKind::Unavailable, Reaction::Ask(node)),
            None => (ErrorKind::Unavailable, Reaction::Wait),
        },
        "NOSCRIPT" => (ErrorKind::Internal, Reaction::SendScript),
        "TRYAGAIN" | "LOADING" | "BUSY" | "NOREPLICAS" => (ErrorKind::Unavailable, Reaction::Wait),
        "CLUSTERDOWN" | "READONLY" | "MASTERDOWN" | "UNBLOCKED" => {
            (ErrorKind::Unavailable, Reaction::Reconnect)
        }
        // The disk of the server is full, or cannot be written to: it refuses writes for now.
        "MISCONF" => (ErrorKind::Unavailable, Reaction::GiveUp),
        "OOM" => (ErrorKind::Full, Reaction::GiveUp),
        "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => (ErrorKind::Denied, Reaction::GiveUp),
        "WRONGTYPE" => (ErrorKind::Corrupt, Reaction::GiveUp),
        "CLIENTS" => (ErrorKind::Unavailable, Reaction::Wait),
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
    if code != "ERR" {
        return code;
    }
    if detail.contains("max number of clients") {
        return "CLIENTS";
    }
    if !detail.contains("rror running script") {
        return code;
    }
    let within = WITHIN_SCRIPTS.into_iter().find(|within| {
        detail
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == *within)
    });
    within.unwrap_or(code)
}

#[cfg(test)]
mod tests;

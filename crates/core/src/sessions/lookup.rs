//! The session that a token names, or why there is none.

use crate::store::Reused;
use crate::time::Timestamp;

/// The session that a token names, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Lookup<S> {
    /// There is one: as it is now, after what was asked.
    Found(S),
    /// The token was renewed, its grace is over, and it was used again all the same: a theft, or a
    /// client that never received the new token. Nothing was ended: what to do is your policy.
    Reused(Reused),
    /// A sign-in has taken the place of the session. Its client has, or will get, another token: send
    /// it none.
    Replaced,
    /// The session was ended within the last five minutes: signed out, revoked, or evicted by a cap.
    /// Whoever asked for it before that, and finds out only now, must not begin a fresh one in its
    /// place: its client may have signed in anew since.
    Ended {
        /// When it was, by the clock of the host that ended it.
        at: Timestamp,
    },
    /// There is none: never was, has ended longer ago, or is over. Of a session that ended lately, where
    /// the store has lost the memory of that.
    Absent,
}

impl<S> Lookup<S> {
    /// The session, where there is one.
    #[must_use]
    pub fn found(self) -> Option<S> {
        match self {
            Self::Found(session) => Some(session),
            Self::Reused(_) | Self::Replaced | Self::Ended { .. } | Self::Absent => None,
        }
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_found(&self) -> bool {
        matches!(self, Self::Found(_))
    }

    /// The same, with something else in place of the session.
    pub fn map<R>(self, change: impl FnOnce(S) -> R) -> Lookup<R> {
        match self {
            Self::Found(session) => Lookup::Found(change(session)),
            Self::Reused(reused) => Lookup::Reused(reused),
            Self::Replaced => Lookup::Replaced,
            Self::Ended { at } => Lookup::Ended { at },
            Self::Absent => Lookup::Absent,
        }
    }

    pub(super) fn try_map<R, E>(
        self,
        change: impl FnOnce(S) -> Result<R, E>,
    ) -> Result<Lookup<R>, E> {
        Ok(match self {
            Self::Found(session) => Lookup::Found(change(session)?),
            Self::Reused(reused) => Lookup::Reused(reused),
            Self::Replaced => Lookup::Replaced,
            Self::Ended { at } => Lookup::Ended { at },
            Self::Absent => Lookup::Absent,
        })
    }
}

//! What can be stored under an id, and with a token set.

use std::sync::Arc;

use bytes::Bytes;

use crate::numbers::{Generation, WriteId};
use crate::record::{DecodeError, Record};
use crate::session_id::SessionId;
use crate::store::{ENDED_MEMORY, EndReason, LoadOutcome};
use crate::time::{Deadline, Timestamp};

/// What is stored under an id.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A session.
    Live(Arc<Record>),
    /// The session has a new id.
    Renewed(Renewed),
    /// The session has ended.
    Ended(Ended),
    /// A record that is damaged.
    Damaged,
    /// A record of a newer version.
    NewerVersion,
}

impl Entry {
    /// The entry of a record that is kept in its stored form.
    #[must_use]
    pub fn of_record(id: SessionId, stored: Bytes) -> Self {
        match Record::decode(id, stored) {
            Ok(record) => Self::Live(Arc::new(record)),
            Err(DecodeError::NewerVersion { .. }) => Self::NewerVersion,
            Err(DecodeError::Corrupt { .. }) => Self::Damaged,
        }
    }

    /// When the entry can go; none where that cannot be known.
    #[must_use]
    pub fn until(&self) -> Option<Deadline> {
        match self {
            Self::Live(record) => Some(record.deadline()),
            Self::Renewed(renewed) => Some(renewed.until),
            Self::Ended(ended) => Some(ended.until),
            Self::Damaged | Self::NewerVersion => None,
        }
    }
}

/// The memory of an id that was renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewed {
    /// The id that it was renewed to. That may have been renewed in its turn.
    pub next: SessionId,
    /// Until when the old id goes on naming the session.
    pub grace: Deadline,
    /// Until when the old id is remembered; not longer than its session can live.
    pub until: Deadline,
}

/// The memory of an id that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The write that ended it.
    pub by: WriteId,
    /// Why it ended.
    pub reason: EndReason,
    /// Until when that is remembered: [`ENDED_MEMORY`] after it ended.
    pub until: Deadline,
}

impl Ended {
    /// What [`load`](crate::SessionStore::load) answers for the id.
    pub fn loaded(&self, now: Timestamp) -> LoadOutcome {
        if self.until.is_over(now) {
            return LoadOutcome::Absent;
        }
        let at = self.until.instant().minus(ENDED_MEMORY);
        match self.reason {
            EndReason::Replaced => LoadOutcome::Replaced { at },
            EndReason::Ended => LoadOutcome::Ended { at },
        }
    }
}

/// What a token set holds beside its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetHead {
    /// The present generation.
    pub generation: Generation,
    /// Until when the set is kept even without members.
    pub kept_until: Timestamp,
    /// The write that last revoked the whole set.
    pub revoked_by: Option<WriteId>,
}

impl SetHead {
    /// Whether the set, once without members, can go.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        Deadline::at(self.kept_until).is_over(now)
    }
}

//! What the operations answer.

use std::sync::Arc;

use crate::numbers::{Revision, WriteId};
use crate::record::{Record, SessionInfo};
use crate::session_id::SessionId;
use crate::store::Cursor;
use crate::subject::Subject;
use crate::time::Timestamp;

/// What became of [`SessionStore::create`](crate::SessionStore::create).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum CreateOutcome {
    /// The session is stored.
    Created {
        /// The sessions that the cap evicted, in the order of their ids.
        evicted: Vec<SessionId>,
        /// An earlier try of this write had stored it. What that one evicted is not known any more.
        repeated: bool,
    },
    /// The id is taken, or was.
    Duplicate {
        /// The write that ended an earlier session of this id; none where the id is in use.
        ended_by: Option<WriteId>,
    },
    /// The subject is at its cap, which refuses.
    CapReached,
    /// The token set was revoked since the sign-in began.
    Superseded,
    /// The session to be replaced has moved on.
    Conflict {
        /// Its present revision.
        current: Revision,
    },
    /// The session to be replaced is not there.
    Missing,
}

/// What became of [`SessionStore::load`](crate::SessionStore::load).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum LoadOutcome {
    /// The session. Its id is another than the one asked for where that is an old one in grace.
    Found(Arc<Record>),
    /// The id was renewed, and its grace is over, but its session lives under another.
    Reused(Reused),
    /// A sign-in has taken the place of the session. The id opens nothing.
    Replaced {
        /// When it did, by the clock of the host that signed in.
        at: Timestamp,
    },
    /// The session was ended within the last [`ENDED_MEMORY`](crate::store::ENDED_MEMORY): deleted,
    /// revoked, or evicted by a cap. The id opens nothing.
    Ended {
        /// When it was, by the clock of the host that ended it.
        at: Timestamp,
    },
    /// Never there, ended longer ago, past its deadline, or no longer held by its subject's token set.
    /// Also ended lately, where the store has lost the memory of that: one in memory that is full, or
    /// that lost its data.
    Absent,
}

/// The use of an old token whose grace is over: theft, or an answer that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reused {
    /// The id under which the session lives.
    pub successor: SessionId,
    /// Whose session it is.
    pub subject: Option<Subject>,
}

/// What became of [`SessionStore::update`](crate::SessionStore::update).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum UpdateOutcome {
    /// The change is stored.
    Saved {
        /// The revision that it made.
        revision: Revision,
    },
    /// Another change came first. Nothing was written.
    Conflict {
        /// The present revision.
        current: Revision,
    },
    /// There is no such session. Nothing was written.
    Missing,
}

/// What became of [`SessionStore::touch`](crate::SessionStore::touch).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum TouchOutcome {
    /// The session was used.
    Touched,
    /// There is no such session. Nothing was written.
    Missing,
}

/// What became of [`SessionStore::renew`](crate::SessionStore::renew).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum RenewOutcome {
    /// The session has the new id.
    Renewed,
    /// The old id was renewed before, to one that is in use. Nothing was written.
    AlreadyRenewed,
    /// There is no such session. Nothing was written.
    Missing,
    /// The new id is taken, or was. Nothing was written.
    Duplicate,
}

/// What became of [`SessionStore::delete`](crate::SessionStore::delete).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum DeleteOutcome {
    /// The session has ended.
    Deleted {
        /// How many replicas acknowledged it, where the store was asked to wait for some.
        replicas: Option<u32>,
    },
    /// The session is at another revision than asked for. Nothing was written.
    Conflict {
        /// Its present revision.
        current: Revision,
    },
    /// There is no such session. Nothing was written.
    Missing,
}

/// What became of [`SessionStore::revoke`](crate::SessionStore::revoke).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The sessions that ended, in the order of their ids.
    pub ended: Vec<SessionId>,
    /// An earlier try of this write had ended them. Which they were may not be known any more.
    pub repeated: bool,
    /// How many replicas acknowledged it, where the store was asked to wait for some.
    pub replicas: Option<u32>,
}

/// An entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A live session.
    Session(SessionInfo),
    /// A record that is damaged. It can be revoked and deleted.
    Damaged(SessionId),
    /// A record of a newer version. It can be revoked and deleted.
    NewerVersion(SessionId),
}

impl Listed {
    /// What is known of a live session; none where the record cannot be read.
    #[must_use]
    pub fn session(&self) -> Option<&SessionInfo> {
        match self {
            Self::Session(info) => Some(info),
            Self::Damaged(_) | Self::NewerVersion(_) => None,
        }
    }

    /// What the store knows the entry by.
    #[must_use]
    pub fn id(&self) -> SessionId {
        match self {
            Self::Session(info) => info.id,
            Self::Damaged(id) | Self::NewerVersion(id) => *id,
        }
    }
}

/// A page of the sessions of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSetPage {
    /// The sessions, in no particular order.
    pub sessions: Vec<Listed>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<Cursor>,
}

/// A page of everybody's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanPage {
    /// The sessions, in no particular order.
    pub sessions: Vec<Listed>,
    /// Where the next page begins; none where this is the last. A page can be empty and not the last.
    pub next: Option<Cursor>,
}

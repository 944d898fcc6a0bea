//! What the operations are asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::label::Label;
use crate::numbers::{Generation, Revision, WriteId};
use crate::record::{Payload, Record};
use crate::session_id::SessionId;
use crate::store::Cap;
use crate::subject::Subject;

/// What [`SessionStore::create`](crate::SessionStore::create) is asked.
#[derive(Debug, Clone)]
pub struct Create {
    /// The new session. Its [`write_id`](Record::write_id) is this write's. A store in memory keeps it as it
    /// is.
    pub record: Arc<Record>,
    /// How many sessions its subject may have. An anonymous session has no cap.
    pub cap: Cap,
    /// The generation that the sign-in began with. Where it is no longer stored, the sign-in is
    /// superseded.
    pub generation: Option<Generation>,
    /// The session of the same subject that the new one replaces in the same step: it is ended, as
    /// replaced by a sign-in, and does not count for the cap. It may have the id of the new one.
    pub replaces: Option<Replaces>,
    /// The write that ended an earlier session of this id, where one is to be made again all the
    /// same: only for tokens that someone else issued, since one's own are never used twice.
    pub over: Option<WriteId>,
}

/// A session that is replaced by a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaces {
    /// Which session.
    pub id: SessionId,
    /// At which revision: what the new session carries over.
    pub revision: Revision,
}

/// What [`SessionStore::update`](crate::SessionStore::update) is asked.
#[derive(Debug, Clone)]
pub struct Update {
    /// Which session.
    pub id: SessionId,
    /// Its subject, none where it is anonymous. Where that is another, the session is missing.
    pub subject: Option<Subject>,
    /// The revision that was read.
    pub expected: Revision,
    /// The new data.
    pub payload: Payload,
    /// The new label.
    pub label: Option<Label>,
    /// Whether this counts as a use, which moves the idle deadline.
    pub touch: bool,
    /// This write, the same for all its tries.
    pub write_id: WriteId,
}

/// What [`SessionStore::renew`](crate::SessionStore::renew) is asked.
#[derive(Debug, Clone)]
pub struct Renew {
    /// The id to be renewed.
    pub old: SessionId,
    /// The new id, of the same placement. The pair is this write's name.
    pub new: SessionId,
    /// The session's subject, none where it is anonymous.
    pub subject: Option<Subject>,
    /// How long the old id goes on naming the session; at most
    /// [`REUSE_MEMORY`](crate::store::REUSE_MEMORY).
    pub grace: Duration,
}

/// What [`SessionStore::delete`](crate::SessionStore::delete) is asked.
#[derive(Debug, Clone)]
pub struct Delete {
    /// Which session.
    pub id: SessionId,
    /// Its subject; none where it is anonymous or not known, as with a damaged record.
    pub subject: Option<Subject>,
    /// Only at this revision.
    pub expected: Option<Revision>,
    /// Why it ends.
    pub reason: EndReason,
    /// This write, the same for all its tries.
    pub write_id: WriteId,
}

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// It was signed out, revoked, or evicted by a cap.
    Ended,
    /// A sign-in took its place. Its id is told apart from one that never was.
    Replaced,
}

/// What [`SessionStore::revoke`](crate::SessionStore::revoke) is asked.
#[derive(Debug, Clone)]
pub struct Revoke {
    /// Whose sessions.
    pub subject: Subject,
    /// Which of them.
    pub kind: RevokeKind,
    /// This write, the same for all its tries.
    pub write_id: WriteId,
}

/// Which sessions of a subject are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevokeKind {
    /// This one, where it belongs to the subject.
    One(SessionId),
    /// All of them.
    All,
    /// All but this one; all, where this one is none of them.
    AllExcept(SessionId),
}

/// Which part of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where the last page ended; none for the first page.
    pub after: Option<Cursor>,
    /// How many entries at most, roughly: an engine may return a few more or less. At least 1.
    pub limit: usize,
}

/// Where a page ended. It means something to the store that gave it, and to nobody else.
///
/// `Debug` is redacted: it may hold an id whole, placement included, which is not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor(Bytes);

impl Cursor {
    /// A cursor of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(redacted)")
    }
}

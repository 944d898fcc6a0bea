//! A session, as the model sees it.

use bytes::Bytes;
use cloakroom_core::store::OnCap;
use cloakroom_core::{Label, Record, SessionId, SessionInfo, Subject, Timestamp, WriteId};

/// A session, as the model sees it: the fields of a [`Record`] but for its id, with the few rules
/// about its times written out once more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Session {
    pub(crate) subject: Option<Subject>,
    pub(crate) label: Option<Label>,
    pub(crate) created: Timestamp,
    pub(crate) authenticated: Option<Timestamp>,
    pub(crate) issued: Timestamp,
    pub(crate) last_seen: Timestamp,
    idle_ms: u64,
    overall_ms: u64,
    pub(crate) revision: u64,
    pub(crate) write: WriteId,
    external: bool,
    remembered: bool,
    /// Whether it was touched or changed by its present id.
    pub(crate) confirmed: bool,
    pub(crate) codec: u8,
    pub(crate) data: Bytes,
}

impl Session {
    pub(crate) fn of(record: &Record) -> Self {
        let timeouts = record.timeouts();
        Self {
            subject: record.subject().cloned(),
            label: record.label().cloned(),
            created: record.created(),
            authenticated: record.authenticated(),
            issued: record.issued(),
            last_seen: record.last_seen(),
            idle_ms: timeouts.idle().as_millis() as u64,
            overall_ms: timeouts.overall().as_millis() as u64,
            revision: record.revision().get(),
            write: record.write_id(),
            external: record.is_external(),
            remembered: record.is_remembered(),
            confirmed: record.is_confirmed(),
            codec: record.payload().codec,
            data: record.payload().bytes.clone(),
        }
    }

    pub(crate) fn is_of(&self, subject: &Subject) -> bool {
        self.subject.as_ref() == Some(subject)
    }

    /// It ends this long after its last use, or after its authentication, whichever comes first.
    pub(crate) fn deadline(&self) -> Timestamp {
        later(self.last_seen, self.idle_ms).min(self.overall_deadline())
    }

    pub(crate) fn overall_deadline(&self) -> Timestamp {
        later(self.authenticated.unwrap_or(self.created), self.overall_ms)
    }

    /// The cap ends the session where this is the longest ago.
    pub(crate) fn eviction_time(&self, on_cap: OnCap) -> Timestamp {
        match on_cap {
            OnCap::EvictLeastRecentlySeen => self.last_seen,
            _ => self.authenticated.unwrap_or(self.created),
        }
    }

    /// Whether a store's record is this very session.
    pub(crate) fn is(&self, id: SessionId, record: &Record) -> bool {
        record.id() == id
            && Self::of(record) == *self
            && record.deadline().instant() == self.deadline()
    }

    /// Whether a store's listing shows this very session.
    pub(crate) fn is_listed_as(&self, id: SessionId, info: &SessionInfo) -> bool {
        info.id == id
            && info.subject == self.subject
            && info.label == self.label
            && info.created == self.created
            && info.authenticated == self.authenticated
            && info.last_seen == self.last_seen
            && info.deadline.instant() == self.deadline()
            && info.external == self.external
            && info.remembered == self.remembered
    }
}

/// An instant and some milliseconds, at most the last instant there is.
fn later(at: Timestamp, by_ms: u64) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(by_ms))
}

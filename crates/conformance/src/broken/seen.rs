//! What a fault makes of what is read.

use std::sync::Arc;

use cloakroom_core::semantics::{Entry, Renewed};
use cloakroom_core::{Operation, Record, SessionId, Timestamp};

use super::Fault;
use super::shelf::BrokenShelf;

impl BrokenShelf<'_> {
    /// What an operation sees of an entry.
    pub(super) fn seen(&self, id: SessionId, entry: Entry) -> Option<Entry> {
        match entry {
            Entry::Live(record) => Some(Entry::Live(self.seen_record(record))),
            Entry::Renewed(renewed) => self.seen_renewal(renewed),
            Entry::Damaged if self.overlooks_the_unreadable() => None,
            Entry::NewerVersion if self.overlooks_the_unreadable() => None,
            Entry::Damaged => match self.fault {
                Fault::TakesDamagedForAbsent => None,
                Fault::TakesDamagedForNewer => Some(Entry::NewerVersion),
                Fault::ServesDamaged => self.as_written(id),
                _ => Some(Entry::Damaged),
            },
            Entry::NewerVersion => match self.fault {
                Fault::TakesNewerForAbsent => None,
                Fault::TakesNewerForDamaged => Some(Entry::Damaged),
                Fault::WritesOverNewer => self.as_written(id),
                _ => Some(Entry::NewerVersion),
            },
            Entry::Ended(ended) => Some(Entry::Ended(ended)),
        }
    }

    fn overlooks_the_unreadable(&self) -> bool {
        match self.operation {
            Operation::Delete => self.fault == Fault::CannotDeleteTheUnreadable,
            Operation::Revoke => self.fault == Fault::CannotRevokeTheUnreadable,
            Operation::TokenSet | Operation::Scan => self.fault == Fault::ListsOnlyTheReadable,
            Operation::Create => self.fault == Fault::CreatesOverTheUnreadable,
            _ => false,
        }
    }

    /// The record as it was before it was damaged.
    fn as_written(&self, id: SessionId) -> Option<Entry> {
        let record = self.written.get(&id)?;
        Some(Entry::Live(Arc::new(record.clone())))
    }

    fn seen_record(&self, record: Arc<Record>) -> Arc<Record> {
        let (Operation::Create, Some(subject)) = (self.operation, record.subject()) else {
            return record;
        };
        let at = match self.fault {
            Fault::CountsTheExpired => self.now,
            Fault::EvictsTheNewest => self.now.plus(self.now.since(record.last_seen())),
            Fault::EvictsTheHighestOfEquals => {
                let first = first_of_digest(record.id());
                Timestamp::from_millis(record.last_seen().as_millis() + 255 - first)
            }
            _ => return record,
        };
        let (subject, payload) = (subject.clone(), record.payload().clone());
        let timeouts = record.timeouts();
        Arc::new(Record::signed_in(record.id(), subject, at, timeouts, payload))
    }

    fn seen_renewal(&self, renewed: Renewed) -> Option<Entry> {
        let forgotten = match self.operation {
            Operation::Create => self.fault == Fault::CreateForgetsTheGrace,
            Operation::Load => self.fault == Fault::LoadForgetsTheGrace,
            Operation::Update => self.fault == Fault::UpdateForgetsTheGrace,
            Operation::Touch => self.fault == Fault::TouchForgetsTheGrace,
            Operation::Delete => self.fault == Fault::DeleteForgetsTheGrace,
            Operation::Revoke => self.fault == Fault::RevokeForgetsTheGrace,
            _ => false,
        };
        let over = self.fault == Fault::ForgetsReuse && renewed.grace.is_over(self.now);
        if forgotten || over {
            return None;
        }
        let mut grace = renewed.grace;
        let mut next = renewed.next;
        while self.fault == Fault::TakesTheLastGrace
            && let Some(Entry::Renewed(later)) = self.maps.memories.get(&next)
        {
            (next, grace) = (later.next, later.grace);
        }
        Some(Entry::Renewed(Renewed { grace, ..renewed }))
    }
}

/// By which two random ids are told apart.
fn first_of_digest(id: SessionId) -> u64 {
    id.digest().first().copied().map_or(0, u64::from)
}

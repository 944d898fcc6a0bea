//! What a fault makes of what is read.

use std::sync::Arc;

use cloakroom_core::semantics::{Entry, Renewed};
use cloakroom_core::{Operation, SessionId};

use super::Fault;
use super::shelf::BrokenShelf;

impl BrokenShelf<'_> {
    /// What an operation sees of an entry.
    pub(super) fn seen(&self, id: SessionId, entry: Entry) -> Option<Entry> {
        match entry {
            Entry::Live(record) => Some(Entry::Live(record)),
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

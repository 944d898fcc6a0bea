//! What one stripe holds under each id.

use std::borrow::Borrow;
use std::mem;
use std::sync::Arc;

use cloakroom_core::semantics::Entry;
use cloakroom_core::{Record, SessionId, Timestamp};

use crate::due::{Due, DueIndex, NEVER};
use crate::keyed::{Keyed, KeyedTable};
use crate::ledger::{Budgets, Ledger, Ticket};
use crate::remembered::{Remembered, Stamp};

/// The entries of one stripe, and when each is over.
#[derive(Debug)]
pub(crate) struct Slots {
    table: KeyedTable<Slot>,
    due: DueIndex,
    /// The ids that were renewed or have ended.
    remembered: Remembered<SessionId>,
}

#[derive(Debug)]
struct Slot {
    kept: Kept,
    /// For when the index lists it: its end or before. [`NEVER`] where it does not.
    listed_at: Timestamp,
}

/// An [`Entry`], in a third of its size: most are live sessions.
#[derive(Debug)]
enum Kept {
    Live {
        record: Arc<Record>,
        ticket: Option<Ticket>,
    },
    Other(Box<Memory>),
}

#[derive(Debug)]
struct Memory {
    id: SessionId,
    entry: Entry,
    stamp: Stamp,
}

impl Slots {
    pub(crate) fn new() -> Self {
        Self {
            table: KeyedTable::new(),
            due: DueIndex::new(),
            remembered: Remembered::new(),
        }
    }

    pub(crate) fn entry(&self, id: SessionId) -> Option<Entry> {
        Some(match &self.table.get(&id)?.kept {
            Kept::Live { record, .. } => Entry::Live(Arc::clone(record)),
            Kept::Other(memory) => memory.entry.clone(),
        })
    }

    /// The session under an id, by its present id and even if it is over.
    pub(crate) fn live(&self, id: SessionId) -> Option<(&Arc<Record>, Option<Ticket>)> {
        match &self.table.get(&id)?.kept {
            Kept::Live { record, ticket } => Some((record, *ticket)),
            Kept::Other(_) => None,
        }
    }

    /// The session under an id, by its present id and while it lives.
    pub(crate) fn living(&self, id: SessionId, now: Timestamp) -> Option<&Arc<Record>> {
        let slot = self.table.get(&id)?;
        match &slot.kept {
            Kept::Live { record, .. } if slot.is_surely_before_its_end(now) => Some(record),
            Kept::Live { record, .. } => Some(record).filter(|it| !it.deadline().is_over(now)),
            Kept::Other(_) => None,
        }
    }

    /// Every session, in no order, even if it is over.
    pub(crate) fn all_live(&self) -> impl Iterator<Item = &Record> {
        self.table.iter().filter_map(|slot| match &slot.kept {
            Kept::Live { record, .. } => Some(&**record),
            Kept::Other(_) => None,
        })
    }

    pub(crate) fn put(
        &mut self,
        id: SessionId,
        entry: Entry,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) {
        let remembered = &mut self.remembered;
        let hash = self.table.hash(&id);
        if let Some(slot) = self.table.get_hashed_mut(hash, &id) {
            slot.kept.replace(id, entry, remembered, budgets, ledger);
            self.due.list(hash, slot);
        } else {
            let mut slot = Slot {
                kept: Kept::new(id, entry, remembered, budgets, ledger),
                listed_at: NEVER,
            };
            self.due.list(hash, &mut slot);
            self.table.insert(hash, slot);
        }
        self.keep_index_lean();
    }

    pub(crate) fn remove(&mut self, id: SessionId, budgets: &Budgets, ledger: &mut Ledger) {
        if let Some(slot) = self.table.remove(&id) {
            slot.kept.dismiss(&mut self.remembered, budgets, ledger);
            self.keep_index_lean();
        }
    }

    /// The first instant that is listed; no session is over before.
    pub(crate) fn next_due(&self) -> Timestamp {
        self.due.first()
    }

    /// Takes the next listing whose instant has come out of the index. `Some(None)` for a stale one.
    ///
    /// Who asks has to remove the entry or list it again.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<Option<SessionId>> {
        self.due.pop(&mut self.table, now)
    }

    /// Lists an entry that lives on.
    pub(crate) fn list_again(&mut self, id: SessionId) {
        let hash = self.table.hash(&id);
        if let Some(slot) = self.table.get_hashed_mut(hash, &id) {
            self.due.list(hash, slot);
        }
    }

    /// How many ids are only remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.remembered.count()
    }

    /// The id that has been remembered the longest. Who asks has to remove it.
    pub(crate) fn take_oldest_memory(&mut self) -> Option<SessionId> {
        let table = &self.table;
        self.remembered
            .take_oldest(|id, stamp| is_memory(table, *id, stamp))
    }

    /// Creating and deleting leaves stale listings, which must not pile up until they are due.
    fn keep_index_lean(&mut self) {
        let table = &self.table;
        self.remembered
            .keep_lean(|id, stamp| is_memory(table, *id, stamp));
        let most = self.table.len();
        self.due.keep_lean(&mut self.table, most);
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> Sizes {
        Sizes {
            keys: self.table.len(),
            capacity: self.table.capacity(),
            listings: self.due.len(),
            memories: self.remembered.listings(),
        }
    }

    #[cfg(test)]
    pub(crate) fn memories(&self) -> usize {
        let slots = self.table.iter();
        slots
            .filter(|slot| matches!(slot.kept, Kept::Other(_)))
            .count()
    }

    /// How many listings are due.
    #[cfg(test)]
    pub(crate) fn due(&self, now: Timestamp) -> usize {
        self.due.due(now)
    }

    /// Every entry that the index would miss.
    #[cfg(test)]
    pub(crate) fn unlisted(&self) -> Vec<SessionId> {
        self.due.missed(&self.table)
    }
}

fn is_memory(table: &KeyedTable<Slot>, id: SessionId, stamp: Stamp) -> bool {
    match table.get(&id).map(|slot| &slot.kept) {
        Some(Kept::Other(memory)) => memory.stamp == stamp,
        Some(Kept::Live { .. }) | None => false,
    }
}

impl Keyed for Slot {
    type Key = SessionId;

    fn key(&self) -> impl Borrow<SessionId> {
        self.kept.id()
    }
}

impl Due for Slot {
    fn until(&self) -> Timestamp {
        self.kept.until()
    }

    fn listed_at(&self) -> Timestamp {
        self.listed_at
    }

    fn set_listed_at(&mut self, at: Timestamp) {
        self.listed_at = at;
    }
}

impl Slot {
    /// Told without reading the record, which is seldom in the processor's caches.
    fn is_surely_before_its_end(&self, now: Timestamp) -> bool {
        now < self.listed_at && self.listed_at < NEVER
    }
}

impl Kept {
    fn new(
        id: SessionId,
        entry: Entry,
        remembered: &mut Remembered<SessionId>,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) -> Self {
        match entry {
            Entry::Live(record) => {
                let ticket = budgets.admit(&record, ledger);
                Self::Live { record, ticket }
            }
            entry => {
                let stamp = remembered.add(id);
                Self::Other(Box::new(Memory { id, entry, stamp }))
            }
        }
    }

    fn replace(
        &mut self,
        id: SessionId,
        entry: Entry,
        remembered: &mut Remembered<SessionId>,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) {
        match (&mut *self, entry) {
            (Self::Live { record, ticket }, Entry::Live(new)) => {
                *ticket = budgets.replace(record, *ticket, &new, ledger);
                ledger.gone.push(mem::replace(record, new));
            }
            (_, entry) => {
                let new = Self::new(id, entry, remembered, budgets, ledger);
                mem::replace(self, new).dismiss(remembered, budgets, ledger);
            }
        }
    }

    fn dismiss(
        self,
        remembered: &mut Remembered<SessionId>,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) {
        match self {
            Self::Live { record, ticket } => {
                budgets.dismiss(&record, ticket, ledger);
                ledger.gone.push(record);
            }
            Self::Other(_) => remembered.dismiss(),
        }
    }

    fn id(&self) -> SessionId {
        match self {
            Self::Live { record, .. } => record.id(),
            Self::Other(memory) => memory.id,
        }
    }

    /// When to look at it; never for what cannot be read.
    fn until(&self) -> Timestamp {
        let until = match self {
            Self::Live { record, .. } => Some(record.deadline()),
            Self::Other(memory) => memory.entry.until(),
        };
        until.map_or(NEVER, |deadline| deadline.instant())
    }
}

#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) keys: usize,
    pub(crate) capacity: usize,
    pub(crate) listings: usize,
    pub(crate) memories: usize,
}

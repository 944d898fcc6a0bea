//! What one stripe holds under each id.

use std::collections::HashMap;
use std::collections::hash_map;
use std::mem;
use std::sync::Arc;

use cloakroom_core::semantics::Entry;
use cloakroom_core::{Record, SessionId, Timestamp};

use crate::due::{DueIndex, NEVER};
use crate::ledger::{Budgets, Ledger, Ticket};
use crate::remembered::{Remembered, Stamp};

/// The entries of one stripe, and when each is over.
///
/// The map's hasher has a random key: tokens that someone else issued can be ground until their
/// digests collide under a hasher without one.
#[derive(Debug)]
pub(crate) struct Slots {
    map: HashMap<SessionId, Slot>,
    due: DueIndex<SessionId>,
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
    entry: Entry,
    stamp: Stamp,
}

impl Slots {
    pub(crate) fn new() -> Self {
        Self {
            map: HashMap::new(),
            due: DueIndex::new(),
            remembered: Remembered::new(),
        }
    }

    pub(crate) fn entry(&self, id: SessionId) -> Option<Entry> {
        Some(match &self.map.get(&id)?.kept {
            Kept::Live { record, .. } => Entry::Live(Arc::clone(record)),
            Kept::Other(memory) => memory.entry.clone(),
        })
    }

    /// The session under an id, by its present id and even if it is over.
    pub(crate) fn live(&self, id: SessionId) -> Option<(&Arc<Record>, Option<Ticket>)> {
        match &self.map.get(&id)?.kept {
            Kept::Live { record, ticket } => Some((record, *ticket)),
            Kept::Other(_) => None,
        }
    }

    /// The session under an id, by its present id and while it lives.
    pub(crate) fn living(&self, id: SessionId, now: Timestamp) -> Option<&Arc<Record>> {
        let slot = self.map.get(&id)?;
        match &slot.kept {
            Kept::Live { record, .. } if slot.is_surely_before_its_end(now) => Some(record),
            Kept::Live { record, .. } => Some(record).filter(|it| !it.deadline().is_over(now)),
            Kept::Other(_) => None,
        }
    }

    /// Every session, in no order, even if it is over.
    pub(crate) fn all_live(&self) -> impl Iterator<Item = &Record> {
        self.map.values().filter_map(|slot| match &slot.kept {
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
        let until = entry.until().map_or(NEVER, |deadline| deadline.instant());
        match self.map.entry(id) {
            hash_map::Entry::Occupied(slot) => {
                let slot = slot.into_mut();
                self.due.list(|| id, until, &mut slot.listed_at);
                slot.kept.replace(id, entry, remembered, budgets, ledger);
            }
            hash_map::Entry::Vacant(vacant) => {
                let kept = Kept::new(id, entry, remembered, budgets, ledger);
                let listed_at = NEVER;
                let slot = vacant.insert(Slot { kept, listed_at });
                self.due.list(|| id, until, &mut slot.listed_at);
            }
        }
        self.keep_index_lean();
    }

    pub(crate) fn remove(&mut self, id: SessionId, budgets: &Budgets, ledger: &mut Ledger) {
        if let Some(slot) = self.map.remove(&id) {
            slot.kept.dismiss(&mut self.remembered, budgets, ledger);
            shrink(&mut self.map);
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
        let (at, id) = self.due.pop(now)?;
        let slot = self.map.get_mut(&id).filter(|slot| slot.listed_at == at);
        Some(slot.map(|slot| {
            slot.listed_at = NEVER;
            id
        }))
    }

    /// Lists an entry that lives on.
    pub(crate) fn list_again(&mut self, id: SessionId) {
        if let Some(slot) = self.map.get_mut(&id) {
            let until = slot.kept.until();
            self.due.list(|| id, until, &mut slot.listed_at);
        }
    }

    /// How many ids are only remembered.
    pub(crate) fn remembered(&self) -> usize {
        self.remembered.count()
    }

    /// The id that has been remembered the longest. Who asks has to remove it.
    pub(crate) fn take_oldest_memory(&mut self) -> Option<SessionId> {
        let map = &self.map;
        self.remembered
            .take_oldest(|id, stamp| is_memory(map, *id, stamp))
    }

    /// Creating and deleting leaves stale listings, which must not pile up until they are due.
    fn keep_index_lean(&mut self) {
        let map = &self.map;
        self.remembered
            .keep_lean(|id, stamp| is_memory(map, *id, stamp));
        if self.due.is_bloated(self.map.len()) {
            let slots = self.map.iter_mut();
            self.due.rebuild(slots.filter_map(|(id, slot)| {
                slot.listed_at = slot.kept.until();
                (slot.listed_at < NEVER).then_some((slot.listed_at, *id))
            }));
        }
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> Sizes {
        Sizes {
            keys: self.map.len(),
            capacity: self.map.capacity(),
            listings: self.due.len(),
            memories: self.remembered.listings(),
        }
    }

    #[cfg(test)]
    pub(crate) fn memories(&self) -> usize {
        let slots = self.map.values();
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
        let slots = self.map.iter();
        slots
            .filter(|(id, slot)| {
                slot.listed_at > slot.kept.until()
                    || (slot.listed_at < NEVER && !self.due.contains(slot.listed_at, id))
            })
            .map(|(id, _)| *id)
            .collect()
    }
}

fn is_memory(map: &HashMap<SessionId, Slot>, id: SessionId, stamp: Stamp) -> bool {
    match map.get(&id).map(|slot| &slot.kept) {
        Some(Kept::Other(memory)) => memory.stamp == stamp,
        Some(Kept::Live { .. }) | None => false,
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
                Self::Other(Box::new(Memory { entry, stamp }))
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

/// Gives memory back once most of a map has gone, and leaves room for as much again.
pub(crate) fn shrink<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>) {
    if map.capacity() > 64 && map.len() < map.capacity() / 4 {
        map.shrink_to(2 * map.len());
    }
}

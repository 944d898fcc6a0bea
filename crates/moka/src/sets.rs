//! The token sets of one stripe.

use std::borrow::Borrow;

use cloakroom_core::semantics::SetHead;
use cloakroom_core::{Generation, SessionId, Subject, Timestamp, WriteId};
use smallvec::SmallVec;

use crate::due::{Due, DueIndex, NEVER};
use crate::keyed::{Keyed, KeyedTable};
use crate::remembered::{Remembered, Stamp};

/// The token sets of one stripe, and when each that has no members is over.
#[derive(Debug)]
pub(crate) struct Sets {
    table: KeyedTable<Box<Set>>,
    due: DueIndex,
    /// Changed since the index was last brought up to date.
    changed: Vec<Subject>,
    /// Those without members, which are kept for sign-ins that have begun and for retries.
    remembered: Remembered<Subject>,
}

#[derive(Debug)]
struct Set {
    subject: Subject,
    generation: Generation,
    kept_until: Timestamp,
    /// In a box, since most sets are never revoked.
    revoked_by: Option<Box<WriteId>>,
    /// As long as it is only remembered.
    stamp: Option<Stamp>,
    /// In the order of their ids. Most users have one device or two, and the first needs no allocation.
    members: SmallVec<[SessionId; 1]>,
    listed_at: Timestamp,
}

impl Sets {
    pub(crate) fn new() -> Self {
        Self {
            table: KeyedTable::new(),
            due: DueIndex::new(),
            changed: Vec::new(),
            remembered: Remembered::new(),
        }
    }

    pub(crate) fn head(&self, subject: &Subject) -> Option<SetHead> {
        self.table.get(subject).map(|set| set.head())
    }

    pub(crate) fn members(&self, subject: &Subject) -> &[SessionId] {
        self.table.get(subject).map_or(&[], |set| &set.members)
    }

    pub(crate) fn is_member(&self, subject: &Subject, id: SessionId) -> bool {
        self.members(subject).binary_search(&id).is_ok()
    }

    pub(crate) fn put_head(&mut self, subject: Subject, head: SetHead) {
        self.changed.push(subject.clone());
        let hash = self.table.hash(&subject);
        if let Some(set) = self.table.get_hashed_mut(hash, &subject) {
            set.set_head(head);
        } else {
            self.table.insert(hash, Box::new(Set::new(subject, head)));
        }
    }

    pub(crate) fn remove_head(&mut self, subject: &Subject) {
        let removed = self.table.remove(subject);
        if removed.is_some_and(|set| set.stamp.is_some()) {
            self.remembered.dismiss();
        }
    }

    pub(crate) fn add_member(&mut self, subject: &Subject, id: SessionId) {
        let Some(set) = self.table.get_mut(subject) else {
            debug_assert!(false, "a member joins a set that has no head");
            return;
        };
        if let Err(at) = set.members.binary_search(&id) {
            set.members.insert(at, id);
        }
        if set.stamp.take().is_some() {
            self.remembered.dismiss();
        }
    }

    pub(crate) fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        let Some(set) = self.table.get_mut(subject) else {
            return;
        };
        if let Ok(at) = set.members.binary_search(&id) {
            set.members.remove(at);
        }
        let few = set.members.len() <= 1 || set.members.len() < set.members.capacity() / 4;
        if set.members.spilled() && few {
            set.members.shrink_to_fit();
        }
        if set.members.is_empty() {
            self.changed.push(subject.clone());
        }
    }

    /// Brings the indices up to date, once all writes of an operation are done: a set that is made
    /// without members mostly has one by then, and need not be listed.
    pub(crate) fn list_changed(&mut self) {
        for subject in self.changed.drain(..) {
            let hash = self.table.hash(&subject);
            let Some(set) = self.table.get_hashed_mut(hash, &subject) else {
                continue;
            };
            if set.stamp.take().is_some() {
                self.remembered.dismiss();
            }
            if set.members.is_empty() {
                set.stamp = Some(self.remembered.add(subject));
            }
            self.due.list(hash, set);
        }
        let table = &self.table;
        self.remembered
            .keep_lean(|subject, stamp| is_memory(table, subject, stamp));
        self.due.keep_lean(&mut self.table, self.remembered.count());
    }

    /// Takes the next listing whose instant has come out of the index. `Some(None)` for a stale one,
    /// and for a set that has members.
    ///
    /// Who asks has to remove the set or [list it again](Sets::list_again).
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<Option<Subject>> {
        self.due.pop(&mut self.table, now)
    }

    /// Lists a set that is kept on.
    pub(crate) fn list_again(&mut self, subject: &Subject) {
        let hash = self.table.hash(subject);
        if let Some(set) = self.table.get_hashed_mut(hash, subject) {
            self.due.list(hash, set);
        }
    }

    /// How many sets are without members.
    pub(crate) fn remembered(&self) -> usize {
        self.remembered.count()
    }

    /// The set that has been without members the longest. Who asks has to remove it.
    pub(crate) fn take_oldest_memory(&mut self) -> Option<Subject> {
        let table = &self.table;
        self.remembered
            .take_oldest(|subject, stamp| is_memory(table, subject, stamp))
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> crate::slots::Sizes {
        crate::slots::Sizes {
            keys: self.table.len(),
            capacity: self.table.capacity(),
            listings: self.due.len(),
            memories: self.remembered.listings(),
        }
    }

    /// Every set that the index would miss.
    #[cfg(test)]
    pub(crate) fn unlisted(&self) -> Vec<Subject> {
        self.due.missed(&self.table)
    }

    #[cfg(test)]
    pub(crate) fn is_spilled(&self, subject: &Subject) -> bool {
        let set = self.table.get(subject);
        set.is_some_and(|set| set.members.spilled())
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Subject, &[SessionId])> {
        self.table.iter().map(|set| (&set.subject, &*set.members))
    }
}

fn is_memory(table: &KeyedTable<Box<Set>>, subject: &Subject, stamp: Stamp) -> bool {
    let set = table.get(subject);
    set.is_some_and(|set| set.stamp == Some(stamp))
}

impl Set {
    fn new(subject: Subject, head: SetHead) -> Self {
        Self {
            subject,
            generation: head.generation,
            kept_until: head.kept_until,
            revoked_by: head.revoked_by.map(Box::new),
            stamp: None,
            members: SmallVec::new(),
            listed_at: NEVER,
        }
    }

    fn head(&self) -> SetHead {
        SetHead {
            generation: self.generation,
            kept_until: self.kept_until,
            revoked_by: self.revoked_by.as_deref().copied(),
        }
    }

    fn set_head(&mut self, head: SetHead) {
        self.generation = head.generation;
        self.kept_until = head.kept_until;
        self.revoked_by = head.revoked_by.map(Box::new);
    }
}

impl Keyed for Box<Set> {
    type Key = Subject;

    fn key(&self) -> impl Borrow<Subject> {
        &self.subject
    }
}

impl Due for Box<Set> {
    /// A set that has members goes with the last of them.
    fn until(&self) -> Timestamp {
        if self.members.is_empty() {
            self.kept_until
        } else {
            NEVER
        }
    }

    fn listed_at(&self) -> Timestamp {
        self.listed_at
    }

    fn set_listed_at(&mut self, at: Timestamp) {
        self.listed_at = at;
    }
}

//! The token sets of one stripe.

use std::collections::HashMap;

use cloakroom_core::semantics::SetHead;
use cloakroom_core::{SessionId, Subject, Timestamp};

use crate::due::{DueIndex, NEVER};
use crate::remembered::{Remembered, Stamp};
use crate::slots::shrink;

/// The token sets of one stripe, and when each that has no members is over.
#[derive(Debug)]
pub(crate) struct Sets {
    map: HashMap<Subject, Set>,
    due: DueIndex<Subject>,
    /// Changed since the index was last brought up to date.
    changed: Vec<Subject>,
    /// Those without members, which are kept for sign-ins that have begun and for retries.
    remembered: Remembered<Subject>,
}

#[derive(Debug)]
struct Set {
    head: SetHead,
    /// As long as it is only remembered.
    stamp: Option<Stamp>,
    /// In the order of their ids.
    members: Vec<SessionId>,
    listed_at: Timestamp,
}

impl Sets {
    pub(crate) fn new() -> Self {
        Self {
            map: HashMap::new(),
            due: DueIndex::new(),
            changed: Vec::new(),
            remembered: Remembered::new(),
        }
    }

    pub(crate) fn head(&self, subject: &Subject) -> Option<SetHead> {
        self.map.get(subject).map(|set| set.head)
    }

    pub(crate) fn members(&self, subject: &Subject) -> &[SessionId] {
        self.map.get(subject).map_or(&[], |set| &set.members)
    }

    pub(crate) fn is_member(&self, subject: &Subject, id: SessionId) -> bool {
        self.members(subject).binary_search(&id).is_ok()
    }

    pub(crate) fn put_head(&mut self, subject: Subject, head: SetHead) {
        self.changed.push(subject.clone());
        let set = self.map.entry(subject).or_insert(Set {
            head,
            stamp: None,
            members: Vec::new(),
            listed_at: NEVER,
        });
        set.head = head;
    }

    pub(crate) fn remove_head(&mut self, subject: &Subject) {
        if let Some(Set { stamp: Some(_), .. }) = self.map.remove(subject) {
            self.remembered.dismiss();
        }
        shrink(&mut self.map);
    }

    pub(crate) fn add_member(&mut self, subject: &Subject, id: SessionId) {
        let Some(set) = self.map.get_mut(subject) else {
            debug_assert!(false, "a member joins a set that has no head");
            return;
        };
        if let Err(at) = set.members.binary_search(&id) {
            if set.members.len() < 4 {
                // Most users have one device or two, and a vector would begin with four.
                set.members.reserve_exact(1);
            }
            set.members.insert(at, id);
        }
        if set.stamp.take().is_some() {
            self.remembered.dismiss();
        }
    }

    pub(crate) fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        let Some(set) = self.map.get_mut(subject) else {
            return;
        };
        if let Ok(at) = set.members.binary_search(&id) {
            set.members.remove(at);
        }
        if set.members.len() < set.members.capacity() / 4 {
            set.members.shrink_to(2 * set.members.len());
        }
        if set.members.is_empty() {
            self.changed.push(subject.clone());
        }
    }

    /// Brings the indices up to date, once all writes of an operation are done: a set that is made
    /// without members mostly has one by then, and need not be listed.
    pub(crate) fn list_changed(&mut self) {
        for subject in self.changed.drain(..) {
            let Some(set) = self.map.get_mut(&subject) else {
                continue;
            };
            if set.stamp.take().is_some() {
                self.remembered.dismiss();
            }
            if set.members.is_empty() {
                set.stamp = Some(self.remembered.add(subject.clone()));
            }
            let until = set.until();
            self.due.list(|| subject, until, &mut set.listed_at);
        }
        let map = &self.map;
        self.remembered
            .keep_lean(|subject, stamp| is_memory(map, subject, stamp));
        if self.due.is_bloated(self.map.len()) {
            let sets = self.map.iter_mut();
            self.due.rebuild(sets.filter_map(|(subject, set)| {
                set.listed_at = set.until();
                (set.listed_at < NEVER).then(|| (set.listed_at, subject.clone()))
            }));
        }
    }

    /// Takes the next listing whose instant has come out of the index. `Some(None)` for a stale one,
    /// and for a set that has members.
    ///
    /// Who asks has to remove the set or [list it again](Sets::list_again).
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<Option<Subject>> {
        let (at, subject) = self.due.pop(now)?;
        let set = self.map.get_mut(&subject);
        Some(set.filter(|set| set.listed_at == at).and_then(|set| {
            set.listed_at = NEVER;
            set.members.is_empty().then_some(subject)
        }))
    }

    /// Lists a set that is kept on.
    pub(crate) fn list_again(&mut self, subject: Subject) {
        if let Some(set) = self.map.get_mut(&subject) {
            let until = set.until();
            self.due.list(|| subject, until, &mut set.listed_at);
        }
    }

    /// How many sets are without members.
    pub(crate) fn remembered(&self) -> usize {
        self.remembered.count()
    }

    /// The set that has been without members the longest. Who asks has to remove it.
    pub(crate) fn take_oldest_memory(&mut self) -> Option<Subject> {
        let map = &self.map;
        self.remembered
            .take_oldest(|subject, stamp| is_memory(map, subject, stamp))
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> crate::slots::Sizes {
        crate::slots::Sizes {
            keys: self.map.len(),
            capacity: self.map.capacity(),
            listings: self.due.len(),
            memories: self.remembered.listings(),
        }
    }

    /// Every set that the index would miss.
    #[cfg(test)]
    pub(crate) fn unlisted(&self) -> Vec<Subject> {
        let sets = self.map.iter();
        sets.filter(|(subject, set)| {
            set.listed_at > set.until()
                || (set.listed_at < NEVER && !self.due.contains(set.listed_at, subject))
        })
        .map(|(subject, _)| subject.clone())
        .collect()
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Subject, &[SessionId])> {
        self.map
            .iter()
            .map(|(subject, set)| (subject, &*set.members))
    }
}

fn is_memory(map: &HashMap<Subject, Set>, subject: &Subject, stamp: Stamp) -> bool {
    map.get(subject).is_some_and(|set| set.stamp == Some(stamp))
}

impl Set {
    /// When to look at it: a set that has members goes with the last of them.
    fn until(&self) -> Timestamp {
        if self.members.is_empty() {
            self.head.kept_until
        } else {
            NEVER
        }
    }
}

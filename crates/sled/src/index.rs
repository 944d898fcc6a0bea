//! What the store keeps in memory beside sled: what is over when, who is in which token set, and who
//! has lost its set.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::{SessionId, Subject, Timestamp};

use crate::members::Members;
use crate::recent::Recent;

/// What the store keeps in memory beside sled. It is built from what is stored when the store is
/// opened, by the scan that checks it.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) recent: Recent,
    listed: Mutex<Listed>,
    strays: Mutex<HashSet<SessionId>>,
    /// Without the lock: there are none unless something outside the store took a set away.
    stray_count: AtomicUsize,
}

/// Each entry is listed once, at the instant at which it is over; each set once, at the instant at
/// which to look at it.
#[derive(Debug, Default)]
struct Listed {
    entries: BTreeSet<(Timestamp, SessionId)>,
    due_sets: BTreeSet<(Timestamp, Subject)>,
    sets: HashMap<Subject, TokenSet>,
}

/// The same as what is stored, so that the cap and the listings need not go through sled's keys.
#[derive(Debug, Default)]
struct TokenSet {
    look_at: Option<Timestamp>,
    members: Members,
}

/// A change of the index that goes with a batch.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An entry that was over at the first instant is over at the second.
    Entry(SessionId, Option<Timestamp>, Option<Timestamp>),
    /// A set has to be looked at then; never, where it is gone.
    Set(Subject, Option<Timestamp>),
    Joins(Subject, SessionId),
    Leaves(Subject, SessionId),
    /// A session of a subject is not held by its set.
    Stray(SessionId),
    /// A session has ended, or joined a set.
    NoStray(SessionId),
}

/// Something whose time has come.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    Entry(SessionId),
    Set(Subject),
}

impl Index {
    /// Empty, with room for so many bytes of sessions that were read.
    pub(crate) fn new(recent: u64) -> Self {
        Self {
            recent: Recent::new(recent),
            ..Self::default()
        }
    }

    pub(crate) fn apply(&self, changes: impl IntoIterator<Item = Change>) {
        let mut listed = lock(&self.listed);
        for change in changes {
            match change {
                Change::Entry(id, from, to) => listed.move_entry(id, from, to),
                Change::Set(subject, at) => listed.list_set(subject, at),
                Change::Joins(subject, id) => {
                    listed.sets.entry(subject).or_default().members.add(id);
                }
                Change::Leaves(subject, id) => listed.leave(subject, id),
                Change::Stray(id) => self.change_strays(|strays| {
                    strays.insert(id);
                }),
                Change::NoStray(id) => {
                    if self.stray_count.load(SeqCst) > 0 {
                        self.change_strays(|strays| {
                            strays.remove(&id);
                        });
                    }
                }
            }
        }
    }

    /// At most so many things whose time had come at `now`, entries first. They stay listed.
    pub(crate) fn due(&self, now: Timestamp, limit: usize) -> Vec<Thing> {
        let listed = lock(&self.listed);
        let entries = listed.entries.iter().take_while(|(at, _)| *at <= now);
        let sets = listed.due_sets.iter().take_while(|(at, _)| *at <= now);
        entries
            .map(|(_, id)| Thing::Entry(*id))
            .chain(sets.map(|(_, subject)| Thing::Set(subject.clone())))
            .take(limit)
            .collect()
    }

    /// Looks at a set again at another time, where it is still listed.
    pub(crate) fn postpone(&self, subject: &Subject, until: Timestamp) {
        let mut listed = lock(&self.listed);
        let is_listed = |set: &TokenSet| set.look_at.is_some();
        if listed.sets.get(subject).is_some_and(is_listed) {
            listed.list_set(subject.clone(), Some(until));
        }
    }

    /// The members of a token set, in the order of their ids.
    pub(crate) fn members(&self, subject: &Subject) -> Vec<SessionId> {
        let listed = lock(&self.listed);
        let set = listed.sets.get(subject);
        set.map(|set| set.members.to_vec()).unwrap_or_default()
    }

    pub(crate) fn member_count(&self, subject: &Subject) -> usize {
        let listed = lock(&self.listed);
        listed.sets.get(subject).map_or(0, |set| set.members.len())
    }

    pub(crate) fn is_member(&self, subject: &Subject, id: SessionId) -> bool {
        let listed = lock(&self.listed);
        let set = listed.sets.get(subject);
        set.is_some_and(|set| set.members.contains(id))
    }

    /// Whether a session of a subject is not held by its set. No operation makes one: an entry and
    /// its membership change in one batch.
    pub(crate) fn is_stray(&self, id: SessionId) -> bool {
        self.stray_count.load(SeqCst) > 0 && lock(&self.strays).contains(&id)
    }

    fn change_strays(&self, change: impl FnOnce(&mut HashSet<SessionId>)) {
        let mut strays = lock(&self.strays);
        change(&mut strays);
        self.stray_count.store(strays.len(), SeqCst);
    }

    #[cfg(test)]
    pub(crate) fn listings(&self) -> (Vec<(Timestamp, SessionId)>, Vec<Subject>) {
        let listed = lock(&self.listed);
        let sets = listed.due_sets.iter().map(|(_, subject)| subject.clone());
        (listed.entries.iter().copied().collect(), sets.collect())
    }
}

impl Listed {
    fn move_entry(&mut self, id: SessionId, from: Option<Timestamp>, to: Option<Timestamp>) {
        if from == to {
            return;
        }
        if let Some(at) = from {
            self.entries.remove(&(at, id));
        }
        if let Some(at) = to {
            self.entries.insert((at, id));
        }
    }

    fn list_set(&mut self, subject: Subject, at: Option<Timestamp>) {
        let set = self.sets.entry(subject.clone()).or_default();
        let before = std::mem::replace(&mut set.look_at, at);
        if before == at {
            self.forget_if_gone(&subject);
            return;
        }
        if let Some(before) = before {
            self.due_sets.remove(&(before, subject.clone()));
        }
        match at {
            Some(at) => {
                self.due_sets.insert((at, subject));
            }
            None => self.forget_if_gone(&subject),
        }
    }

    fn leave(&mut self, subject: Subject, id: SessionId) {
        if let Some(set) = self.sets.get_mut(&subject) {
            set.members.remove(id);
        }
        self.forget_if_gone(&subject);
    }

    fn forget_if_gone(&mut self, subject: &Subject) {
        let is_gone = |set: &TokenSet| set.look_at.is_none() && set.members == Members::Nobody;
        if self.sets.get(subject).is_some_and(is_gone) {
            self.sets.remove(subject);
        }
    }
}

/// Nothing panics while it holds one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn each_thing_is_listed_once() {
        let index = Index::default();
        let id = SessionId::from_stored([1; 32]);
        let subject = Subject::new("ada").unwrap();
        index.apply([
            Change::Entry(id, None, Some(at(5))),
            Change::Set(subject.clone(), Some(at(7))),
        ]);
        index.apply([
            Change::Entry(id, Some(at(5)), Some(at(9))),
            Change::Set(subject.clone(), Some(at(3))),
        ]);
        assert_eq!(index.listings(), (vec![(at(9), id)], vec![subject.clone()]));
        assert_eq!(index.due(at(2), 9).len(), 0);
        assert_eq!(index.due(at(3), 9).len(), 1);
        assert_eq!(index.due(at(9), 9).len(), 2);
        assert_eq!(index.due(at(9), 1).len(), 1);
        index.postpone(&subject, at(20));
        assert_eq!(index.due(at(9), 9).len(), 1);
        index.apply([
            Change::Entry(id, Some(at(9)), None),
            Change::Set(subject.clone(), None),
        ]);
        index.postpone(&subject, at(1));
        assert_eq!(index.listings(), (vec![], vec![]));
        assert!(lock(&index.listed).sets.is_empty());
    }

    #[test]
    fn a_set_takes_memory_until_its_members_and_its_head_are_gone() {
        let index = Index::default();
        let id = SessionId::from_stored([1; 32]);
        let subject = Subject::new("ada").unwrap();
        index.apply([
            Change::Joins(subject.clone(), id),
            Change::Set(subject.clone(), Some(at(7))),
        ]);
        assert!(index.is_member(&subject, id));
        assert_eq!(index.members(&subject), [id]);
        index.apply([Change::Set(subject.clone(), None)]);
        assert_eq!(index.member_count(&subject), 1);
        index.apply([Change::Leaves(subject.clone(), id)]);
        assert_eq!(index.member_count(&subject), 0);
        assert!(lock(&index.listed).sets.is_empty());
        index.apply([
            Change::Leaves(subject.clone(), id),
            Change::Set(subject.clone(), None),
        ]);
        assert!(lock(&index.listed).sets.is_empty());
    }

    #[test]
    fn strays_are_known_until_they_end() {
        let index = Index::default();
        let id = SessionId::from_stored([1; 32]);
        assert!(!index.is_stray(id));
        index.apply([Change::Stray(id)]);
        assert!(index.is_stray(id));
        index.apply([Change::NoStray(id)]);
        assert!(!index.is_stray(id));
    }
}

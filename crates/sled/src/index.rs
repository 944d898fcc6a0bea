//! What the store keeps in memory beside sled: what is over when, and who has lost its set.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::{SessionId, Subject, Timestamp};

/// What the store keeps in memory beside sled. It is built from what is stored when the store is
/// opened, by the scan that checks it.
#[derive(Debug, Default)]
pub(crate) struct Index {
    due: Mutex<Due>,
    strays: Mutex<HashSet<SessionId>>,
    /// Without the lock: there are none unless something outside the store took a set away.
    stray_count: AtomicUsize,
}

/// Each entry is listed once, at the instant at which it is over; each set once, at the instant at
/// which to look at it.
#[derive(Debug, Default)]
struct Due {
    entries: BTreeSet<(Timestamp, SessionId)>,
    sets: BTreeSet<(Timestamp, Subject)>,
    listed_sets: HashMap<Subject, Timestamp>,
}

/// A change of the index that goes with a batch.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An entry that was over at the first instant is over at the second.
    Entry(SessionId, Option<Timestamp>, Option<Timestamp>),
    /// A set has to be looked at then; never, where it is gone.
    Set(Subject, Option<Timestamp>),
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
    pub(crate) fn apply(&self, changes: impl IntoIterator<Item = Change>) {
        let mut due = lock(&self.due);
        for change in changes {
            match change {
                Change::Entry(id, from, to) => due.move_entry(id, from, to),
                Change::Set(subject, at) => due.list_set(subject, at),
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
        let due = lock(&self.due);
        let entries = due.entries.iter().take_while(|(at, _)| *at <= now);
        let sets = due.sets.iter().take_while(|(at, _)| *at <= now);
        entries
            .map(|(_, id)| Thing::Entry(*id))
            .chain(sets.map(|(_, subject)| Thing::Set(subject.clone())))
            .take(limit)
            .collect()
    }

    /// Looks at a set again at another time, where it is still listed.
    pub(crate) fn postpone(&self, subject: &Subject, until: Timestamp) {
        let mut due = lock(&self.due);
        if due.listed_sets.contains_key(subject) {
            due.list_set(subject.clone(), Some(until));
        }
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
        let due = lock(&self.due);
        let sets = due.sets.iter().map(|(_, subject)| subject.clone());
        (due.entries.iter().copied().collect(), sets.collect())
    }
}

impl Due {
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
        let before = match at {
            Some(at) => self.listed_sets.insert(subject.clone(), at),
            None => self.listed_sets.remove(&subject),
        };
        if let Some(before) = before {
            self.sets.remove(&(before, subject.clone()));
        }
        if let Some(at) = at {
            self.sets.insert((at, subject));
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

//! What is due when.

use std::borrow::Borrow as _;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem;
use std::sync::atomic::Ordering::Relaxed;

use cloakroom_core::Timestamp;

use crate::keyed::{Keyed, KeyedTable};
use crate::sync::AtomicU64;

/// The instant of what is never due, and of what the index does not list.
pub(crate) const NEVER: Timestamp = Timestamp::MAX;

/// A thing that may be over one day, and keeps for which instant the index lists it.
pub(crate) trait Due: Keyed {
    /// When to look at it; [`NEVER`] where it does not end by itself.
    fn until(&self) -> Timestamp;

    fn listed_at(&self) -> Timestamp;

    fn set_listed_at(&mut self, at: Timestamp);
}

/// The things of a table by the instant at which to look at them: a heap that is corrected late.
///
/// A session's deadline moves at every touch, mostly to later. So the index may name an instant that
/// is too early, never one too late: what it names is looked at, and listed again where it lives on.
///
/// A listing names a hash, which takes a quarter of an id. It stands for all things whose keys have that
/// hash and which are listed for its instant. Where there is none, it is stale, and skipped when its
/// time comes.
#[derive(Debug)]
pub(crate) struct DueIndex {
    heap: BinaryHeap<Reverse<(Timestamp, u64)>>,
}

impl DueIndex {
    pub(crate) const fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
        }
    }

    /// Sees to it that a thing comes up when it is over or before.
    pub(crate) fn list(&mut self, hash: u64, thing: &mut impl Due) {
        let until = thing.until();
        if until < thing.listed_at() {
            thing.set_listed_at(until);
            self.heap.push(Reverse((until, hash)));
        }
    }

    /// The first instant that is listed.
    pub(crate) fn first(&self) -> Timestamp {
        self.heap.peek().map_or(NEVER, |Reverse((at, _))| *at)
    }

    /// Takes the next thing whose instant has come out of the index. `Some(None)` for a stale listing,
    /// and for what does not end by itself any longer.
    ///
    /// Who asks has to remove the thing or [list](DueIndex::list) it again.
    pub(crate) fn pop<T: Due>(
        &mut self,
        table: &mut KeyedTable<T>,
        now: Timestamp,
    ) -> Option<Option<T::Key>> {
        let Reverse((at, hash)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        let due = find(table, at, hash).and_then(|thing| {
            thing.set_listed_at(NEVER);
            (thing.until() < NEVER).then(|| thing.key().borrow().clone())
        });
        // The listing goes with the last for which it stands.
        if find(table, at, hash).is_none() {
            self.heap.pop();
            if self.heap.len() < self.heap.capacity() / 4 {
                self.heap.shrink_to(2 * self.heap.len());
            }
        }
        Some(due)
    }

    /// Takes out what is stale, said twice, or said of what does not end by itself any longer, once that
    /// outnumbers the rest, which is at most so many.
    pub(crate) fn keep_lean<T: Due>(&mut self, table: &mut KeyedTable<T>, most: usize) {
        if self.heap.len() <= 2 * most + 16 {
            return;
        }
        let mut listings = mem::take(&mut self.heap).into_vec();
        listings.retain(|Reverse((at, hash))| {
            while let Some(thing) = find(table, *at, *hash) {
                if thing.until() < NEVER {
                    return true;
                }
                thing.set_listed_at(NEVER);
            }
            false
        });
        listings.sort_unstable();
        listings.dedup();
        listings.shrink_to(2 * listings.len());
        self.heap = listings.into();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    #[cfg(test)]
    pub(crate) fn due(&self, now: Timestamp) -> usize {
        let instants = self.heap.iter().map(|Reverse((at, _))| *at);
        instants.filter(|at| *at <= now).count()
    }

    /// Everything that the index would miss.
    #[cfg(test)]
    pub(crate) fn missed<T: Due>(&self, table: &KeyedTable<T>) -> Vec<T::Key> {
        let key = |thing: &T| thing.key().borrow().clone();
        let is_missed = |thing: &&T| {
            let listing = Reverse((thing.listed_at(), table.hash(&key(thing))));
            thing.listed_at() > thing.until()
                || (thing.listed_at() < NEVER && !self.heap.iter().any(|it| *it == listing))
        };
        table.iter().filter(is_missed).map(key).collect()
    }
}

/// A thing for which a listing stands.
fn find<T: Due>(table: &mut KeyedTable<T>, at: Timestamp, hash: u64) -> Option<&mut T> {
    table.find_mut(hash, |thing| thing.listed_at() == at)
}

/// The first instant at which any stripe may have something that is over: never too late, except for
/// what is listed while the stripes are looked through.
#[derive(Debug)]
pub(crate) struct FirstDue(AtomicU64);

impl FirstDue {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(NEVER.as_millis()))
    }

    /// A stripe has something due at this instant.
    pub(crate) fn note(&self, at: Timestamp) {
        let at = at.as_millis();
        // Mostly it is not the first, and a look costs less than a write.
        if at < self.0.load(Relaxed) {
            self.0.fetch_min(at, Relaxed);
        }
    }

    /// The instant, where it has come.
    pub(crate) fn at_most(&self, now: Timestamp) -> Option<Timestamp> {
        let at = Timestamp::from_millis(self.0.load(Relaxed));
        (at <= now).then_some(at)
    }

    /// All stripes have been looked through, and this is the first instant that is left. Somebody who
    /// has noted an earlier one meanwhile is right.
    pub(crate) fn replace(&self, expected: Timestamp, first: Timestamp) {
        let (expected, first) = (expected.as_millis(), first.as_millis());
        let _ = self.0.compare_exchange(expected, first, Relaxed, Relaxed);
    }
}

//! What is due when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::Ordering::Relaxed;

use cloakroom_core::Timestamp;

use crate::sync::AtomicU64;

/// The instant of what is never due, and of what the index does not list.
pub(crate) const NEVER: Timestamp = Timestamp::MAX;

/// Keys by the instant at which to look at them: a heap that is corrected late.
///
/// A session's deadline moves at every touch, mostly to later. So the index may name an instant that
/// is too early, never one too late: what it names is looked at, and listed again where it lives on.
/// Whoever owns a key keeps the instant for which it is listed. A listing for any other instant is
/// stale, and skipped when its time comes.
#[derive(Debug)]
pub(crate) struct DueIndex<K> {
    heap: BinaryHeap<Reverse<(Timestamp, K)>>,
}

impl<K: Ord> DueIndex<K> {
    pub(crate) const fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
        }
    }

    /// Sees to it that the key comes up at `until` or before. `listed_at` is for which instant it is
    /// listed already.
    pub(crate) fn list(
        &mut self,
        key: impl FnOnce() -> K,
        until: Timestamp,
        listed_at: &mut Timestamp,
    ) {
        if until < *listed_at {
            *listed_at = until;
            self.heap.push(Reverse((until, key())));
        }
    }

    /// The first instant that is listed.
    pub(crate) fn first(&self) -> Timestamp {
        self.heap.peek().map_or(NEVER, |Reverse((at, _))| *at)
    }

    /// Takes out the first listing, where its instant has come.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, K)> {
        let Reverse((at, _)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        let popped = self.heap.pop();
        if self.heap.len() < self.heap.capacity() / 4 {
            self.heap.shrink_to(2 * self.heap.len());
        }
        popped.map(|Reverse(listing)| listing)
    }

    /// Whether stale listings outnumber the others, of which there are at most `keys`.
    pub(crate) fn is_bloated(&self, keys: usize) -> bool {
        self.heap.len() > 2 * keys + 16
    }

    /// Starts over with these listings.
    pub(crate) fn rebuild(&mut self, listings: impl Iterator<Item = (Timestamp, K)>) {
        self.heap = listings.map(Reverse).collect();
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

    #[cfg(test)]
    pub(crate) fn contains(&self, at: Timestamp, key: &K) -> bool {
        let mut listings = self.heap.iter();
        listings.any(|Reverse((listed_at, listed))| *listed_at == at && listed == key)
    }
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

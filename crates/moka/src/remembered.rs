//! What is remembered of ids and sets that hold no session, and how much of it.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::sync::AtomicU64;

/// The keys of one stripe that are only remembered, in the order in which they came to be.
///
/// Whoever owns a key keeps its [`Stamp`] for as long as it is one of them. A listing with any other
/// stamp is stale, and skipped.
#[derive(Debug)]
pub(crate) struct Remembered<K> {
    queue: VecDeque<(Stamp, K)>,
    last: u64,
    count: usize,
}

/// A number that one memory has and no other of its stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(NonZeroU64);

impl<K> Remembered<K> {
    pub(crate) const fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            last: 0,
            count: 0,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Lists a key as the newest.
    pub(crate) fn add(&mut self, key: K) -> Stamp {
        let stamp = Stamp(NonZeroU64::MIN.saturating_add(self.last));
        self.last += 1;
        self.queue.push_back((stamp, key));
        self.count += 1;
        stamp
    }

    /// A key that was listed is none of them any longer.
    pub(crate) fn dismiss(&mut self) {
        self.count -= 1;
    }

    /// Takes the oldest key out of the list, and leaves its dismissal to whoever owns it.
    pub(crate) fn take_oldest(&mut self, is_current: impl Fn(&K, Stamp) -> bool) -> Option<K> {
        while let Some((stamp, key)) = self.queue.pop_front() {
            if is_current(&key, stamp) {
                return Some(key);
            }
        }
        None
    }

    /// Takes stale listings out once they outnumber the others.
    pub(crate) fn keep_lean(&mut self, is_current: impl Fn(&K, Stamp) -> bool) {
        if self.queue.len() > 2 * self.count + 16 {
            self.queue.retain(|(stamp, key)| is_current(key, *stamp));
            self.queue.shrink_to(2 * self.queue.len());
        }
    }

    #[cfg(test)]
    pub(crate) fn listings(&self) -> usize {
        self.queue.len()
    }
}

/// How many there may be in all stripes together.
///
/// A stripe that has more than its share gives way, its oldest first; so a flood that falls on one
/// stripe takes nothing from the others, and one that falls on all of them waits as long for the
/// oldest of each.
#[derive(Debug)]
pub(crate) struct Quota {
    most: u64,
    share: usize,
    total: AtomicU64,
}

impl Quota {
    pub(crate) fn new(most: u64, stripes: usize) -> Self {
        let share = usize::try_from(most).unwrap_or(usize::MAX) / stripes;
        Self {
            most,
            // The newest always stays: an operation does not forget what it has just written.
            share: share.max(1),
            total: AtomicU64::new(0),
        }
    }

    /// A stripe has so many now, after so many before.
    pub(crate) fn changed(&self, before: usize, now: usize) {
        if now > before {
            self.total.fetch_add((now - before) as u64, Relaxed);
        } else if before > now {
            self.total.fetch_sub((before - now) as u64, Relaxed);
        }
    }

    /// Whether a stripe that has so many has to forget some.
    pub(crate) fn is_over(&self, here: usize) -> bool {
        here > self.share && self.total.load(Relaxed) > self.most
    }

    #[cfg(test)]
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Relaxed)
    }
}

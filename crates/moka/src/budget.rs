//! The one question that moka is asked: who leaves where there is no more room.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_core::SessionId;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::ledger::Ticket;
use crate::limits::Scale;
use crate::sync::AtomicU64;

/// The room for one kind of session.
///
/// moka holds a stub for each session, never the session itself: its ticket, its id and its weight.
/// Nobody may call it while holding a stripe, since its housekeeping runs on whichever thread calls.
pub(crate) struct Budget {
    scale: Scale,
    stubs: Cache<Ticket, Stub>,
    /// Who tells moka of a ticket holds the turn of that ticket. Where two tell it of one newcomer at once,
    /// the second may be first in moka's queue, and moka then counts the weight twice, for good.
    turns: [Mutex<()>; Budget::TURNS],
    leaving: Arc<Leaving>,
    /// What the stored sessions weigh, and how many there are, by the stripes' own count. moka learns
    /// of each a moment later.
    weight: AtomicU64,
    sessions: AtomicU64,
    evicted: AtomicU64,
}

#[derive(Clone, Copy)]
struct Stub {
    id: SessionId,
    weight: u32,
}

impl Budget {
    /// Enough that two threads seldom wait for one another. Who does waits for all that moka does in a call,
    /// its housekeeping included.
    const TURNS: usize = 64;

    pub(crate) fn new(scale: Scale) -> Self {
        let leaving = Arc::new(Leaving::default());
        let noted = Arc::clone(&leaving);
        let stubs = Cache::builder()
            .name("cloakroom")
            .max_capacity(scale.capacity)
            .weigher(|_, stub: &Stub| stub.weight)
            // moka's default policy can refuse the newcomer instead.
            .eviction_policy(EvictionPolicy::lru())
            // Only takes a note: a listener that takes a stripe deadlocks with whoever calls moka
            // under it, one that calls moka may never end, and one that panics once is never called
            // again.
            .eviction_listener(move |ticket: Arc<Ticket>, stub, cause| match cause {
                RemovalCause::Size | RemovalCause::Expired => noted.push((*ticket, stub.id)),
                RemovalCause::Explicit | RemovalCause::Replaced => {}
            })
            .build();
        Self {
            scale,
            stubs,
            turns: [const { Mutex::new(()) }; Self::TURNS],
            leaving,
            weight: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
        }
    }

    /// What a session of this many bytes weighs; none where it could never fit.
    pub(crate) fn weigh(&self, bytes: u64) -> Option<u32> {
        self.scale.weigh(bytes)
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.scale.capacity
    }

    /// Counts a session that is stored.
    pub(crate) fn count_in(&self, weight: u32) {
        self.weight.fetch_add(weight.into(), Relaxed);
        self.sessions.fetch_add(1, Relaxed);
    }

    /// Counts a session that is not stored any longer.
    pub(crate) fn count_out(&self, weight: u32) {
        self.weight.fetch_sub(weight.into(), Relaxed);
        self.sessions.fetch_sub(1, Relaxed);
    }

    pub(crate) fn count_evicted(&self) {
        self.evicted.fetch_add(1, Relaxed);
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Relaxed)
    }

    /// Whether more is stored than there is room for.
    pub(crate) fn is_over(&self) -> bool {
        self.weight.load(Relaxed) > self.scale.capacity
    }

    /// Tells moka of a session: that it is there, or that it was seen.
    ///
    /// As a write in both cases, where moka's own way for the second would be a `get`: moka drops
    /// reads when it is busy, and applies them before writes that came first, so that a session just
    /// created and seen would stand behind one created in between.
    pub(crate) fn insert(&self, ticket: Ticket, id: SessionId, weight: u32) {
        let _turn = self.turn(ticket);
        self.stubs.insert(ticket, Stub { id, weight });
    }

    /// Tells moka that a session is gone.
    pub(crate) fn remove(&self, ticket: Ticket) {
        let _turn = self.turn(ticket);
        self.stubs.invalidate(&ticket);
    }

    fn turn(&self, ticket: Ticket) -> MutexGuard<'_, ()> {
        let turn = &self.turns[ticket.spread(Self::TURNS)];
        turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn holds(&self, ticket: Ticket) -> bool {
        self.stubs.contains_key(&ticket)
    }

    /// Makes moka act on all that it was told.
    pub(crate) fn choose_who_leaves(&self) {
        self.stubs.run_pending_tasks();
    }

    /// The sessions that moka has chosen to leave.
    pub(crate) fn take_leaving(&self) -> Vec<(Ticket, SessionId)> {
        self.leaving.take()
    }

    #[cfg(test)]
    pub(crate) fn sessions(&self) -> u64 {
        self.sessions.load(Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn figures(&self) -> Figures {
        self.stubs.run_pending_tasks();
        Figures {
            sessions: self.sessions.load(Relaxed),
            weight: self.weight.load(Relaxed),
            stubs: self.stubs.entry_count(),
            stubs_weight: self.stubs.weighted_size(),
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("sessions", &self.sessions)
            .field("weight", &self.weight)
            .field("capacity", &self.scale.capacity)
            .field("evicted", &self.evicted)
            .finish_non_exhaustive()
    }
}

/// A note of who is to leave.
#[derive(Default)]
struct Leaving(Mutex<Vec<(Ticket, SessionId)>>);

impl Leaving {
    fn push(&self, who: (Ticket, SessionId)) {
        self.lock().push(who);
    }

    fn take(&self) -> Vec<(Ticket, SessionId)> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Ticket, SessionId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both sides' figures, which agree when nobody is at work.
#[cfg(test)]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) sessions: u64,
    pub(crate) weight: u64,
    pub(crate) stubs: u64,
    pub(crate) stubs_weight: u64,
}

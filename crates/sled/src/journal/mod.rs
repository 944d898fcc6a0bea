//! The one writer: it merges what waits, applies it, and puts it on disk once for all.
//!
//! Two threads share the work, so that the next batch is applied while the disk is waited for; a third
//! sees it where one of them hangs.

mod leader;
mod queue;
mod syncer;
mod watchdog;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::commit::Commit;
use crate::engine::Engine;
use crate::fault::{Failure, Fault};
use crate::index::Index;
use crate::layout::identity::StoreId;
use crate::layout::state::State;
use crate::stripes::Guard;
use crate::witness::Witness;

use leader::Leader;
use queue::{Queue, Request, Role, Waiter};
use syncer::Syncer;

/// What a write waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Everybody sees it.
    Applied,
    /// It is on disk, and so is everything before it.
    OnDisk,
}

/// How the journal is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How long what nobody waits for stays in memory at most.
    pub(crate) lazy_within: Duration,
    /// How long the disk may take over a single step.
    pub(crate) stalls_after: Duration,
}

/// The one writer, and its threads.
#[derive(Debug)]
pub(crate) struct Journal {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Journal {
    pub(crate) fn start(
        engine: Arc<Engine>,
        index: Arc<Index>,
        witness: Witness,
        store: StoreId,
        state: State,
        pace: Pace,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::new(Arc::clone(&engine), state.sequence));
        let leader = Leader {
            queue: Arc::clone(&queue),
            engine: Arc::clone(&engine),
            index,
            state,
            lazy_within: pace.lazy_within,
            unwritten_since: None,
        };
        let syncer = Syncer {
            queue: Arc::clone(&queue),
            engine,
            witness,
            store,
            on_disk: state.sequence,
        };
        let mut journal = Self {
            queue: Arc::clone(&queue),
            threads: Vec::new(),
        };
        let watched = Arc::clone(&queue);
        journal.spawn("cloakroom-watchdog", move || {
            watchdog::watch(&watched, pace.stalls_after);
        })?;
        let leads = journal.spawn("cloakroom-writer", move || leader.lead());
        if leads.is_err() {
            queue.leaves(Role::Leader);
        }
        let syncs = journal.spawn("cloakroom-syncer", move || syncer.run());
        if syncs.is_err() {
            queue.leaves(Role::Syncer);
        }
        leads.and(syncs).map(|()| journal)
    }

    /// Hands a write over. Whether the answer is waited for or not, the write takes place, and the
    /// lock that it was decided under is held until it has.
    pub(crate) fn submit(
        &self,
        commit: Commit,
        until: Until,
        guard: Option<Guard>,
    ) -> Result<Submitted, Failure> {
        let (answer, told) = oneshot::channel();
        self.queue.push(Request {
            commit,
            waiter: Waiter {
                answer: Some(answer),
                until,
                guard,
            },
        })?;
        Ok(Submitted(told))
    }

    /// Whether everything that anybody can see is on disk.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.queue.is_on_disk()
    }

    /// Puts everything on disk and stops. The first failure there was is told.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // The watchdog comes first: it leaves after the others, or when one hangs. A thread that
            // hangs in the disk would hang us too. It holds what it needs.
            if !self.queue.is_stalled() {
                let _ = thread.join();
            }
        }
        self.queue.last_words()
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.close();
    }
}

/// A write that is under way.
#[derive(Debug)]
#[must_use]
pub(crate) struct Submitted(oneshot::Receiver<Result<(), Failure>>);

impl Submitted {
    pub(crate) async fn done(self) -> Result<(), Failure> {
        self.0.await.unwrap_or(Err(Failure::Unknown(Fault::Closed)))
    }
}

#[cfg(test)]
mod tests;

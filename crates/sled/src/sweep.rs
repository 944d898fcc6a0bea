//! Taking away what is over.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use cloakroom_core::semantics;
use cloakroom_core::{Clock, Operation, Result, Timestamp};

use crate::core::{Core, Waits};
use crate::index::Thing;

/// How many things one sweep takes away before it looks whether it has to stop.
const BATCH: usize = 1000;

/// How many things are under way to the writer at once.
const AT_ONCE: usize = 64;

/// How soon a set that outlives its sign-in attempts is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

impl Core {
    /// Takes away at most `limit` things that were over at `now`.
    pub(crate) async fn purge(&self, limit: usize, now: Timestamp) -> Result<usize> {
        let operation = Operation::PurgeExpired;
        self.check_reads(operation)?;
        let mut went = 0;
        let mut looks = 0;
        while went < limit && looks < limit.saturating_mul(2).saturating_add(AT_ONCE) {
            let due = self.index.due(now, AT_ONCE.min(limit - went));
            if due.is_empty() {
                break;
            }
            looks += due.len();
            let mut under_way = Vec::with_capacity(due.len());
            for thing in due {
                let (gone, submitted) = self.purge_thing(thing, now).await?;
                went += usize::from(gone);
                under_way.extend(submitted);
            }
            for submitted in under_way {
                let done = submitted.done().await;
                done.map_err(|failure| failure.error(operation))?;
            }
        }
        Ok(went)
    }

    async fn purge_thing(
        &self,
        thing: Thing,
        now: Timestamp,
    ) -> Result<(bool, Option<crate::journal::Submitted>)> {
        let (operation, waits) = (Operation::PurgeExpired, Waits::Lazy);
        match thing {
            Thing::Entry(id) => {
                self.begin(id.placement(), operation, waits, |view| {
                    semantics::purge_entry(view, id, now)
                })
                .await
            }
            Thing::Set(subject) => {
                let placement = self.placement_key.place(&subject);
                self.begin(placement, operation, waits, |view| {
                    let went = semantics::purge_set(view, &subject, now)?;
                    if !went {
                        self.index.postpone(&subject, now.plus(LOOK_AGAIN));
                    }
                    Ok(went)
                })
                .await
            }
        }
    }
}

/// Who is told the result of each sweep.
#[derive(Clone, Default)]
pub(crate) struct Report(Option<Arc<dyn Fn(Result<usize>) + Send + Sync>>);

impl Report {
    pub(crate) fn new(report: impl Fn(Result<usize>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    fn tell(&self, swept: Result<usize>) {
        if let Some(report) = &self.0 {
            report(swept);
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Report" } else { "None" })
    }
}

/// How it sweeps.
pub(crate) struct Sweeps {
    pub(crate) every: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) report: Report,
    /// How long it is waited for when it is to stop.
    pub(crate) patience: Duration,
}

/// The thread that sweeps now and then. It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Sweeper {
    life: Arc<Life>,
    patience: Duration,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Life {
    state: Mutex<LifeState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct LifeState {
    is_to_stop: bool,
    has_left: bool,
}

impl Sweeper {
    pub(crate) fn start(core: Arc<Core>, sweeps: Sweeps) -> std::io::Result<Self> {
        let life = Arc::new(Life::default());
        let patience = sweeps.patience;
        let leaves = Leaves(Arc::clone(&life));
        let thread = thread::Builder::new()
            .name("cloakroom-sweeper".to_owned())
            .spawn(move || {
                // Dropped in the other order: whoever hears that it has left finds the store without
                // this handle.
                let leaves = leaves;
                let (core, sweeps) = (core, sweeps);
                while !leaves.0.wait(sweeps.every) {
                    let swept = sweep(&core, &*sweeps.clock, &leaves.0);
                    sweeps.report.tell(swept);
                }
            })?;
        Ok(Self {
            life,
            patience,
            thread: Some(thread),
        })
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.life.change(|life| life.is_to_stop = true);
        if let Some(thread) = self.thread.take()
            // The last handle may be dropped by the report of a sweep.
            && thread.thread().id() != thread::current().id()
            // It may hang in the disk, and would hang us too. It holds what it needs.
            && self.life.wait_until(self.patience, |life| life.has_left)
        {
            let _ = thread.join();
        }
    }
}

/// Says that the thread has left, even where a report panics.
struct Leaves(Arc<Life>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.change(|life| life.has_left = true);
    }
}

impl Life {
    fn change(&self, change: impl FnOnce(&mut LifeState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits for so long, or until it is to stop. Says whether it is.
    fn wait(&self, duration: Duration) -> bool {
        self.wait_until(duration, |life| life.is_to_stop)
    }

    /// Waits for so long at most. Says whether it has come.
    fn wait_until(&self, duration: Duration, has_come: impl Fn(&LifeState) -> bool) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _timed_out) = self
            .changed
            .wait_timeout_while(state, duration, |state| !has_come(state))
            .unwrap_or_else(PoisonError::into_inner);
        has_come(&state)
    }
}

fn sweep(core: &Core, clock: &dyn Clock, life: &Life) -> Result<usize> {
    let mut total = 0;
    loop {
        let went = block_on(core.purge(BATCH, clock.now()))?;
        total += went;
        if went < BATCH || life.wait(Duration::ZERO) {
            return Ok(total);
        }
    }
}

/// Runs a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

//! Between those who write and the two who do it for them.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::commit::Commit;
use crate::engine::{Engine, Step};
use crate::fault::{Failure, Fault};
use crate::journal::Until;
use crate::stripes::Guard;

/// How many keys one batch changes, roughly. Nobody can read while sled applies one.
const MOST_KEYS: usize = 512;

/// A write that waits for its turn.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) commit: Commit,
    pub(crate) waiter: Waiter,
}

/// Who waits for a write, and what for.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// Taken when it is given.
    pub(crate) answer: Option<oneshot::Sender<Result<(), Failure>>>,
    pub(crate) until: Until,
    pub(crate) guard: Option<Guard>,
}

impl Waiter {
    fn tell(&mut self, answer: Result<(), Failure>) {
        if let Some(waits) = self.answer.take() {
            // Whoever asked may have gone.
            let _ = waits.send(answer);
        }
    }
}

/// Between those who write, the leader and the syncer.
#[derive(Debug)]
pub(crate) struct Queue {
    engine: Arc<Engine>,
    inner: Mutex<Inner>,
    work: Condvar,
    written: Condvar,
    watch: Condvar,
    applied: AtomicU64,
    on_disk: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: Vec<Request>,
    /// Whose writes the leader, and the syncer after it, have in hand. Here the watchdog finds them.
    in_flight: [Vec<Waiter>; 2],
    /// What each of the two is at, and since when.
    steps: [Option<(Step, Instant)>; 2],
    left: [bool; 2],
    /// What sled has written and the syncer has not looked at yet: up to which batch, and who waits.
    written: Option<(u64, Vec<Waiter>)>,
    closing: bool,
    stalled: bool,
}

/// The two threads that share the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Leader = 0,
    Syncer = 1,
}

/// What the leader is to do next.
pub(crate) enum Task {
    Write(Vec<Commit>),
    Sync,
    Leave,
}

impl Queue {
    pub(crate) fn new(engine: Arc<Engine>, sequence: u64) -> Self {
        Self {
            engine,
            inner: Mutex::default(),
            work: Condvar::new(),
            written: Condvar::new(),
            watch: Condvar::new(),
            applied: AtomicU64::new(sequence),
            on_disk: AtomicU64::new(sequence),
        }
    }

    pub(crate) fn push(&self, request: Request) -> Result<(), Failure> {
        let mut inner = self.lock();
        self.engine.health().check_writes()?;
        if inner.closing {
            return Err(Failure::Refused(Fault::Closed));
        }
        inner.waiting.push(request);
        drop(inner);
        self.work.notify_one();
        Ok(())
    }

    /// Waits for something to do, until an instant at which it is time to sync.
    pub(crate) fn next(&self, sync_at: Option<Instant>) -> Task {
        let mut inner = self.lock();
        loop {
            if self.engine.health().check_writes().is_err() {
                return Task::Leave;
            }
            if !inner.waiting.is_empty() {
                return Task::Write(inner.take_some());
            }
            if inner.closing {
                return if sync_at.is_some() {
                    Task::Sync
                } else {
                    Task::Leave
                };
            }
            inner = match sync_at.map(|at| at.saturating_duration_since(Instant::now())) {
                None => wait(&self.work, inner),
                Some(Duration::ZERO) => return Task::Sync,
                Some(left) => wait_for(&self.work, inner, left),
            };
        }
    }

    /// Tells the watchdog what a thread is at.
    pub(crate) fn enter(&self, role: Role, step: Step) {
        self.lock().steps[role as usize] = Some((step, Instant::now()));
    }

    /// Says which batch everybody is about to see.
    pub(crate) fn applies(&self, sequence: u64) {
        self.applied.store(sequence, SeqCst);
    }

    /// The batch is in sled's memory: the locks are given back, and those are answered who wait for
    /// no more. Says whether anybody waits for the disk.
    pub(crate) fn applied(&self) -> bool {
        let mut inner = self.lock();
        inner.steps[Role::Leader as usize] = None;
        let in_flight = &mut inner.in_flight[Role::Leader as usize];
        let (answered, waiting): (Vec<_>, Vec<_>) = std::mem::take(in_flight)
            .into_iter()
            .map(|mut waiter| {
                waiter.guard = None;
                waiter
            })
            .partition(|waiter| waiter.until == Until::Applied);
        *in_flight = waiting;
        let some_wait = !in_flight.is_empty();
        drop(inner);
        for mut waiter in answered {
            waiter.tell(Ok(()));
        }
        some_wait
    }

    /// sled has written everything up to here: the syncer takes over.
    pub(crate) fn written(&self, sequence: u64) {
        let mut inner = self.lock();
        inner.steps[Role::Leader as usize] = None;
        let waiters = std::mem::take(&mut inner.in_flight[Role::Leader as usize]);
        let (upto, waiting) = inner.written.get_or_insert_default();
        *upto = sequence;
        waiting.extend(waiters);
        drop(inner);
        self.written.notify_one();
    }

    /// Waits for something to put on disk: everything up to here. None, once the leader has left.
    pub(crate) fn next_written(&self) -> Option<u64> {
        let mut inner = self.lock();
        loop {
            if self.engine.health().check_writes().is_err() {
                return None;
            }
            if let Some((sequence, waiters)) = inner.written.take() {
                inner.in_flight[Role::Syncer as usize] = waiters;
                return Some(sequence);
            }
            if inner.left[Role::Leader as usize] {
                return None;
            }
            inner = wait(&self.written, inner);
        }
    }

    /// Everything up to here is on disk.
    pub(crate) fn on_disk(&self, sequence: u64) {
        self.on_disk.store(sequence, SeqCst);
        let mut inner = self.lock();
        inner.steps[Role::Syncer as usize] = None;
        let answered = std::mem::take(&mut inner.in_flight[Role::Syncer as usize]);
        drop(inner);
        for mut waiter in answered {
            waiter.tell(Ok(()));
        }
    }

    pub(crate) fn is_on_disk(&self) -> bool {
        self.on_disk.load(SeqCst) == self.applied.load(SeqCst)
    }

    /// Nothing more is written. Whoever's write was under way is told that it may have been written,
    /// all others that it was not.
    pub(crate) fn fail(&self, step: Step, fault: &Fault) {
        let mut inner = self.lock();
        match step {
            // It may be in sled's memory in part.
            Step::Apply => self.engine.health().stop_all(fault.clone()),
            Step::Flush | Step::Sync | Step::Witness => {
                self.engine.health().stop_writes(fault.clone());
            }
        }
        inner.stalled |= matches!(fault, Fault::Stalled(_));
        let [leaders, syncers] = &mut inner.in_flight;
        for waiter in leaders.iter_mut() {
            waiter.tell(Err(Failure::Unknown(fault.clone())));
        }
        // The leader may be in the middle of a batch: the locks stay with it until that is over. Where it
        // is the batch that failed, or hangs, nothing is answered any more, and whoever waits for a lock
        // has to hear of it.
        if step == Step::Apply {
            leaders.clear();
        }
        let mut written = std::mem::take(syncers);
        written.extend(inner.written.take().into_iter().flat_map(|(_, all)| all));
        let waiting = std::mem::take(&mut inner.waiting);
        drop(inner);
        self.work.notify_one();
        self.written.notify_one();
        for mut waiter in written {
            waiter.tell(Err(Failure::Unknown(fault.clone())));
        }
        for mut request in waiting {
            request.waiter.tell(Err(Failure::Refused(fault.clone())));
        }
    }

    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.work.notify_one();
        self.watch.notify_one();
    }

    pub(crate) fn leaves(&self, role: Role) {
        let mut inner = self.lock();
        inner.left[role as usize] = true;
        inner.steps[role as usize] = None;
        drop(inner);
        self.written.notify_one();
        self.watch.notify_one();
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.lock().stalled
    }

    /// The first failure there was.
    pub(crate) fn last_words(&self) -> Result<(), Failure> {
        self.engine.health().check_writes()
    }

    /// Waits until one of the two threads has been at a step for too long; each step is told once.
    /// None, once both have left, or nobody is going to wait for the one that hangs.
    pub(crate) fn watch(&self, patience: Duration) -> Option<Step> {
        let mut inner = self.lock();
        loop {
            if inner.left == [true; 2] || inner.closing && inner.stalled {
                return None;
            }
            let mut wait = patience;
            for at in &mut inner.steps {
                let Some((step, since)) = *at else {
                    continue;
                };
                match patience.checked_sub(since.elapsed()) {
                    None | Some(Duration::ZERO) => {
                        *at = None;
                        return Some(step);
                    }
                    Some(left) => wait = wait.min(left),
                }
            }
            inner = wait_for(&self.watch, inner, wait);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds this.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// As many as make one batch. Their waiters are in flight from now on.
    fn take_some(&mut self) -> Vec<Commit> {
        let mut keys = 0;
        let count = self
            .waiting
            .iter()
            .take_while(|request| {
                let fits = keys == 0 || keys + request.commit.pairs.len() <= MOST_KEYS;
                keys += request.commit.pairs.len();
                fits
            })
            .count();
        let taken = self.waiting.drain(..count.max(1));
        let (commits, waiters): (Vec<_>, Vec<_>) = taken
            .map(|request| (request.commit, request.waiter))
            .unzip();
        self.in_flight[Role::Leader as usize].extend(waiters);
        self.steps[Role::Leader as usize] = Some((Step::Apply, Instant::now()));
        commits
    }
}

fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

fn wait_for<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    duration: Duration,
) -> MutexGuard<'a, T> {
    let (guard, _timed_out) = condvar
        .wait_timeout(guard, duration)
        .unwrap_or_else(PoisonError::into_inner);
    guard
}

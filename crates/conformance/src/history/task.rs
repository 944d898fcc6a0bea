//! A task of a concurrent history.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use cloakroom_core::{SessionStore, Timestamp};

use crate::history::Call;
use crate::model::Op;

/// How often a task looks whether another is about to call, too. Some microseconds.
const LOOKS: usize = 2_000;

/// One of the tasks, in one round.
pub(super) struct Task<S> {
    pub(super) task: usize,
    pub(super) client: Arc<S>,
    /// Counts for all tasks.
    pub(super) moments: Arc<AtomicU64>,
    /// Whether a task waits for another one.
    pub(super) waits: Arc<AtomicBool>,
    pub(super) now: Timestamp,
}

impl<S: SessionStore> Task<S> {
    /// Carries out operations, some of them before others get a turn.
    pub(super) async fn run(
        self,
        ready: Arc<AtomicUsize>,
        ops: Vec<(Op, bool)>,
    ) -> Result<Vec<Call>, String> {
        let mut calls = Vec::with_capacity(ops.len());
        // All threads set off at once; one that would have to be woken would come too late.
        ready.fetch_sub(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
        for (op, yields) in ops {
            self.meet();
            let invoked = self.moments.fetch_add(1, Ordering::SeqCst);
            let answer = op.run(&*self.client, self.now).await;
            let returned = self.moments.fetch_add(1, Ordering::SeqCst);
            let outcome = answer.map_err(|error| format!("task {}: {op}: {error}", self.task))?;
            calls.push(Call {
                task: self.task,
                op,
                now: self.now,
                outcome,
                invoked,
                returned,
            });
            // Lets another task of this thread go on, also where the store itself never waits.
            if yields {
                tokio::task::yield_now().await;
            }
        }
        Ok(calls)
    }

    /// Waits a little until a task of another thread is about to call, too.
    ///
    /// A call to a store in memory takes less than a microsecond. Left to chance, hardly two of them
    /// would ever meet.
    fn meet(&self) {
        let set = |from, to| {
            let (order, failed) = (Ordering::SeqCst, Ordering::SeqCst);
            self.waits.compare_exchange(from, to, order, failed).is_ok()
        };
        // Somebody waits, and both set off.
        if set(true, false) {
            return;
        }
        if set(false, true) {
            for _ in 0..LOOKS {
                if !self.waits.load(Ordering::SeqCst) {
                    return;
                }
                std::hint::spin_loop();
            }
            set(true, false);
        }
    }
}

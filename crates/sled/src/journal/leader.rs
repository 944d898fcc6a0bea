//! The thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::commit::Commit;
use crate::digest::Digest;
use crate::engine::{Engine, Step};
use crate::fault::Fault;
use crate::index::Index;
use crate::journal::queue::{Queue, Task};
use crate::layout::identity::StoreId;
use crate::layout::keys;
use crate::layout::state::State;
use crate::witness::{Testimony, Witness};

/// The thread that writes: nothing else in the process does.
pub(crate) struct Leader {
    pub(crate) queue: Arc<Queue>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) index: Arc<Index>,
    pub(crate) witness: Witness,
    pub(crate) store: StoreId,
    pub(crate) state: State,
    pub(crate) lazy_within: Duration,
    /// Since when something has been applied and is not on disk for certain.
    pub(crate) unsynced_since: Option<Instant>,
}

/// What failed, and where.
struct Failed(Step, Fault);

impl Leader {
    pub(crate) fn lead(mut self) {
        let queue = Arc::clone(&self.queue);
        let led = catch_unwind(AssertUnwindSafe(|| {
            while let Some(done) = self.do_next() {
                if let Err(Failed(step, fault)) = done {
                    self.queue.fail(step, &fault);
                }
            }
        }));
        if led.is_err() {
            queue.fail(Step::Apply, &Fault::Panicked);
        }
        // Closed before the others hear of it: whoever opens the store again finds it free.
        drop(self);
        queue.leader_leaves();
    }

    fn do_next(&mut self) -> Option<Result<(), Failed>> {
        let sync_at = self.unsynced_since.map(|since| since + self.lazy_within);
        Some(match self.queue.next(sync_at) {
            Task::Leave => return None,
            Task::Sync => self.sync(),
            Task::Write(commits) => self.write(commits),
        })
    }

    /// Applies what waited as one batch, and puts it on disk if anybody waits for that, or what came
    /// before has waited for long enough.
    fn write(&mut self, commits: Vec<Commit>) -> Result<(), Failed> {
        if commits.iter().any(|commit| !commit.is_empty()) {
            self.apply(commits)?;
        }
        let is_late = |since: Instant| since.elapsed() >= self.lazy_within;
        let somebody_waits = self.queue.applied();
        if somebody_waits || self.unsynced_since.is_some_and(is_late) {
            self.sync()?;
        }
        Ok(())
    }

    fn apply(&mut self, commits: Vec<Commit>) -> Result<(), Failed> {
        let mut batch = sled::Batch::default();
        let mut grows = Digest::default();
        let mut changes = Vec::new();
        for commit in commits {
            grows = grows.plus(commit.grows);
            changes.extend(commit.index);
            for (key, value) in commit.pairs {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
        }
        let state = State {
            sequence: self.state.sequence + 1,
            digest: self.state.digest.plus(grows),
        };
        batch.insert(&keys::STATE, state.write());

        // Before anybody can see it, or somebody could take it for something that is on disk.
        self.queue.applies(state.sequence);
        self.engine
            .apply(batch)
            .map_err(|fault| Failed(Step::Apply, fault))?;
        self.state = state;
        self.index.apply(changes);
        self.unsynced_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Puts everything on disk, and the witness after it: it may lag behind, and never be ahead.
    fn sync(&mut self) -> Result<(), Failed> {
        if self.unsynced_since.is_some() {
            self.step(Step::Flush, |leader| leader.engine.flush())?;
            self.step(Step::Sync, |leader| leader.engine.sync())?;
            self.step(Step::Witness, Self::testify)?;
            self.unsynced_since = None;
        }
        self.queue.on_disk(self.state.sequence);
        Ok(())
    }

    fn testify(&mut self) -> Result<(), Fault> {
        self.engine.step(Step::Witness)?;
        let said = Testimony {
            store: self.store,
            in_use: true,
            sequence: self.state.sequence,
        };
        self.witness.write(&said).map_err(|error| Fault::io(&error))
    }

    fn step(
        &mut self,
        step: Step,
        act: impl FnOnce(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Failed> {
        self.queue.enter(step);
        act(self).map_err(|fault| Failed(step, fault))
    }
}

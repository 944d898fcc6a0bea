//! The thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloakroom_core::Record;

use crate::commit::Commit;
use crate::digest::Digest;
use crate::engine::{Engine, Step};
use crate::fault::Fault;
use crate::index::Index;
use crate::journal::queue::{Queue, Role, Task};
use crate::layout::keys;
use crate::layout::state::State;

/// The thread that writes: nothing else in the process does.
///
/// It applies what waits and has sled write it to the log. That the log gets to the disk is waited for
/// by another, so that the next batch can be applied meanwhile.
pub(crate) struct Leader {
    pub(crate) queue: Arc<Queue>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) index: Arc<Index>,
    pub(crate) state: State,
    pub(crate) lazy_within: Duration,
    /// Since when something has been applied that sled may not have written.
    pub(crate) unwritten_since: Option<Instant>,
}

impl Leader {
    pub(crate) fn lead(mut self) {
        let queue = Arc::clone(&self.queue);
        let led = catch_unwind(AssertUnwindSafe(|| while self.do_next().is_some() {}));
        if led.is_err() {
            queue.fail(Step::Apply, &Fault::Panicked);
        }
        // Closed before the others hear of it: whoever opens the store again finds it free.
        drop(self);
        queue.leaves(Role::Leader);
    }

    fn do_next(&mut self) -> Option<()> {
        let write_at = self.unwritten_since.map(|since| since + self.lazy_within);
        let done = match self.queue.next(write_at) {
            Task::Leave => return None,
            Task::Sync => self.write_out(),
            Task::Write(commits) => self.write(commits),
        };
        if let Err((step, fault)) = done {
            self.queue.fail(step, &fault);
        }
        Some(())
    }

    /// Applies what waited as one batch, and has it written if anybody waits for the disk, or what came
    /// before has waited for long enough.
    fn write(&mut self, commits: Vec<Commit>) -> Result<(), (Step, Fault)> {
        let mut gone = Vec::new();
        if commits.iter().any(|commit| !commit.is_empty()) {
            gone = self.apply(commits).map_err(|fault| (Step::Apply, fault))?;
        }
        let is_late = |since: Instant| since.elapsed() >= self.lazy_within;
        let somebody_waits = self.queue.applied();
        // Before the disk, which may take its time.
        drop(gone);
        if somebody_waits || self.unwritten_since.is_some_and(is_late) {
            self.write_out()?;
        }
        Ok(())
    }

    /// Applies commits as one batch, and returns the sessions that are no longer kept in memory.
    fn apply(&mut self, commits: Vec<Commit>) -> Result<Vec<Arc<Record>>, Fault> {
        let mut batch = sled::Batch::default();
        let mut grows = Digest::default();
        let mut changes = Vec::new();
        let mut entries = Vec::new();
        for commit in commits {
            grows = grows.plus(commit.grows);
            changes.extend(commit.index);
            entries.extend(commit.entries);
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
        let mut gone = self.index.recent.begin_change(&entries);
        self.engine.apply(batch)?;
        gone.extend(self.index.recent.end_change(entries));
        self.state = state;
        self.index.apply(changes);
        self.unwritten_since.get_or_insert_with(Instant::now);
        Ok(gone)
    }

    /// Has sled write what it holds in memory, and hands those who wait for the disk on.
    fn write_out(&mut self) -> Result<(), (Step, Fault)> {
        if self.unwritten_since.is_some() {
            self.queue.enter(Role::Leader, Step::Flush);
            self.engine.flush().map_err(|fault| (Step::Flush, fault))?;
            self.unwritten_since = None;
        }
        self.queue.written(self.state.sequence);
        Ok(())
    }
}

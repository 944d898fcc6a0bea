//! The thread that waits for the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::engine::{Engine, Step};
use crate::fault::Fault;
use crate::journal::queue::{Queue, Role};
use crate::layout::identity::StoreId;
use crate::witness::{Testimony, Witness};

/// The thread that waits for the disk, once for all who wait.
pub(crate) struct Syncer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) witness: Witness,
    pub(crate) store: StoreId,
    /// What the witness was told last.
    pub(crate) on_disk: u64,
}

impl Syncer {
    pub(crate) fn run(mut self) {
        let queue = Arc::clone(&self.queue);
        let ran = catch_unwind(AssertUnwindSafe(|| {
            while let Some(sequence) = self.queue.next_written() {
                match self.sync(sequence) {
                    Ok(()) => self.queue.on_disk(sequence),
                    Err((step, fault)) => self.queue.fail(step, &fault),
                }
            }
        }));
        if ran.is_err() {
            queue.fail(Step::Sync, &Fault::Panicked);
        }
        // As the leader does: the witness holds the store's lock.
        drop(self);
        queue.leaves(Role::Syncer);
    }

    /// Puts the log on disk, and the witness after it: it may lag behind, and never be ahead.
    fn sync(&mut self, sequence: u64) -> Result<(), (Step, Fault)> {
        if sequence == self.on_disk {
            return Ok(());
        }
        self.queue.enter(Role::Syncer, Step::Sync);
        self.engine.sync().map_err(|fault| (Step::Sync, fault))?;
        self.queue.enter(Role::Syncer, Step::Witness);
        self.testify(sequence)
            .map_err(|fault| (Step::Witness, fault))?;
        self.on_disk = sequence;
        Ok(())
    }

    fn testify(&mut self, sequence: u64) -> Result<(), Fault> {
        self.engine.step(Step::Witness)?;
        let said = Testimony {
            store: self.store,
            in_use: true,
            sequence,
        };
        self.witness.write(&said).map_err(|error| Fault::io(&error))
    }
}

//! The one file that calls sled once the store is open.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sled::IVec;

use crate::fault::{Fault, Health};

/// sled, with its panics contained.
pub(crate) struct Engine {
    /// Taken when the engine is dropped.
    db: Option<sled::Db>,
    /// A handle of our own on sled's log: it reports each failure to write back to us too.
    log: File,
    health: Health,
    #[cfg(test)]
    pub(crate) hook: Hook,
}

/// What the leader does to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Apply,
    Flush,
    Sync,
    Witness,
}

/// A key and its value.
pub(crate) type Pair = (IVec, IVec);

impl Engine {
    pub(crate) fn new(db: sled::Db, log: File) -> Self {
        Self {
            db: Some(db),
            log,
            health: Health::default(),
            #[cfg(test)]
            hook: Hook::default(),
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<IVec>, Fault> {
        self.call(|db| db.get(key))
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, key: &[u8]) -> Result<bool, Fault> {
        self.call(|db| db.contains_key(key))
    }

    /// The first `limit` pairs after a key and before another, in their order.
    pub(crate) fn pairs(
        &self,
        after: &[u8],
        before: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, Fault> {
        use std::ops::Bound::{Excluded, Unbounded};
        let before = before.map_or(Unbounded, Excluded);
        let pairs: Vec<_> = self.call(|db| {
            db.range::<&[u8], _>((Excluded(after), before))
                .take(limit)
                .collect()
        })?;
        #[cfg(test)]
        self.hook.went_through(pairs.len());
        Ok(pairs)
    }

    /// Writes a batch into sled's memory, as one step.
    pub(crate) fn apply(&self, batch: sled::Batch) -> Result<(), Fault> {
        self.step(Step::Apply)?;
        self.call(|db| db.apply_batch(batch))
    }

    /// Writes sled's memory to the log.
    ///
    /// Never `flush_async`, which stalls for good under load.
    pub(crate) fn flush(&self) -> Result<(), Fault> {
        self.step(Step::Flush)?;
        self.call(|db| db.flush()).map(|_written| ())
    }

    /// Puts the log on disk: sled's own flush asks for less, by `sync_file_range`.
    pub(crate) fn sync(&self) -> Result<(), Fault> {
        self.step(Step::Sync)?;
        self.log.sync_data().map_err(|error| Fault::io(&error))
    }

    /// A place where tests make a step fail.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests put a hook here")]
    pub(crate) const fn step(&self, _step: Step) -> Result<(), Fault> {
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn step(&self, step: Step) -> Result<(), Fault> {
        self.hook.reach(step)
    }

    /// Calls sled. After a panic nothing is certain of what it keeps in memory: it is never called
    /// again.
    fn call<T>(&self, call: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, Fault> {
        let Some(db) = &self.db else {
            return Err(Fault::Closed);
        };
        match catch_unwind(AssertUnwindSafe(|| call(db))) {
            Ok(answer) => Ok(answer?),
            Err(_panic) => {
                self.health.stop_all(Fault::Panicked);
                Err(Fault::Panicked)
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let db = self.db.take();
        // sled syncs as it goes, and panics where that fails. What had to be on disk is there.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }
}

/// sled would print everything that it stores.
impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) use hook::Hook;

#[cfg(test)]
mod hook {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Arc, Mutex};

    use super::Step;
    use crate::fault::Fault;

    type Act = Arc<dyn Fn(Step) -> Result<(), Fault> + Send + Sync>;

    /// What happens at a step, beside the step. Several threads may be in it.
    #[derive(Default)]
    pub(crate) struct Hook {
        act: Mutex<Option<Act>>,
        pairs: AtomicUsize,
    }

    impl Hook {
        pub(crate) fn set(&self, act: impl Fn(Step) -> Result<(), Fault> + Send + Sync + 'static) {
            *self.act.lock().unwrap() = Some(Arc::new(act));
        }

        /// How many pairs were gone through.
        pub(crate) fn pairs(&self) -> usize {
            self.pairs.load(SeqCst)
        }

        pub(super) fn went_through(&self, pairs: usize) {
            self.pairs.fetch_add(pairs, SeqCst);
        }

        pub(super) fn reach(&self, step: Step) -> Result<(), Fault> {
            let act = self.act.lock().unwrap().clone();
            act.map_or(Ok(()), |act| act(step))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn sled_is_not_asked_again_after_a_panic() {
        let dir = Scratch::new();
        let db = sled::open(dir.path().join("engine")).unwrap();
        let log = File::create(dir.path().join("log")).unwrap();
        let engine = Engine::new(db, log);
        assert!(engine.health().check_reads().is_ok());
        let answer = engine.call::<()>(|_| panic!("as sled might"));
        assert_eq!(answer, Err(Fault::Panicked));
        assert!(engine.health().check_reads().is_err());
    }
}

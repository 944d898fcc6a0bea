//! Running the suite on a broken store.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use cloakroom_core::{Generation, Operation};

use super::{BrokenStore, Fault};
use crate::{Case, Harness, Tamper, cases};

thread_local! {
    /// The fault of the stores that a case on this thread starts. One harness with the fault in a
    /// variable, and not one for each fault: the suite is compiled once.
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// The harness of a [`BrokenStore`]. Only [`Fault::verdicts`] starts it.
#[derive(Debug)]
pub struct BrokenHarness(BrokenStore);

/// What a case says of a broken store.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Verdict {
    /// The case.
    pub case: Case,
    /// Whether the store failed it.
    pub failed: bool,
}

impl Fault {
    /// Runs the cases that are chosen by their names against a store with this fault.
    ///
    /// What they panic with is printed as ever.
    pub fn verdicts(self, chosen: impl Fn(&str) -> bool) -> Vec<Verdict> {
        let chosen = cases::<BrokenHarness>()
            .into_iter()
            .filter(|case| chosen(case.name));
        let verdict = |case: Case| {
            FAULT.set(Some(self));
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| (case.run)()));
            FAULT.set(None);
            let failed = outcome.is_err();
            Verdict { case, failed }
        };
        chosen.map(verdict).collect()
    }
}

impl Harness for BrokenHarness {
    type Store = BrokenStore;

    async fn start() -> Self {
        let fault = FAULT.get();
        Self(BrokenStore::new(fault.expect(
            "a broken store is started by `Fault::verdicts`, on the thread of the case",
        )))
    }

    async fn store(&self) -> BrokenStore {
        self.0.client()
    }

    async fn reopen(self) -> Option<Self> {
        let mut maps = self.0.sound.maps();
        match self.0.fault {
            Fault::LosesSessionsAtReopening => maps.records.clear(),
            Fault::LosesMemoriesAtReopening => maps.memories.clear(),
            Fault::LosesTheIndexAtReopening => maps.due.clear(),
            Fault::LosesGenerationsAtReopening => {
                for (head, _) in maps.sets.values_mut() {
                    let drawn = Generation::random(Operation::Open);
                    head.generation = drawn.expect("the system has randomness to give");
                    head.revoked_by = None;
                }
            }
            _ => {}
        }
        drop(maps);
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(&self.0.sound)
    }
}

//! Running the suite on a broken store.

use std::panic::{self, AssertUnwindSafe};

use async_trait::async_trait;
use cloakroom_core::{Generation, Operation, SessionStore};

use super::{BrokenStore, Fault};
use crate::suite::any::{AnyHarness, Erased, Start};
use crate::{Case, Tamper, cases};

/// The harness of a broken store, which takes its fault along.
struct BrokenHarness(BrokenStore);

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
        let chosen = cases().iter().filter(|case| chosen(case.name));
        let verdict = |case: &Case| {
            let start = Start::with(move || BrokenHarness(BrokenStore::new(self)));
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| case.run_on(start)));
            Verdict {
                case: *case,
                failed: outcome.is_err(),
            }
        };
        chosen.map(verdict).collect()
    }
}

#[async_trait]
impl Erased for BrokenHarness {
    async fn store(&self) -> Box<dyn SessionStore> {
        Box::new(self.0.client())
    }

    async fn reopen(self: Box<Self>) -> Option<AnyHarness> {
        self.reopened();
        Some(AnyHarness(self))
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(&self.0)
    }
}

impl BrokenHarness {
    /// What a restart does to the data.
    fn reopened(&self) {
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
    }
}

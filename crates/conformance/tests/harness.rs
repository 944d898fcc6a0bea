//! Harnesses of stores that forget, and of stores that say so and do not.

use std::panic;

use cloakroom_conformance::reference::{MemoryHarness, MemoryStore};
use cloakroom_conformance::{Harness, Tamper, conformance, run_case};

/// Of a store that forgets by design.
struct Forgetful(MemoryStore);

impl Harness for Forgetful {
    type Store = MemoryStore;

    async fn start() -> Self {
        Self(MemoryStore::default())
    }

    async fn store(&self) -> MemoryStore {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        None
    }
}

conformance!(forgetful, Forgetful);

/// Says that nothing could be damaged, though the data outlive the store.
struct Denying(MemoryHarness);

impl Harness for Denying {
    type Store = MemoryStore;

    async fn start() -> Self {
        Self(MemoryHarness::start().await)
    }

    async fn store(&self) -> MemoryStore {
        self.0.store().await
    }

    async fn reopen(self) -> Option<Self> {
        self.0.reopen().await.map(Self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        None
    }
}

#[test]
fn a_store_that_keeps_bytes_is_not_let_off() {
    let case = "rule_12_corrupt_is_contained::every_damaged_byte_is_found";
    run_case::<Forgetful>(case);
    let outcome = panic::catch_unwind(|| run_case::<Denying>(case));
    assert!(
        outcome.is_err(),
        "nobody has looked whether damage is found"
    );
}

#[test]
fn a_case_that_is_not_there_is_not_passed() {
    assert!(panic::catch_unwind(|| run_case::<MemoryHarness>("no_such::case")).is_err());
}

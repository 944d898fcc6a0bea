//! The store in memory does what the model says, whatever is asked of it and whenever: sequences of
//! operations, with the time moved by hand.
//!
//! Input: a script of the conformance suite, eight bytes for each step. All bytes are meaningful.
#![no_main]

use cloakroom_conformance::{Harness, Tamper, model};
use cloakroom_moka::MokaStore;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| model::run_script::<Memory>(bytes));

struct Memory(MokaStore);

impl Harness for Memory {
    type Store = MokaStore;

    async fn start() -> Self {
        Self(MokaStore::new())
    }

    async fn store(&self) -> MokaStore {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        None
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        None
    }
}

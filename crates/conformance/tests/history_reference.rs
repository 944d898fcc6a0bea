//! The reference store under many tasks.

use cloakroom_conformance::history;
use cloakroom_conformance::reference::MemoryHarness;

#[test]
fn concurrent_histories_are_linearizable() {
    for seed in 0..4 {
        history::linearizable::<MemoryHarness>(seed, 8, 10_000);
    }
}

//! The reference store against the model.

use cloakroom_conformance::model::{self, Config};
use cloakroom_conformance::reference::MemoryHarness;

#[test]
fn random_sequences_agree_with_the_model() {
    model::random_sequences::<MemoryHarness>(Config::new().regressions(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/regressions/memory.txt"
    )));
}

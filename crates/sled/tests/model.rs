//! Random sequences, reopening among them, against the model; and concurrent histories.

mod support;

use cloakroom_conformance::history;
use cloakroom_conformance::model::{self, Config};
use support::{Immediate, Lazy, SledHarness};

fn config() -> Config {
    Config::new().regressions(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/regressions/sequences.txt"
    ))
}

#[test]
fn random_sequences_agree_with_the_model() {
    model::random_sequences::<SledHarness<Immediate>>(config());
}

#[test]
fn random_sequences_agree_with_the_model_where_writes_are_lazy() {
    model::random_sequences::<SledHarness<Lazy>>(config());
}

#[test]
fn concurrent_histories_are_linearizable() {
    for seed in 0..2 {
        history::linearizable::<SledHarness<Immediate>>(seed, 8, 4_000);
        history::linearizable::<SledHarness<Lazy>>(seed, 8, 4_000);
    }
}

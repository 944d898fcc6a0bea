//! The conformance suite, the model, and concurrent histories, on a server that stands alone.

mod support;

use cloakroom_conformance::model::{self, Config};
use cloakroom_conformance::{conformance, history};
use support::{Keeping, Standalone};

conformance!(standalone, Standalone);

#[test]
fn random_sequences_agree_with_the_model() {
    model::random_sequences::<Standalone>(Config::new().regressions(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/regressions/redis.txt"
    )));
}

#[test]
fn random_sequences_agree_with_the_model_where_nothing_is_evicted() {
    model::random_sequences::<Keeping>(Config::new().regressions(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/regressions/redis.txt"
    )));
}

#[test]
fn concurrent_histories_are_linearizable() {
    for seed in 0..2 {
        history::linearizable::<Standalone>(seed, 8, 4_000);
        history::linearizable::<Keeping>(seed, 8, 4_000);
    }
}

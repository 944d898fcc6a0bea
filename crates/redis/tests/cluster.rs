//! The conformance suite, the model, and concurrent histories, on a cluster.

mod support;

use cloakroom_conformance::model::{self, Config};
use cloakroom_conformance::{conformance, history};
use support::cluster::Clustered;

conformance!(cluster, Clustered);

#[test]
fn random_sequences_agree_with_the_model() {
    let regressions = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/redis.txt");
    model::random_sequences::<Clustered>(Config::new().cases(24).regressions(regressions));
}

#[test]
fn concurrent_histories_are_linearizable() {
    history::linearizable::<Clustered>(0, 8, 4_000);
}

//! The conformance suite and the model on a primary that Sentinels watch over.

mod support;

use cloakroom_conformance::conformance;
use cloakroom_conformance::model::{self, Config};
use support::sentinel::Watched;

conformance!(sentinel, Watched);

#[test]
fn random_sequences_agree_with_the_model() {
    let regressions = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/redis.txt");
    model::random_sequences::<Watched>(Config::new().cases(48).regressions(regressions));
}

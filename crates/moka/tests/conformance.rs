//! The conformance suite, the model and the concurrent histories, on the in-memory store.

use cloakroom_conformance::model::{self, Config};
use cloakroom_conformance::{Harness, Tamper, ThroughDyn, ThroughFaults, conformance, history};
use cloakroom_moka::MokaStore;

/// How many concurrent histories are recorded where nobody asks for more.
const SEEDS: u64 = 7;

/// Starts stores in memory. Clones are clients of the same data.
struct MokaHarness(MokaStore);

impl Harness for MokaHarness {
    type Store = MokaStore;

    async fn start() -> Self {
        Self(MokaStore::new())
    }

    async fn store(&self) -> MokaStore {
        self.0.clone()
    }

    /// It forgets by design.
    async fn reopen(self) -> Option<Self> {
        None
    }

    /// It keeps no bytes that could be damaged, and a set never goes without its sessions.
    fn tamper(&self) -> Option<&dyn Tamper> {
        None
    }
}

conformance!(moka, MokaHarness);
conformance!(moka_through_dyn, ThroughDyn<MokaHarness>);
conformance!(moka_through_faults, ThroughFaults<MokaHarness>);

#[test]
fn random_sequences_agree_with_the_model() {
    model::random_sequences::<MokaHarness>(Config::new().regressions(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/regressions/moka.txt"
    )));
}

/// Ten thousand operations by eight tasks, for each of many seeds. `CLOAKROOM_SEEDS` says how many
/// seeds, for a longer look.
#[test]
fn concurrent_histories_are_linearizable() {
    let seeds = std::env::var("CLOAKROOM_SEEDS");
    let seeds = seeds.map_or(SEEDS, |seeds| seeds.parse().expect("a number of seeds"));
    for seed in 0..seeds {
        history::linearizable::<MokaHarness>(seed, 8, 10_000);
    }
}

//! Ours beside the peers and the limits, under the load of many tasks at once.

mod contenders;
mod field;
mod race;
mod ratios;
mod redis_server;
mod report;
mod scratch;
mod site;
mod stages;

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::workload::Keys;

pub(crate) use contenders::{async_session, tower_sessions};
pub(crate) use field::Standings;
use race::Length;
pub(crate) use race::WORKERS;
pub(crate) use ratios::ratios;
pub(crate) use report::Report;

/// How many live sessions each contender has in the benchmarks.
pub(crate) const SIZE: usize = 100_000;

/// How much a lap is in the benchmarks.
pub(crate) const LAP: Length = Length {
    time: Duration::from_millis(120),
    first: 40,
};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent<'a> {
    /// How many live sessions each contender has.
    pub(crate) size: usize,
    pub(crate) rounds: usize,
    pub(crate) lap: Length,
    /// Everything, and not only what the ratios with a name need.
    pub(crate) whole: bool,
    /// This contender alone.
    pub(crate) only: Option<&'a str>,
}

impl Extent<'_> {
    /// All sessions alike.
    fn keys(self) -> Keys {
        Keys::Uniform { among: self.size }
    }
}

/// Lets everybody run, engine by engine.
pub(crate) fn run(extent: Extent<'_>, seed: u64) -> Result<Standings, Failure> {
    let runtime = race::runtime()?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut standings = Standings::default();
    for stage in [stages::memory, stages::sled, stages::redis] {
        stage(&runtime, extent, &mut random, &mut standings)?;
        if extent.only.is_some() && !standings.is_empty() {
            break;
        }
    }
    Ok(standings)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;

    /// Whoever changes sessions leaves them as the others need them, for a second round as well.
    #[test]
    fn all_contenders_can_run_one_after_another() {
        let extent = Extent {
            size: 4_000,
            rounds: 2,
            lap: Length {
                time: Duration::from_millis(1),
                first: 2,
            },
            whole: true,
            only: None,
        };
        let standings = run(extent, 1).unwrap();
        assert_eq!(ratios(&standings).len(), 14);
        assert!(standings.iter().all(|standing| standing.laps.len() == 2));
    }
}

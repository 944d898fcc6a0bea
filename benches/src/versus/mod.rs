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

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contestants::Failure;

pub(crate) use contenders::{async_session, tower_sessions};
pub(crate) use field::Standings;
pub(crate) use race::WORKERS;
pub(crate) use ratios::ratios;
pub(crate) use report::Report;

/// How many live sessions each contender has.
pub(crate) const SIZE: usize = 100_000;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent<'a> {
    pub(crate) rounds: usize,
    /// Everything, and not only what the ratios with a name need.
    pub(crate) whole: bool,
    /// This contender alone.
    pub(crate) only: Option<&'a str>,
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

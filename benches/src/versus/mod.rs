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

use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::Failure;
use crate::memory;
use crate::workload::Keys;

pub(crate) use contenders::{async_session, pavex, tower_sessions};
pub(crate) use field::Standings;
pub(crate) use race::Entrant;
use race::Length;
pub(crate) use race::WORKERS;
pub(crate) use ratios::ratios;
pub(crate) use report::Report;
pub(crate) use stages::redis::check_server as check_redis_server;

/// How many live sessions each contender has where the ratios with a name are taken.
pub(crate) const SIZE: usize = 100_000;

/// How many it has in the full run, and in how many rounds. What is watched is first, as in a quick
/// run: memory that others have given back is in pieces.
const SIZES: [(usize, usize); 3] = [(SIZE, 16), (10_000, 8), (1_000_000, 5)];

/// What a session takes in all contenders that are in memory at once, of a million.
const BYTES_EACH: u64 = 13_000;

/// With more sessions than this, all together would take more memory, and more time to be filled, than
/// most have.
const MOST_TOGETHER: usize = 100_000;

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
    /// On Redis, more operations under way as well.
    pub(crate) crowded: bool,
    /// All in memory at once, and maps on the other engines too.
    pub(crate) together: bool,
    /// This contender alone.
    pub(crate) only: Option<&'a str>,
}

impl Extent<'_> {
    /// All sessions alike.
    fn keys(self) -> Keys {
        Keys::Uniform { among: self.size }
    }

    /// A few far more often than the others.
    fn zipf(self) -> Result<Keys, Failure> {
        Ok(Keys::zipf(self.size).ok_or("no such distribution")?)
    }
}

/// Lets everybody run with each number of sessions.
pub(crate) fn run_all(seed: u64) -> Result<Vec<(usize, Standings)>, Failure> {
    let mut all = Vec::new();
    for (size, rounds) in SIZES {
        let began = Instant::now();
        if !memory::has_room(size as u64 * BYTES_EACH)? {
            eprintln!("{size} sessions in each do not fit into the memory of this machine");
            continue;
        }
        let extent = Extent {
            size,
            rounds,
            lap: LAP,
            whole: true,
            crowded: size == SIZE,
            together: size <= MOST_TOGETHER,
            only: None,
        };
        all.push((size, run(extent, seed)?));
        eprintln!("{size} sessions in {:.1?}", began.elapsed());
    }
    all.sort_by_key(|(size, _)| *size);
    Ok(all)
}

/// All that are in memory, for whoever runs them one by one, on a runtime of this thread.
pub(crate) fn in_memory(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Vec<Entrant>, Failure> {
    let (_, entrants) = runtime.block_on(stages::memory::together(extent, random))?;
    Ok(entrants)
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

    const SMALL: Extent<'static> = Extent {
        size: 4_000,
        rounds: 2,
        lap: Length {
            time: Duration::from_millis(1),
            first: 2,
        },
        whole: true,
        crowded: true,
        together: true,
        only: None,
    };

    /// Whoever changes sessions leaves them as the others need them, for a second round as well.
    #[test]
    fn all_contenders_can_run_one_after_another() {
        let standings = run(SMALL, 1).unwrap();
        assert_eq!(ratios(&standings).len(), 14);
        assert!(standings.iter().all(|standing| standing.laps.len() == 2));
    }

    #[test]
    fn those_for_whom_there_is_no_room_beside_the_others_run_after_them() {
        let apart = Extent {
            together: false,
            ..SMALL
        };
        let runtime = race::runtime().unwrap();
        let random = &mut StdRng::seed_from_u64(1);
        let mut standings = Standings::default();
        stages::memory(&runtime, apart, random, &mut standings).unwrap();
        let race = |name| standings.of(name, 64).unwrap().race;
        assert_eq!(race("sessions.mixed"), race("async-session.mixed"));
        assert_ne!(race("sessions.mixed"), race("pavex-memory.mixed"));
        let [_, sessions, _] = ratios::OTHERS;
        let [async_session, _, _, pavex] = &sessions.beside(&standings, "mixed")[..] else {
            panic!("four peers");
        };
        assert!(async_session.is_some());
        assert!(pavex.is_none());
    }

    #[test]
    fn each_contender_in_memory_can_run_alone() {
        let mut alone = tokio::runtime::Builder::new_current_thread();
        let alone = alone.enable_all().build().unwrap();
        let random = &mut StdRng::seed_from_u64(1);
        for mut entrant in in_memory(&alone, SMALL, random).unwrap() {
            for count in [1, 100] {
                let took = entrant.alone(&alone, count, random).unwrap();
                assert!(took > Duration::ZERO, "{}", entrant.name);
            }
        }
    }
}

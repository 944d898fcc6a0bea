//! Ours beside the peers and the limits, under the load of many tasks at once.

mod contender;
mod contenders;
mod field;
mod keyed;
mod race;
mod ratios;
mod redis_server;
mod report;
mod scales;
mod scratch;
mod site;
mod stages;
mod standings;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::Failure;
use crate::memory;
use crate::workload::Keys;

pub(crate) use contenders::{async_session, pavex, tower_sessions};
pub(crate) use race::Entrant;
use race::Length;
pub(crate) use race::WORKERS;
pub(crate) use ratios::{TASKS, ratios};
pub(crate) use report::Report;
pub(crate) use stages::check_server as check_redis_server;
pub(crate) use standings::Standings;

/// How many live sessions each contender has where the ratios with a name are taken.
pub(crate) const SIZE: usize = 100_000;

/// How many it has in the full run, and in how many rounds. The number that is watched is first, as in a
/// quick run: memory that others have given back is in pieces.
const SIZES: [(usize, usize); 3] = [(SIZE, 16), (10_000, 8), (1_000_000, 5)];

/// What a session takes, of a million in each contender of the largest race: that of Redis, whose server
/// fills up while this process has not given back what the races in memory took.
const BYTES_EACH: u64 = 17_000;

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
    /// On Redis, more tasks as well.
    pub(crate) crowded: bool,
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
            only: None,
        };
        all.push((size, run(extent, seed)?));
        eprintln!("{size} sessions in {:.1?}", began.elapsed());
    }
    all.sort_by_key(|(size, _)| *size);
    Ok(all)
}

/// Hands all that are in memory to whoever runs them one by one, on a runtime of this thread. Each comes
/// once, though ours take part in more races than one.
pub(crate) fn each_in_memory(
    runtime: &Runtime,
    extent: Extent<'_>,
    random: &mut StdRng,
    mut run: impl FnMut(&mut Entrant, &mut StdRng) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut done = HashSet::new();
    for fill in stages::IN_MEMORY {
        let mut field = fill(runtime, extent, random)?;
        for entrant in &mut field.entrants {
            if done.insert(entrant.name.clone()) {
                run(entrant, random)?;
            }
        }
    }
    Ok(())
}

/// Lets everybody run, race by race.
pub(crate) fn run(extent: Extent<'_>, seed: u64) -> Result<Standings, Failure> {
    let runtime = race::runtime()?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut standings = Standings::default();
    let fields = match extent.whole {
        true => &[stages::IN_MEMORY, stages::ELSEWHERE][..],
        false => &[stages::WATCHED],
    };
    for fill in fields.iter().copied().flatten() {
        let field = fill(&runtime, extent, &mut random)?;
        eprintln!(
            "{}: {} contenders are filled",
            field.title,
            field.entrants.len()
        );
        standings.run(&runtime, field, extent, &mut random)?;
        if extent.only.is_some() && !standings.races().is_empty() {
            break;
        }
    }
    Ok(standings)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;
    use crate::versus::ratios::{MORE_TASKS, OTHERS, TASKS};

    const SMALL: Extent<'static> = Extent {
        size: 4_000,
        rounds: 2,
        lap: Length {
            time: Duration::from_millis(1),
            first: 2,
        },
        whole: true,
        crowded: true,
        only: None,
    };

    /// Whoever changes sessions leaves them as the others need them, for a second round as well.
    #[test]
    fn all_contenders_can_run_one_after_another() {
        let standings = run(SMALL, 1).unwrap();
        assert_eq!(ratios(&standings, TASKS).len(), 14);
        assert_eq!(ratios(&standings, MORE_TASKS).len(), 4);
        // On Redis each field runs twice.
        assert_eq!(standings.races().len(), 10);
        for race in standings.races() {
            assert!(
                race.standings
                    .iter()
                    .all(|standing| standing.laps.len() == 2)
            );
        }
        for others in &OTHERS {
            for operation in others.operations {
                let beside = others.beside(&standings, operation);
                assert!(beside.iter().all(Option::is_some), "{operation}");
            }
        }
    }

    #[test]
    fn there_is_no_ratio_of_those_who_did_not_take_turns() {
        let runtime = race::runtime().unwrap();
        let random = &mut StdRng::seed_from_u64(1);
        let mut standings = Standings::default();
        for fill in &stages::IN_MEMORY[..2] {
            let field = fill(&runtime, SMALL, random).unwrap();
            standings.run(&runtime, field, SMALL, random).unwrap();
        }
        let is_pair = |one, other| standings.pair(one, other, TASKS).is_some();
        assert!(is_pair("async-session.load", "tower-sessions-moka.load"));
        assert!(is_pair("moka.load", "async-session.load"));
        assert!(is_pair("moka.load", "pavex-memory.load"));
        assert!(!is_pair("async-session.load", "pavex-memory.load"));
    }

    #[test]
    fn each_contender_in_memory_can_run_alone() {
        let mut alone = tokio::runtime::Builder::new_current_thread();
        let alone = alone.enable_all().build().unwrap();
        let random = &mut StdRng::seed_from_u64(1);
        let mut names = Vec::new();
        each_in_memory(&alone, SMALL, random, |entrant, random| {
            for count in [1, 100] {
                let took = entrant.alone(&alone, count, random)?;
                assert!(took > Duration::ZERO, "{}", entrant.name);
            }
            names.push(entrant.name.clone());
            Ok(())
        })
        .unwrap();
        assert!(names.iter().any(|name| name == "pavex-memory.update-map"));
        let loads = names.iter().filter(|name| *name == "moka.load");
        assert_eq!(loads.count(), 1);
    }
}

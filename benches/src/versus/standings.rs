//! How all of them did.

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use tokio::runtime::Runtime;

use crate::contestants::Failure;
use crate::versus::Extent;
use crate::versus::field::Field;
use crate::versus::race::{Entrant, Lap};
use crate::versus::scales::Scales;

/// How all of them did, race by race.
#[derive(Default)]
pub(crate) struct Standings {
    races: Vec<Race>,
    /// What is known of the memory of servers, by the title of the race.
    scales: Vec<(&'static str, Scales)>,
}

/// How those did who took turns.
pub(crate) struct Race {
    pub(crate) title: &'static str,
    pub(crate) tasks: usize,
    pub(crate) standings: Vec<Standing>,
}

/// How one contender did, lap by lap.
pub(crate) struct Standing {
    pub(crate) name: String,
    pub(crate) laps: Vec<Figures>,
}

/// One lap, in figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) client_nanos: f64,
    pub(crate) server_nanos: Option<f64>,
    /// The latency that half of the operations keep, 99 of 100, and 999 of 1000, in nanoseconds.
    pub(crate) latency: [u64; 3],
}

impl Standings {
    /// How two did who took turns. Of others a ratio would tell of the weather.
    pub(crate) fn pair(
        &self,
        one: &str,
        other: &str,
        tasks: usize,
    ) -> Option<(&Standing, &Standing)> {
        let mut races = self.races.iter().filter(|it| it.tasks == tasks);
        races.find_map(|race| Some((race.of(one)?, race.of(other)?)))
    }

    pub(crate) fn races(&self) -> &[Race] {
        &self.races
    }

    pub(crate) fn scales(&self) -> &[(&'static str, Scales)] {
        &self.scales
    }

    /// Lets a field run.
    pub(crate) fn run(
        &mut self,
        runtime: &Runtime,
        mut field: Field,
        extent: Extent<'_>,
        random: &mut StdRng,
    ) -> Result<(), Failure> {
        if let Some(only) = extent.only {
            field.entrants.retain(|entrant| entrant.name == only);
        }
        if field.entrants.is_empty() {
            return Ok(());
        }
        for tasks in &field.tasks {
            let (title, tasks) = (field.title, *tasks);
            let standings = take_turns(&mut field.entrants, runtime, tasks, extent, random)?;
            self.races.push(Race {
                title,
                tasks,
                standings,
            });
        }
        if let Some(ours) = &field.counted {
            runtime.block_on(ours.verify())?;
        }
        let scales = std::mem::take(&mut field.scales);
        if !scales.weights().is_empty() {
            self.scales.push((field.title, scales));
        }
        Ok(())
    }
}

/// Round by round, in another order each time, so that what slows the machine down hits all alike, and
/// nobody always finds the caches as one other has left them.
fn take_turns(
    entrants: &mut [Entrant],
    runtime: &Runtime,
    tasks: usize,
    extent: Extent<'_>,
    random: &mut StdRng,
) -> Result<Vec<Standing>, Failure> {
    let standing = |entrant: &Entrant| Standing {
        name: entrant.name.clone(),
        laps: Vec::with_capacity(extent.rounds),
    };
    let mut standings: Vec<_> = entrants.iter().map(standing).collect();
    for _ in 0..extent.rounds {
        let mut order: Vec<_> = (0..entrants.len()).collect();
        order.shuffle(random);
        for at in order {
            let lap = entrants[at].lap(runtime, tasks, extent.lap, random)?;
            standings[at].laps.push(Figures::of(&lap));
        }
    }
    Ok(standings)
}

impl Race {
    fn of(&self, name: &str) -> Option<&Standing> {
        self.standings.iter().find(|it| it.name == name)
    }
}

impl Figures {
    fn of(lap: &Lap) -> Self {
        let latency = |part: f64| {
            let place = part * lap.latencies.len().saturating_sub(1) as f64;
            lap.latencies
                .get(place as usize)
                .copied()
                .unwrap_or_default()
        };
        Self {
            per_second: lap.per_second,
            client_nanos: lap.client_nanos,
            server_nanos: lap.server_nanos,
            latency: [0.5, 0.99, 0.999].map(latency),
        }
    }
}

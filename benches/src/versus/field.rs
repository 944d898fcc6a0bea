//! Who runs together, and how they did.

use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::Failure;
use crate::versus::Extent;
use crate::versus::race::{Entrant, Lap, Shape};

/// How all of them did.
#[derive(Default)]
pub(crate) struct Standings(Vec<Standing>);

/// How one contender did, lap by lap.
pub(crate) struct Standing {
    pub(crate) name: &'static str,
    pub(crate) in_flight: usize,
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
    pub(crate) fn of(&self, name: &str, in_flight: usize) -> Option<&Standing> {
        let mut standings = self.0.iter();
        standings.find(|it| it.name == name && it.in_flight == in_flight)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Standing> {
        self.0.iter()
    }

    /// Lets some contenders run round by round. Who begins changes with each round, so that what slows
    /// the machine down hits all alike.
    pub(crate) fn run(
        &mut self,
        runtime: &Runtime,
        entrants: &mut Vec<Entrant>,
        shape: Shape,
        extent: Extent<'_>,
        random: &mut StdRng,
    ) -> Result<(), Failure> {
        if let Some(only) = extent.only {
            entrants.retain(|entrant| entrant.name == only);
        }
        let mut standings: Vec<_> = entrants
            .iter()
            .map(|entrant| Standing {
                name: entrant.name,
                in_flight: shape.tasks,
                laps: Vec::with_capacity(extent.rounds),
            })
            .collect();
        for round in 0..extent.rounds {
            for turn in 0..entrants.len() {
                let at = (turn + round) % entrants.len();
                let lap = entrants[at].lap(runtime, shape, extent.lap, random)?;
                standings[at].laps.push(Figures::of(&lap));
            }
        }
        self.0.append(&mut standings);
        Ok(())
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

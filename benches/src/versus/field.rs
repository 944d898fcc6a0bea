//! Who runs together, and how they did.

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use tokio::runtime::Runtime;

use crate::contestants::Failure;
use crate::versus::Extent;
use crate::versus::race::{Entrant, Lap, Shape};

/// How all of them did.
#[derive(Default)]
pub(crate) struct Standings {
    all: Vec<Standing>,
    /// How many races there were.
    races: usize,
    /// What is known of the memory of a server.
    scales: Scales,
}

/// How one contender did, lap by lap.
pub(crate) struct Standing {
    pub(crate) name: &'static str,
    pub(crate) in_flight: usize,
    /// Those of one race took turns.
    pub(crate) race: usize,
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
        let mut standings = self.all.iter();
        standings.find(|it| it.name == name && it.in_flight == in_flight)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Standing> {
        self.all.iter()
    }

    /// How many bytes a session takes on a server, by the name of who keeps it there.
    pub(crate) fn weights(&self) -> &[(&'static str, f64)] {
        &self.scales.weights
    }

    pub(crate) fn weigh(&mut self, scales: Scales) {
        self.scales = scales;
    }

    /// Lets some contenders run round by round, in another order each time, so that what slows the machine
    /// down hits all alike, and nobody always finds the caches as one other has left them.
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
                race: self.races,
                laps: Vec::with_capacity(extent.rounds),
            })
            .collect();
        for _ in 0..extent.rounds {
            let mut order: Vec<_> = (0..entrants.len()).collect();
            order.shuffle(random);
            for at in order {
                let lap = entrants[at].lap(runtime, shape, extent.lap, random)?;
                standings[at].laps.push(Figures::of(&lap));
            }
        }
        self.all.append(&mut standings);
        self.races += 1;
        Ok(())
    }
}

/// What a server keeps grows by what each of those who fill it puts there.
#[derive(Debug, Default)]
pub(crate) struct Scales {
    before: u64,
    weights: Vec<(&'static str, f64)>,
}

impl Scales {
    /// What is there already is nobody's.
    pub(crate) fn empty(&mut self, bytes: u64) {
        self.before = bytes;
    }

    /// Somebody has put so many sessions there.
    pub(crate) fn put(&mut self, name: &'static str, sessions: usize, bytes: u64) {
        let grown = bytes.saturating_sub(self.before);
        self.weights.push((name, grown as f64 / sessions as f64));
        self.before = bytes;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_weighs_what_came_with_it() {
        let mut scales = Scales::default();
        scales.empty(1_000);
        scales.put("one", 10, 3_000);
        scales.put("other", 10, 4_000);
        assert_eq!(scales.weights, [("one", 200.0), ("other", 100.0)]);
    }
}

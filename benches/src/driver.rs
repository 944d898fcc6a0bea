//! Who does what when.

use std::time::Instant;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contestants::{Cloakroom, Contestant, Failure, ShardedMap};
use crate::workload::{LARGEST, Operation, SIZES};

/// What came out: for each contestant, the figures of each operation, round by round.
pub(crate) struct Timings {
    columns: Vec<Column>,
}

struct Column {
    who: Who,
    size: usize,
    figures: [Vec<f64>; Operation::ALL.len()],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Cloakroom,
    ShardedMap,
}

impl Timings {
    /// Nanoseconds, a figure for each round; empty where there are none.
    pub(crate) fn figures(&self, who: Who, size: usize, operation: Operation) -> &[f64] {
        let mut columns = self.columns.iter();
        columns
            .find(|column| column.who == who && column.size == size)
            .map_or(&[], |column| &column.figures[operation as usize])
    }
}

/// Fills a store of each size, and a plain map beside each, then lets them do each operation in
/// turn; the largest where it fits. Which comes first changes with each round, so that a machine that
/// slows down, or whose other tenants wake up, slows all of them alike.
pub(crate) fn run(rounds: usize, largest: bool, seed: u64) -> Result<Timings, Failure> {
    let mut contestants: Vec<Box<dyn Contestant>> = Vec::new();
    let mut columns = Vec::new();
    for (nth, size) in SIZES.into_iter().enumerate() {
        if size == LARGEST && !largest {
            eprintln!("{size} sessions do not fit into the memory of this machine");
            continue;
        }
        let random = || StdRng::seed_from_u64(seed + nth as u64);
        let start = Instant::now();
        contestants.push(Box::new(Cloakroom::filled(size, random())?));
        columns.push(Column::new(Who::Cloakroom, size));
        if size < LARGEST {
            contestants.push(Box::new(ShardedMap::filled(size, random())?));
            columns.push(Column::new(Who::ShardedMap, size));
        }
        eprintln!("{size} sessions made in {:.1?}", start.elapsed());
    }
    // The first round warms up, and leaves something to purge.
    for round in 0..=rounds {
        for operation in Operation::ALL {
            for turn in 0..contestants.len() {
                let at = (turn + round) % contestants.len();
                let sample = contestants[at].measure(operation)?;
                if let (Some(sample), 1..) = (sample, round) {
                    columns[at].figures[operation as usize].push(sample.nanos_each);
                }
            }
        }
        for contestant in &mut contestants {
            contestant.settle()?;
        }
    }
    for contestant in &contestants {
        contestant.verify()?;
    }
    Ok(Timings { columns })
}

impl Column {
    fn new(who: Who, size: usize) -> Self {
        Self {
            who,
            size,
            figures: Default::default(),
        }
    }
}

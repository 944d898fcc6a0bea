//! Who takes part. A peer is one more file here.

mod cloakroom;
mod clock;
pub(crate) mod sharded_map;

use std::error::Error;
use std::time::Duration;

pub(crate) use cloakroom::{Cloakroom, Kind};
pub(crate) use clock::LeapingClock;
pub(crate) use sharded_map::{ShardedMap, records};

use crate::workload::Operation;

/// Why a benchmark could not be made.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Something that holds sessions.
pub(crate) trait Contestant {
    /// Does a batch of an operation; none where the contestant has nothing like it. Only the
    /// operation is timed, not what prepares it.
    fn measure(&mut self, operation: Operation) -> Result<Option<Sample>, Failure>;

    /// Makes everything as it was before the round.
    fn settle(&mut self) -> Result<(), Failure>;

    /// Looks whether it still holds what it should.
    fn verify(&self) -> Result<(), Failure>;
}

/// How long a batch took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) nanos_each: f64,
}

impl Sample {
    /// Of `count` operations. An operation that did not do what it should makes the figure worthless.
    pub(crate) fn new(elapsed: Duration, done: usize, count: usize) -> Result<Self, Failure> {
        if done != count || count == 0 {
            return Err(format!("only {done} of {count} operations did what they should").into());
        }
        Ok(Self {
            nanos_each: elapsed.as_nanos() as f64 / count as f64,
        })
    }
}

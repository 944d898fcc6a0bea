//! Who runs against whom, engine by engine.

mod day;
pub(super) mod memory;
pub(super) mod redis;
mod sled;

pub(super) use memory::memory;
pub(super) use redis::redis;
pub(super) use sled::sled;

use crate::versus::race::Shape;

/// Each operation's latency is taken.
const fn each_timed(tasks: usize) -> Shape {
    Shape {
        tasks,
        sample_every: 1,
    }
}

//! Who runs against whom, engine by engine.

mod memory;
mod parts;
mod redis;
mod sled;

pub(crate) use redis::check_server;

use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::contestants::Failure;
use crate::versus::Extent;
use crate::versus::field::Field;

/// Makes a field ready: all its stores are filled. It is filled when its turn comes, and is gone before the
/// next: a million sessions in every store at once have no room.
pub(super) type Fill = fn(&Runtime, Extent<'_>, &mut StdRng) -> Result<Field, Failure>;

/// Those whose ratios are watched.
pub(super) const WATCHED: &[Fill] = &[memory::typed, sled::typed, redis::typed];

pub(super) const IN_MEMORY: &[Fill] = &[
    memory::typed,
    memory::typed_beside_one_at_a_time,
    memory::maps,
    memory::maps_beside_one_at_a_time,
];

pub(super) const ELSEWHERE: &[Fill] = &[sled::typed, sled::maps, redis::typed, redis::maps];

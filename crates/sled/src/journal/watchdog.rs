//! The thread that sees when the disk hangs.

use std::time::Duration;

use crate::fault::Fault;
use crate::journal::queue::Queue;

/// Waits until the leader and the syncer leave. Where one hangs before, those who wait get their
/// answer: an operation that hangs for good would be taken for a slow one.
pub(crate) fn watch(queue: &Queue, patience: Duration) {
    while let Some(step) = queue.watch(patience) {
        queue.fail(step, &Fault::Stalled(patience));
    }
}

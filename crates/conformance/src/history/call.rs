//! One call of a concurrent history.

use std::fmt;

use cloakroom_core::Timestamp;

use crate::model::{Op, Outcome};

/// One call of a concurrent history: what was asked and answered, and between which two moments.
///
/// Moments are counted by one counter for all tasks, so that a call that returned at a lower count
/// than another was invoked at came before it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who called. A task makes one call after the other.
    pub task: usize,
    /// What was asked.
    pub op: Op,
    /// The time that was given.
    pub now: Timestamp,
    /// What was answered.
    pub outcome: Outcome,
    /// The moment before the call.
    pub invoked: u64,
    /// The moment after it, or [`Call::PENDING`].
    pub returned: u64,
}

impl Call {
    /// Where a call has not returned yet: it may or may not have happened.
    pub const PENDING: u64 = u64::MAX;

    /// Whether it has not returned yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.returned == Self::PENDING
    }

    /// Whether it changed nothing, whatever was there.
    pub(super) fn is_passive(&self) -> bool {
        self.op.was_passive(&self.outcome)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            task,
            op,
            outcome,
            invoked,
            returned,
            ..
        } = self;
        if self.is_pending() {
            return write!(f, "{invoked:>6} …        task {task}: {op}");
        }
        write!(
            f,
            "{invoked:>6} … {returned:<6} task {task}: {op} -> {outcome}"
        )
    }
}

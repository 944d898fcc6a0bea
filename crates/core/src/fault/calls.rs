//! Which calls meet a fault.

use crate::error::Operation;

/// Which calls meet a fault. An [`Operation`] alone stands for its next call.
///
/// ```
/// use cloakroom_core::Operation;
/// use cloakroom_core::fault::Calls;
///
/// let next_load: Calls = Operation::Load.into();
/// let three_loads = Calls::to(Operation::Load).times(3);
/// let second_touch = Calls::to(Operation::Touch).skip(1);
/// let store_is_down = Calls::any().always();
/// # let _ = (next_load, three_loads, second_touch, store_is_down);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Calls {
    /// None for every operation.
    operation: Option<Operation>,
    skip: u64,
    /// None for as many as come.
    times: Option<u64>,
}

impl Calls {
    /// The next call of this operation. [`Operation::Open`] and [`Operation::Build`] call no store.
    pub const fn to(operation: Operation) -> Self {
        Self {
            operation: Some(operation),
            skip: 0,
            times: Some(1),
        }
    }

    /// The next call of any operation.
    pub const fn any() -> Self {
        Self {
            operation: None,
            skip: 0,
            times: Some(1),
        }
    }

    /// After this many such calls, whether these meet another fault or not.
    pub const fn skip(self, skip: u64) -> Self {
        Self { skip, ..self }
    }

    /// This many of them.
    pub const fn times(self, times: u64) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// All of them, until the faults are [cleared](crate::fault::Faults::clear).
    pub const fn always(self) -> Self {
        Self {
            times: None,
            ..self
        }
    }

    /// Whether a call is one of these. Counts it, where it is one of those to be skipped.
    pub(super) fn include(&mut self, operation: Operation) -> bool {
        if self.operation.is_some_and(|asked| asked != operation) {
            return false;
        }
        match self.skip.checked_sub(1) {
            Some(skip) => {
                self.skip = skip;
                false
            }
            None => self.times != Some(0),
        }
    }

    /// One of these calls has met its fault.
    pub(super) fn spend(&mut self) {
        self.times = self.times.map(|times| times.saturating_sub(1));
    }

    /// Whether no more calls are to come.
    pub(super) fn are_spent(&self) -> bool {
        self.times == Some(0)
    }
}

impl From<Operation> for Calls {
    fn from(operation: Operation) -> Self {
        Self::to(operation)
    }
}

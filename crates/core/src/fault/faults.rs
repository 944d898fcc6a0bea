//! The controller of a store that fails on demand.

use std::sync::Arc;

use crate::error::{ErrorKind, Operation};
use crate::fault::calls::Calls;
use crate::fault::gate::Gate;
use crate::fault::hold::Hold;
use crate::fault::script::{At, Fault, Script, What};

/// Says which calls of a [`FaultStore`](crate::fault::FaultStore) fail, and how. Clones share the
/// script.
///
/// The handle tries a call again, twice by default, that failed in passing or whose answer was lost:
/// a single such fault does not reach the application. Ask for `Calls::to(…).times(3)`, or build the
/// handle with [`retries(0)`](crate::SessionsBuilder::retries).
///
/// A call meets one fault at most: the earliest that was asked for and is not used up.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Arc<Script>,
}

impl Faults {
    /// These calls fail, and the store within never hears of them.
    pub fn fail_before(&self, calls: impl Into<Calls>, kind: ErrorKind) {
        self.add(calls.into(), At::BeforeEffect, What::Fail(kind));
    }

    /// These calls are carried out by the store within, and fail all the same.
    pub fn fail_after(&self, calls: impl Into<Calls>, kind: ErrorKind) {
        self.add(calls.into(), At::AfterEffect, What::Fail(kind));
    }

    /// These requests are lost on their way: an unknown outcome, without effect.
    pub fn lose_request(&self, calls: impl Into<Calls>) {
        self.fail_before(calls, ErrorKind::OutcomeUnknown);
    }

    /// The answers to these calls are lost: an unknown outcome, with the effect.
    pub fn lose_answer(&self, calls: impl Into<Calls>) {
        self.fail_after(calls, ErrorKind::OutcomeUnknown);
    }

    /// These calls wait before the store within hears of them.
    pub fn hold_before(&self, calls: impl Into<Calls>) -> Hold {
        self.hold(calls.into(), At::BeforeEffect)
    }

    /// These calls are carried out by the store within, and wait before they answer.
    pub fn hold_after(&self, calls: impl Into<Calls>) -> Hold {
        self.hold(calls.into(), At::AfterEffect)
    }

    /// Forgets every fault that no call has met yet. Calls that are held stay so until their
    /// [`Hold`] lets them go.
    pub fn clear(&self) {
        self.script.clear();
    }

    /// How many calls of an operation there were, whatever became of them. A call counts from when
    /// its future is first polled.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> u64 {
        self.script.calls(operation)
    }

    pub(super) fn meet(&self, operation: Operation) -> Option<Fault> {
        self.script.meet(operation)
    }

    fn add(&self, calls: Calls, at: At, what: What) {
        self.script.add(calls, Fault { at, what });
    }

    fn hold(&self, calls: Calls, at: At) -> Hold {
        let gate = Arc::new(Gate::default());
        self.add(calls, at, What::Hold(Arc::clone(&gate)));
        Hold::new(Arc::clone(&self.script), gate)
    }
}

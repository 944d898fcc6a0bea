//! Which calls meet which fault.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::fault::InjectedFault;
use crate::fault::calls::Calls;
use crate::fault::gate::{Gate, Verdict};

/// Which calls meet which fault, and how many calls there were.
#[derive(Debug, Default)]
pub(super) struct Script {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The earlier one comes first.
    rules: Vec<Rule>,
    calls: HashMap<Operation, u64>,
}

#[derive(Debug)]
struct Rule {
    calls: Calls,
    fault: Fault,
}

/// What happens to a call, and when.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) at: At,
    pub(super) what: What,
}

/// When, seen from the store within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    BeforeEffect,
    AfterEffect,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Fail(ErrorKind),
    Hold(Arc<Gate>),
}

impl Script {
    pub(super) fn add(&self, calls: Calls, fault: Fault) {
        self.state().rules.push(Rule { calls, fault });
    }

    /// Counts a call, and finds the fault that it meets.
    pub(super) fn meet(&self, operation: Operation) -> Option<Fault> {
        let mut state = self.state();
        *state.calls.entry(operation).or_default() += 1;
        let mut met = None;
        state.rules.retain_mut(|rule| {
            // Every rule sees the call, so that each can count what it skips.
            if rule.calls.include(operation) && met.is_none() {
                met = Some(rule.fault.clone());
                rule.calls.spend();
            }
            !rule.calls.are_spent()
        });
        met
    }

    /// Holds no more calls at this gate.
    pub(super) fn forget(&self, gate: &Arc<Gate>) {
        self.state().rules.retain(
            |rule| !matches!(&rule.fault.what, What::Hold(there) if Arc::ptr_eq(there, gate)),
        );
    }

    pub(super) fn clear(&self) {
        self.state().rules.clear();
    }

    pub(super) fn calls(&self, operation: Operation) -> u64 {
        let state = self.state();
        state.calls.get(&operation).copied().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fault {
    /// Happens, where this is the time for it.
    pub(super) async fn happen(&self, at: At, operation: Operation) -> Result<()> {
        if self.at != at {
            return Ok(());
        }
        let verdict = match &self.what {
            What::Fail(kind) => Verdict::Fail(*kind),
            What::Hold(gate) => gate.pass().await,
        };
        match verdict {
            Verdict::GoOn => Ok(()),
            Verdict::Fail(kind) => Err(Error::with_source(kind, operation, InjectedFault)),
        }
    }
}

//! Calls that wait until they are let go.

use std::sync::Arc;

use crate::error::ErrorKind;
use crate::fault::gate::{Gate, Verdict};
use crate::fault::script::Script;

/// Holds calls where [`Faults::hold_before`](crate::fault::Faults::hold_before) or
/// [`hold_after`](crate::fault::Faults::hold_after) said, until it is released or dropped.
///
/// No timer is involved: a test awaits that the call has [arrived](Hold::arrived), does what is to
/// happen meanwhile, and lets the call go on.
#[derive(Debug)]
#[must_use = "a hold that is dropped holds nothing"]
pub struct Hold {
    script: Arc<Script>,
    gate: Arc<Gate>,
}

impl Hold {
    pub(super) fn new(script: Arc<Script>, gate: Arc<Gate>) -> Self {
        Self { script, gate }
    }

    /// Waits until a call is held. For ever, where none comes.
    pub async fn arrived(&self) {
        self.arrivals(1).await;
    }

    /// Waits until this many calls have been held, in all. For ever, where fewer come.
    pub async fn arrivals(&self, count: usize) {
        self.gate.arrivals(count).await;
    }

    /// Lets the calls that are held go on, and holds no more.
    pub fn release(self) {
        drop(self);
    }

    /// Lets the calls that are held fail. What was held before its effect has none; what was held
    /// after it keeps it, and only the answer is lost.
    pub fn fail(self, kind: ErrorKind) {
        self.end(Verdict::Fail(kind));
    }

    fn end(&self, verdict: Verdict) {
        // First, so that no call comes between and meets the verdict of another.
        self.script.forget(&self.gate);
        self.gate.open(verdict);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // After a failure it is the second verdict, and changes nothing.
        self.end(Verdict::GoOn);
    }
}

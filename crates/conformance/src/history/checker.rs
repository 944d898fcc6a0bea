//! Checking a history as it grows.

use crate::history::minimal::Violation;
use crate::history::search::search;
use crate::history::{Call, minimal};
use crate::model::Model;

/// Checks the calls of one placement for linearizability, against the [`Model`].
///
/// Wherever no call is under way, all calls before come before all calls after, so that the history is
/// checked window by window. Since different orders within a window may leave different states, all of
/// them are carried into the next one.
#[derive(Debug, Clone)]
pub struct Checker {
    states: Vec<Model>,
}

impl Checker {
    /// Of a store without any data.
    #[must_use]
    pub fn new() -> Self {
        Self {
            states: vec![Model::new()],
        }
    }

    /// Checks more calls, all invoked after those before had returned. Time never goes back from one
    /// window to the next, and stands still within one.
    ///
    /// # Errors
    ///
    /// Where no order of the calls explains what they were answered.
    pub fn check(&mut self, mut calls: Vec<Call>) -> Result<(), Box<Violation>> {
        calls.sort_by_key(|call| call.invoked);
        for window in windows(calls) {
            let found = search(&self.states, &window);
            if found.states.is_empty() {
                return Err(Box::new(minimal::violation(&self.states, window)));
            }
            self.states = found.states;
        }
        Ok(())
    }

    /// The states in which the store can be.
    #[must_use]
    pub fn states(&self) -> &[Model] {
        &self.states
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

/// Checks a whole history of one placement that started without any data.
///
/// # Errors
///
/// Where no order of the calls explains what they were answered.
pub fn check(calls: Vec<Call>) -> Result<(), Box<Violation>> {
    Checker::new().check(calls)
}

/// Cuts where no call is under way.
fn windows(calls: Vec<Call>) -> Vec<Vec<Call>> {
    let mut windows: Vec<Vec<Call>> = Vec::new();
    let mut returned = 0;
    for call in calls {
        match windows.last_mut() {
            Some(window) if call.invoked < returned => window.push(call.clone()),
            _ => windows.push(vec![call.clone()]),
        }
        returned = returned.max(call.returned);
    }
    windows
}

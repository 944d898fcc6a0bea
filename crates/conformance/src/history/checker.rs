//! Checking a history as it grows.

use std::collections::BTreeSet;

use cloakroom_core::store::Listed;

use crate::history::minimal::Violation;
use crate::history::search::search;
use crate::history::{Call, minimal};
use crate::model::{Model, Op, Outcome};

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
            let window = spread(&self.states, window);
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

/// What a token set shows of each session, as calls of their own, where others were under way.
///
/// It lists what lives throughout the call, and nothing that was dead before it. So each session is
/// looked at within the call, but not all of them at one moment.
fn spread(states: &[Model], window: Vec<Call>) -> Vec<Call> {
    if window.len() == 1 {
        return window;
    }
    let mut ids: BTreeSet<_> = states.iter().flat_map(Model::known_ids).collect();
    for call in &window {
        ids.extend(call.op.about(&call.outcome).into_ids());
    }
    let mut task = window.iter().map(|call| call.task).max().unwrap_or(0);
    let mut spread = Vec::new();
    for call in window {
        let (Op::TokenSet { .. }, Outcome::Listed(listed)) = (&call.op, &call.outcome) else {
            spread.push(call);
            continue;
        };
        let listed_ids = listed.iter().map(Listed::id);
        for id in ids
            .iter()
            .copied()
            .chain(listed_ids)
            .collect::<BTreeSet<_>>()
        {
            task += 1;
            let shown = listed.iter().find(|listed| listed.id() == id).cloned();
            spread.push(Call {
                task,
                outcome: Outcome::Shown(id, shown),
                ..call.clone()
            });
        }
    }
    spread
}

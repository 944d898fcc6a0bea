//! The smallest part of a history that shows what is wrong.

use std::collections::BTreeSet;
use std::fmt;

use crate::history::Call;
use crate::history::search::{Found, search};
use crate::model::{About, Model};

/// A part of a history that no order of its calls explains.
#[derive(Debug)]
pub struct Violation {
    before: Vec<Model>,
    calls: Vec<Call>,
    found: Found,
}

impl Violation {
    /// The calls, some of which had not returned yet when it was clear.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }
}

/// Makes the smallest violation of calls that cannot be linearized.
///
/// Each step leaves out only what cannot be the cause: calls about other sessions, calls invoked
/// after the first moment at which it was clear, and calls that changed nothing.
pub(super) fn violation(states: &[Model], calls: Vec<Call>) -> Violation {
    let calls = cut_short(states, one_matter(states, calls));
    let calls = without_readers(states, calls);
    let about = calls.iter().map(|call| call.op.about(&call.outcome));
    let about = about.fold(About::default(), |all, one| all.and(one));
    let mut before: Vec<_> = states.iter().map(|model| model.only(&about)).collect();
    before.dedup();
    Violation {
        before,
        found: search(states, &calls),
        calls,
    }
}

/// The calls about one group of sessions that have nothing to do with the others. A history of
/// things that do not touch each other is linearizable where that of each one is.
fn one_matter(states: &[Model], calls: Vec<Call>) -> Vec<Call> {
    let mut matters: Vec<(About, Vec<Call>)> = states
        .iter()
        .flat_map(Model::matters)
        .map(|about| (about, Vec::new()))
        .collect();
    for call in &calls {
        let mut about = call.op.about(&call.outcome);
        let mut together = vec![call.clone()];
        // Whatever it touches is one matter from here on; repeated, since that may touch more.
        while let Some(at) = matters.iter().position(|(other, _)| other.touches(&about)) {
            let (other, calls) = matters.swap_remove(at);
            about = about.and(other);
            together.extend(calls);
        }
        matters.push((about, together));
    }
    matters
        .into_iter()
        .map(|(_, mut calls)| {
            calls.sort_by_key(|call| call.invoked);
            calls
        })
        .find(|calls| search(states, calls).states.is_empty())
        .unwrap_or(calls)
}

/// The calls as they stood when the first answer came that nothing explains.
fn cut_short(states: &[Model], calls: Vec<Call>) -> Vec<Call> {
    let returns: BTreeSet<_> = calls.iter().map(|call| call.returned).collect();
    let as_of = |moment: u64| -> Vec<Call> {
        let begun = calls.iter().filter(|call| call.invoked < moment);
        begun
            .map(|call| match call.returned > moment {
                true => Call {
                    returned: Call::PENDING,
                    ..call.clone()
                },
                false => call.clone(),
            })
            .collect()
    };
    returns
        .into_iter()
        .map(as_of)
        .find(|calls| search(states, calls).states.is_empty())
        .unwrap_or(calls)
}

fn without_readers(states: &[Model], mut calls: Vec<Call>) -> Vec<Call> {
    for at in (0..calls.len()).rev() {
        if calls[at].is_passive() {
            let call = calls.remove(at);
            if !search(states, &calls).states.is_empty() {
                calls.insert(at, call);
            }
        }
    }
    calls
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "no order of these calls explains what they were answered."
        )?;
        for (number, model) in self.before.iter().enumerate() {
            match number {
                0 => writeln!(f, "Before them the store held:")?,
                _ => writeln!(f, "or, as far as its answers tell:")?,
            }
            for line in model.to_string().lines() {
                writeln!(f, "  {line}")?;
            }
        }
        if let Some(call) = self.calls.first() {
            writeln!(f, "The calls, at {}:", crate::model::time(call.now))?;
        }
        for call in &self.calls {
            writeln!(f, "  {call}")?;
        }
        writeln!(f, "The longest order that makes sense:")?;
        for at in &self.found.longest {
            writeln!(f, "  {}", self.calls[*at])?;
        }
        for (at, mismatch) in &self.found.stuck {
            writeln!(f, "and not after it: {}: {mismatch}", self.calls[*at])?;
        }
        Ok(())
    }
}

impl std::error::Error for Violation {}

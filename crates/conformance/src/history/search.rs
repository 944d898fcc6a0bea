//! Looking for an order of the calls that the model allows.
//!
//! After Wing and Gong, with the memory of Lowe: a call can come next in the order where no other
//! call that is still to come had returned before it was invoked. All such orders are tried, but
//! what follows a set of calls and a state of the model is tried only once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::history::Call;
use crate::model::{Mismatch, Model};

/// So many ways into a window are looked at, and no more: more would be a mistake of the test.
const ENOUGH: usize = 2_000_000;

/// What a search has found.
#[derive(Debug)]
pub(super) struct Found {
    /// The states in which the calls can have left the store. None: the history is not linearizable.
    pub(super) states: Vec<Model>,
    /// The longest order that the model allows, as positions in the calls.
    pub(super) longest: Vec<usize>,
    /// Why no call can come after that, with the position of each.
    pub(super) stuck: Vec<(usize, Mismatch)>,
}

/// How far an order has come.
#[derive(Clone)]
struct Order {
    /// How many calls of each task are in it. A task's calls are in order by themselves.
    done: Vec<usize>,
    calls: Vec<usize>,
    model: Model,
}

/// Every state in which these calls can have left a store that was in one of these states.
///
/// # Panics
///
/// Where there are too many orders to be tried.
pub(super) fn search(states: &[Model], calls: &[Call]) -> Found {
    let tasks = by_task(calls);
    let hasher = RandomState::new();
    let mut seen = HashSet::new();
    let mut finals = HashSet::new();
    let mut found = Found {
        states: Vec::new(),
        longest: Vec::new(),
        stuck: Vec::new(),
    };
    let mut open: Vec<_> = states
        .iter()
        .map(|model| Order {
            done: vec![0; tasks.len()],
            calls: Vec::new(),
            model: model.clone(),
        })
        .collect();
    while let Some(mut order) = open.pop() {
        assert!(
            seen.len() < ENOUGH,
            "too many orders of {} calls",
            calls.len()
        );
        let (next, mut stuck) = extend(&mut order, &tasks, calls);
        if order.calls.len() >= found.longest.len() {
            found.longest.clone_from(&order.calls);
            found.stuck = std::mem::take(&mut stuck);
        }
        if order.is_complete(&tasks, calls) {
            finals.insert(order.model);
        }
        for next in next {
            if seen.insert((next.done.clone(), hasher.hash_one(&next.model))) {
                open.push(next);
            }
        }
    }
    found.states = finals.into_iter().collect();
    found
}

/// The orders one call longer; and why other calls cannot come next.
///
/// A call that changes nothing and fits is taken at once, without trying the orders in which it comes
/// later: wherever it stands in one of those, it can be moved to the front, where it fits, and the
/// others do not notice.
fn extend(
    order: &mut Order,
    tasks: &[Vec<usize>],
    calls: &[Call],
) -> (Vec<Order>, Vec<(usize, Mismatch)>) {
    'again: while !order.is_complete(tasks, calls) {
        let candidates = candidates(order, tasks, calls);
        if let [(task, at)] = candidates[..] {
            // The usual case: no other call was under way. An order that is stuck is done with.
            let call = &calls[at];
            match order.model.step(&call.op, call.now, &call.outcome) {
                Ok(()) => order.add(task, at),
                Err(mismatch) => return (Vec::new(), vec![(at, mismatch)]),
            }
            continue;
        }
        let mut next = Vec::new();
        let mut stuck = Vec::new();
        for (task, at) in candidates {
            let call = &calls[at];
            let mut longer = order.clone();
            match longer.model.step(&call.op, call.now, &call.outcome) {
                Err(mismatch) => stuck.push((at, mismatch)),
                Ok(()) => {
                    longer.add(task, at);
                    if call.is_passive() {
                        *order = longer;
                        continue 'again;
                    }
                    next.push(longer);
                }
            }
        }
        return (next, stuck);
    }
    (Vec::new(), Vec::new())
}

impl Order {
    /// Whether only calls are left that may not have happened.
    fn is_complete(&self, tasks: &[Vec<usize>], calls: &[Call]) -> bool {
        tasks.iter().zip(&self.done).all(|(task, done)| {
            let mut left = task.iter().skip(*done);
            left.all(|at| calls[*at].is_pending())
        })
    }

    fn add(&mut self, task: usize, at: usize) {
        self.done[task] += 1;
        self.calls.push(at);
    }
}

/// The calls that can come next: none of the others had returned before one of these was invoked.
fn candidates<'a>(
    order: &Order,
    tasks: &'a [Vec<usize>],
    calls: &'a [Call],
) -> Vec<(usize, usize)> {
    let next: Vec<_> = tasks
        .iter()
        .enumerate()
        .filter_map(|(task, at)| Some((task, *at.get(order.done[task])?)))
        .collect();
    let first_return = next.iter().map(|(_, at)| calls[*at].returned).min();
    next.into_iter()
        .filter(|(_, at)| Some(calls[*at].invoked) < first_return)
        .collect()
}

/// The positions of each task's calls, in their order.
fn by_task(calls: &[Call]) -> Vec<Vec<usize>> {
    let tasks = calls.iter().map(|call| call.task + 1).max().unwrap_or(0);
    let mut positions = vec![Vec::new(); tasks];
    for (at, call) in calls.iter().enumerate() {
        positions[call.task].push(at);
    }
    for task in &mut positions {
        task.sort_by_key(|at| calls[*at].invoked);
    }
    positions
}

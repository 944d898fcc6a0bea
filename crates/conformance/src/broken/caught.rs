//! Which case catches which fault.

use super::Fault;

/// The record, as the tests of this crate compare it with what the broken stores do.
const RECORD: &str = include_str!("caught.txt");

/// A case that catches a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct CaughtBy {
    /// The name of the case.
    pub case: &'static str,
    /// Whether it is named for the fault, and does not only happen to catch it.
    pub named: bool,
}

impl Fault {
    /// The cases that catch the fault. Of those that race tasks against one another, only the ones
    /// that are named for it.
    #[must_use]
    pub fn caught_by(self) -> Vec<CaughtBy> {
        listed(&format!("{self:?}"))
    }
}

/// The cases that race tasks against one another: they may happen to catch a fault or not.
#[must_use]
pub fn races() -> Vec<&'static str> {
    let races = listed("races").into_iter();
    races.map(|race| race.case).collect()
}

/// What the record lists below a title.
fn listed(title: &str) -> Vec<CaughtBy> {
    let lines = RECORD.lines().skip_while(|line| *line != title).skip(1);
    let entry = |line: &'static str| {
        let (mark, case) = line.split_once(' ')?;
        let named = mark == "*";
        Some(CaughtBy { case, named })
    };
    lines.map_while(entry).collect()
}

//! Counts.

use std::fmt;

use crate::session::Left;
use crate::survey::{Entry, EntryKind};

/// How many there are of each kind, and how many of them never go by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// Of koa-generic-session.
    pub koa_generic: Count,
    /// Of express-session.
    pub express: Count,
    /// Of koa-session.
    pub koa_session: Count,
    /// Objects under a prefix of sessions, with none of the signs of one.
    pub unclear: Count,
    /// Under a prefix of sessions, and no sessions.
    pub damaged: Count,
    /// Sets.
    pub sets: Count,
    /// The members of all sets together.
    pub members: u64,
    /// Everything else.
    pub other: Count,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All of them.
    pub all: u64,
    /// Those that never go by themselves.
    pub forever: u64,
}

impl Report {
    /// Counts one more.
    pub fn count(&mut self, entry: &Entry) {
        let count = match entry.kind() {
            EntryKind::KoaGeneric => &mut self.koa_generic,
            EntryKind::Express => &mut self.express,
            EntryKind::KoaSession => &mut self.koa_session,
            EntryKind::Unclear => &mut self.unclear,
            EntryKind::Damaged(_) => &mut self.damaged,
            EntryKind::Set { members } => {
                self.members = self.members.saturating_add(members);
                &mut self.sets
            }
            EntryKind::Other => &mut self.other,
        };
        count.all += 1;
        count.forever += u64::from(entry.left() == Left::Forever);
    }

    fn lines(&self) -> [(&'static str, Count); 7] {
        [
            ("koa-generic-session", self.koa_generic),
            ("express-session", self.express),
            ("koa-session", self.koa_session),
            ("sessions of no clear kind", self.unclear),
            ("damaged", self.damaged),
            ("sets", self.sets),
            ("other keys", self.other),
        ]
    }
}

/// As a table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28}{:>12}{:>16}", "", "keys", "never expiring")?;
        for (what, count) in self.lines() {
            writeln!(f, "{what:<28}{:>12}{:>16}", count.all, count.forever)?;
        }
        write!(f, "{:<28}{:>12}", "members of all sets", self.members)
    }
}

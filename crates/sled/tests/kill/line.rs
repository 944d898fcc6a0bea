//! What the child says.

use std::fmt;
use std::str::FromStr;

/// A session, by a number of its own. The low bits say whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Session(pub(crate) u64);

/// How many tasks write at once, and how many subjects each has to itself.
pub(crate) const TASKS: usize = 6;
pub(crate) const SUBJECTS: usize = 3;

impl Session {
    pub(crate) fn new(count: u64, task: usize, subject: usize) -> Self {
        Self(count * 64 + (task * SUBJECTS + subject) as u64)
    }

    /// The number of its subject, among all.
    pub(crate) fn subject(self) -> usize {
        (self.0 % 64) as usize
    }
}

/// What a task is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Create(Session),
    Replace(Session, Session),
    Update(Session, u64),
    Touch(Session),
    Renew(Session, Session),
    Delete(Session),
    RevokeOne(Session),
    RevokeAll(usize),
    RevokeOthers(Session),
}

pub(crate) enum Line {
    Begins { task: usize, op: Op },
    Done { task: usize, ended: Vec<Session> },
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(new) => write!(f, "create {}", new.0),
            Self::Replace(old, new) => write!(f, "replace {} {}", old.0, new.0),
            Self::Update(which, revision) => write!(f, "update {} {revision}", which.0),
            Self::Touch(which) => write!(f, "touch {}", which.0),
            Self::Renew(old, new) => write!(f, "renew {} {}", old.0, new.0),
            Self::Delete(which) => write!(f, "delete {}", which.0),
            Self::RevokeOne(which) => write!(f, "revoke-one {}", which.0),
            Self::RevokeAll(subject) => write!(f, "revoke-all {subject}"),
            Self::RevokeOthers(kept) => write!(f, "revoke-others {}", kept.0),
        }
    }
}

impl Line {
    /// Whole lines end with a dot: one that was cut off by the kill does not.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_suffix(" .")?.split(' ');
        let kind = words.next()?;
        let task = words.next()?.parse().ok()?;
        match kind {
            "begins" => Some(Self::Begins {
                task,
                op: parse_op(
                    words.next()?,
                    &words.map(number).collect::<Option<Vec<_>>>()?,
                )?,
            }),
            "done" => Some(Self::Done {
                task,
                ended: words
                    .map(|word| number(word).map(Session))
                    .collect::<Option<_>>()?,
            }),
            _ => None,
        }
    }
}

fn number(word: &str) -> Option<u64> {
    u64::from_str(word).ok()
}

fn parse_op(name: &str, numbers: &[u64]) -> Option<Op> {
    Some(match (name, numbers) {
        ("create", [new]) => Op::Create(Session(*new)),
        ("replace", [old, new]) => Op::Replace(Session(*old), Session(*new)),
        ("update", [which, revision]) => Op::Update(Session(*which), *revision),
        ("touch", [which]) => Op::Touch(Session(*which)),
        ("renew", [old, new]) => Op::Renew(Session(*old), Session(*new)),
        ("delete", [which]) => Op::Delete(Session(*which)),
        ("revoke-one", [which]) => Op::RevokeOne(Session(*which)),
        ("revoke-all", [subject]) => Op::RevokeAll(*subject as usize),
        ("revoke-others", [kept]) => Op::RevokeOthers(Session(*kept)),
        _ => return None,
    })
}

//! What the parent knows from what it was told.

use std::collections::{BTreeMap, BTreeSet};

use crate::line::{Op, Session};

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The sessions whose creation was acknowledged and whose end was not, with their revisions.
    pub(crate) live: BTreeMap<Session, u64>,
    /// The sessions whose end was acknowledged.
    pub(crate) ended: BTreeSet<Session>,
    /// What was begun and not acknowledged.
    pub(crate) open: BTreeMap<usize, Op>,
}

impl Known {
    pub(crate) fn begins(&mut self, task: usize, op: Op) {
        let before = self.open.insert(task, op);
        assert_eq!(before, None, "a task does one thing after the other");
    }

    pub(crate) fn done(&mut self, task: usize, ended: &[Session]) {
        let op = self.open.remove(&task).expect("it was begun");
        match op {
            Op::Create(new) => {
                self.live.insert(new, 1);
            }
            Op::Replace(old, new) => {
                self.end(old);
                self.live.insert(new, 1);
            }
            Op::Update(which, revision) => {
                self.live.insert(which, revision);
            }
            Op::Touch(_) => {}
            Op::Renew(old, new) => {
                let revision = self.live.get(&old).copied().expect("it lives");
                self.end(old);
                self.live.insert(new, revision);
            }
            Op::Delete(which) | Op::RevokeOne(which) => self.end(which),
            Op::RevokeAll(subject) => self.end_of(subject, None),
            Op::RevokeOthers(kept) => self.end_of(kept.subject(), Some(kept)),
        }
        for which in ended {
            self.end(*which);
        }
    }

    /// The sessions that an operation may have created or ended, or changed.
    pub(crate) fn in_doubt(&self) -> BTreeSet<Session> {
        let mut doubt = BTreeSet::new();
        for op in self.open.values() {
            match *op {
                // A cap may have ended any of its subject's.
                Op::Create(new) | Op::Replace(_, new) => {
                    doubt.extend(self.of(new.subject()));
                    doubt.insert(new);
                }
                Op::Update(which, _)
                | Op::Touch(which)
                | Op::Delete(which)
                | Op::RevokeOne(which) => {
                    doubt.insert(which);
                }
                Op::Renew(old, new) => doubt.extend([old, new]),
                Op::RevokeAll(subject) => doubt.extend(self.of(subject)),
                Op::RevokeOthers(kept) => {
                    doubt.extend(self.of(kept.subject()).filter(|which| *which != kept));
                }
            }
        }
        doubt
    }

    fn of(&self, subject: usize) -> impl Iterator<Item = Session> {
        self.live
            .keys()
            .copied()
            .filter(move |which| which.subject() == subject)
    }

    fn end(&mut self, which: Session) {
        self.live.remove(&which);
        self.ended.insert(which);
    }

    fn end_of(&mut self, subject: usize, kept: Option<Session>) {
        let ended: Vec<_> = self
            .of(subject)
            .filter(|which| Some(*which) != kept)
            .collect();
        for which in ended {
            self.end(which);
        }
    }
}

//! What the clients have learned from the answers so far.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cloakroom_core::store::{
    Create, CreateOutcome, DeleteOutcome, ENDED_MEMORY, LoadOutcome, RenewOutcome, TouchOutcome,
    UpdateOutcome,
};
use cloakroom_core::{Generation, Revision, SessionId, Subject, Timestamp, WriteId};

use crate::model::{Op, Outcome};

/// How many ids and writes are thought of at a time: few, so that operations meet.
const FEW: usize = 8;

/// What the clients have learned from the answers so far: what to ask with, so that much of it
/// succeeds and some of it is out of date.
#[derive(Debug, Clone, Default)]
pub(crate) struct Knowledge {
    /// Ids that name sessions, as far as known, the latest first.
    live: VecDeque<SessionId>,
    /// Ids that did.
    former: VecDeque<SessionId>,
    external: BTreeSet<SessionId>,
    owners: BTreeMap<SessionId, Option<Subject>>,
    revisions: BTreeMap<SessionId, Revision>,
    ended_by: BTreeMap<SessionId, WriteId>,
    generations: BTreeMap<Subject, Vec<Generation>>,
    writes: VecDeque<(Timestamp, Op)>,
}

impl Knowledge {
    /// An id that names a session, as far as known.
    pub(crate) fn live(&self, which: u8) -> Option<SessionId> {
        nth(self.live.iter(), which)
    }

    /// Such an id of a session of this subject.
    pub(crate) fn live_of(&self, subject: &Subject, which: u8) -> Option<SessionId> {
        let is_theirs = |id: &&SessionId| self.owner(**id).flatten().as_ref() == Some(subject);
        nth(self.live.iter().filter(is_theirs), which)
    }

    /// An id that was renewed, or whose session has ended.
    pub(crate) fn former(&self, which: u8) -> Option<SessionId> {
        nth(self.former.iter(), which)
    }

    pub(crate) fn is_external(&self, id: SessionId) -> bool {
        self.external.contains(&id)
    }

    /// Whose session an id was when last heard of; none where it was never heard of.
    pub(crate) fn owner(&self, id: SessionId) -> Option<Option<Subject>> {
        self.owners.get(&id).cloned()
    }

    pub(crate) fn revision(&self, id: SessionId) -> Revision {
        self.revisions.get(&id).copied().unwrap_or(Revision::FIRST)
    }

    pub(crate) fn ended_by(&self, id: SessionId) -> Option<WriteId> {
        self.ended_by.get(&id).copied()
    }

    /// The generation that a subject had last, or some time ago.
    pub(crate) fn generation(&self, subject: &Subject, ago: usize) -> Option<Generation> {
        let known = self.generations.get(subject)?;
        known.iter().rev().nth(ago).copied()
    }

    /// An earlier write, unless it is so long ago that nobody would retry it.
    pub(crate) fn write(&self, which: u8, now: Timestamp) -> Option<Op> {
        let (at, op) = nth(self.writes.iter(), which)?;
        (now < at.plus(ENDED_MEMORY)).then_some(op)
    }

    /// A write is on its way. Its retries count from here.
    pub(crate) fn sent(&mut self, op: &Op, now: Timestamp) {
        let is_write = matches!(
            op,
            Op::Create(_) | Op::Update(_) | Op::Renew(_) | Op::Delete(_) | Op::Revoke(_)
        );
        if is_write {
            self.writes.push_front((now, op.clone()));
            self.writes.truncate(FEW);
        }
    }

    /// A write will be sent, and nobody waits for its answer: what others may ask at the same time.
    pub(crate) fn expect(&mut self, op: &Op) {
        match op {
            Op::Create(request) => {
                let record = &request.record;
                self.lives(record.id(), record.subject().cloned(), record.revision());
                if record.is_external() {
                    self.external.insert(record.id());
                }
            }
            Op::Renew(request) => {
                let revision = self.revision(request.old);
                self.lives(request.new, request.subject.clone(), revision);
            }
            Op::Delete(request) => self.ended(request.id, request.write_id),
            _ => {}
        }
    }

    /// An answer has come.
    pub(crate) fn learn(&mut self, op: &Op, outcome: &Outcome) {
        match (op, outcome) {
            (Op::Begin { subject, .. }, Outcome::Begun(generation)) => {
                let known = self.generations.entry(subject.clone()).or_default();
                if known.last() != Some(generation) {
                    known.push(*generation);
                }
            }
            (Op::Create(request), Outcome::Created(outcome)) => self.created(request, outcome),
            (Op::Load(id), Outcome::Loaded(outcome)) => match outcome {
                LoadOutcome::Found(record) => {
                    self.revisions.insert(*id, record.revision());
                }
                LoadOutcome::Reused(_)
                | LoadOutcome::Replaced { .. }
                | LoadOutcome::Ended { .. }
                | LoadOutcome::Absent => self.gone(*id),
            },
            (Op::Touch { id, .. }, Outcome::Touched(TouchOutcome::Missing)) => self.gone(*id),
            (Op::Update(request), Outcome::Updated(outcome)) => match outcome {
                UpdateOutcome::Saved { revision } => {
                    self.revisions.insert(request.id, *revision);
                }
                UpdateOutcome::Conflict { current } => {
                    self.revisions.insert(request.id, *current);
                }
                UpdateOutcome::Missing => self.gone(request.id),
            },
            (Op::Renew(request), Outcome::Renewed(RenewOutcome::Renewed)) => {
                self.gone(request.old);
                self.lives(
                    request.new,
                    request.subject.clone(),
                    self.revision(request.old),
                );
            }
            (Op::Delete(request), Outcome::Deleted(outcome)) => match outcome {
                DeleteOutcome::Deleted { .. } => self.ended(request.id, request.write_id),
                DeleteOutcome::Conflict { current } => {
                    self.revisions.insert(request.id, *current);
                }
                DeleteOutcome::Missing => {}
            },
            (Op::Revoke(request), Outcome::Revoked(revoked)) => {
                for id in &revoked.ended {
                    self.ended(*id, request.write_id);
                }
            }
            _ => {}
        }
    }

    fn created(&mut self, request: &Create, outcome: &CreateOutcome) {
        let record = &request.record;
        let id = record.id();
        match outcome {
            CreateOutcome::Created { evicted, .. } => {
                let replaced = request.replaces.map(|old| old.id);
                for gone in evicted.iter().copied().chain(replaced) {
                    self.ended(gone, record.write_id());
                }
                self.lives(id, record.subject().cloned(), record.revision());
                if record.is_external() {
                    self.external.insert(id);
                }
            }
            CreateOutcome::Duplicate { ended_by: Some(by) } => {
                self.ended_by.insert(id, *by);
            }
            CreateOutcome::Conflict { current } => {
                let old = request.replaces.map_or(id, |old| old.id);
                self.revisions.insert(old, *current);
                self.gone(id);
            }
            CreateOutcome::Duplicate { ended_by: None } => {}
            CreateOutcome::CapReached | CreateOutcome::Superseded | CreateOutcome::Missing => {
                self.gone(id);
            }
        }
    }

    fn lives(&mut self, id: SessionId, owner: Option<Subject>, revision: Revision) {
        self.owners.insert(id, owner);
        self.revisions.insert(id, revision);
        self.live.retain(|known| *known != id);
        self.live.push_front(id);
        self.live.truncate(FEW);
    }

    fn ended(&mut self, id: SessionId, by: WriteId) {
        self.ended_by.insert(id, by);
        self.gone(id);
    }

    fn gone(&mut self, id: SessionId) {
        self.live.retain(|known| *known != id);
        self.former.retain(|known| *known != id);
        self.former.push_front(id);
        self.former.truncate(FEW);
    }
}

fn nth<'a, T: Clone + 'a>(from: impl Iterator<Item = &'a T> + Clone, which: u8) -> Option<T> {
    let known = from.clone().count().max(1);
    from.clone().nth(usize::from(which) % known).cloned()
}

//! From steps to operations.

mod create;
mod knowledge;
mod pause;
mod requests;
mod slots;

use cloakroom_core::{SessionId, Subject, Timestamp};

use crate::model::script::Kind;
use crate::model::{Op, Outcome, Step, World};

pub(crate) use pause::pause;

use knowledge::Knowledge;
use slots::{Slot, Slots};

/// A page that holds every listing of a test.
const ONE_PAGE: usize = 1000;

/// Bytes from here on choose an id that names a session, as far as known.
const LIVE: u8 = 0;

/// Bytes from here on choose an id that did.
const FORMER: u8 = 160;

/// Bytes from here on choose any id.
const ANY: u8 = 224;

/// Who carries out the operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    /// One client, one operation after the other: anything can be asked.
    One,
    /// Many at once. Each new session has a fresh id, as handles do it, unless its token is external;
    /// and nothing is asked that goes over all placements, but to purge. Operations are planned
    /// before those planned earlier have been answered.
    Many,
}

/// Makes operations of steps, out of what was answered so far.
///
/// It does not look into the model: what it does not know, it asks in vain, as clients do.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    pub(crate) world: World,
    clients: Clients,
    slots: Slots,
    knowledge: Knowledge,
    planned: u64,
}

impl Planner {
    pub(crate) fn new(world: World, clients: Clients) -> Self {
        Self {
            world,
            clients,
            slots: Slots::default(),
            knowledge: Knowledge::default(),
            planned: 0,
        }
    }

    /// Learns from an answer.
    pub(crate) fn learn(&mut self, op: &Op, outcome: &Outcome) {
        self.knowledge.learn(op, outcome);
    }

    /// The operation of a step; none where it has none now.
    pub(crate) fn plan(&mut self, step: &Step, now: Timestamp) -> Option<Op> {
        self.planned += 1;
        let op = match Kind::of(step.kind) {
            Kind::Load => Op::Load(self.id(step, step.id)),
            Kind::Create => self.create(step, now),
            Kind::Begin => self.begin(step, now),
            Kind::Update => self.update(step),
            Kind::Touch => {
                let id = self.id(step, step.id);
                let subject = self.claimed(step, id);
                Op::Touch { id, subject }
            }
            Kind::Renew => self.renew(step)?,
            Kind::Delete => self.delete(step),
            Kind::Revoke => self.revoke(step),
            Kind::TokenSet => Op::TokenSet {
                subject: self.subject(step).clone(),
                page_size: self.page_size(step),
            },
            Kind::Purge => Op::PurgeExpired {
                limit: 1 + usize::from(step.a),
            },
            Kind::Again => self.knowledge.write(step.id, now)?,
            Kind::Scan if self.clients == Clients::One => Op::Scan {
                page_size: self.page_size(step),
            },
            Kind::Count if self.clients == Clients::One => Op::Count,
            Kind::Scan | Kind::Count | Kind::Reopen => return None,
        };
        if self.clients == Clients::Many {
            if self.world.refuses(&op) {
                return None;
            }
            self.knowledge.expect(&op);
        }
        self.knowledge.sent(&op, now);
        Some(op)
    }

    /// The subject that a step is about, if any, and its placement.
    fn who(&self, step: &Step) -> (Option<Subject>, usize) {
        let [ann, bob, carol] = self.world.subjects();
        let subject = match step.who % 8 {
            0..4 => ann,
            4 => bob,
            5 => carol,
            _ => return (None, usize::from(step.who >> 3) % self.world.places().len()),
        };
        (Some(subject.clone()), self.world.place_of(subject))
    }

    /// The subject of an operation that has to have one.
    fn subject(&self, step: &Step) -> &Subject {
        let [ann, bob, carol] = self.world.subjects();
        match step.who % 8 {
            0..4 | 7 => ann,
            4 | 6 => bob,
            _ => carol,
        }
    }

    /// The subject that a request names: the session's as far as known, or now and then another.
    fn claimed(&self, step: &Step, id: SessionId) -> Option<Subject> {
        let (asked, _) = self.who(step);
        if step.who >> 5 == 7 {
            return asked;
        }
        self.knowledge.owner(id).unwrap_or(asked)
    }

    /// An id: most often of a session, else one that was, or any.
    fn id(&self, step: &Step, byte: u8) -> SessionId {
        let known = match byte {
            LIVE..FORMER => self.knowledge.live(byte % 4),
            FORMER..ANY => self.knowledge.former(byte % 4),
            _ => None,
        };
        known.unwrap_or_else(|| self.slots.id(&self.world, self.slot(step, byte)))
    }

    fn slot(&self, step: &Step, byte: u8) -> Slot {
        let (_, place) = self.who(step);
        // Now and then an id of another placement.
        let elsewhere = usize::from(byte >= 252);
        Slot::new((place + elsewhere) % self.world.places().len(), byte)
    }

    /// Small pages, so that there are many; but pages are not one atomic step.
    fn page_size(&self, step: &Step) -> usize {
        match self.clients {
            Clients::One => 1 + usize::from(step.a % 4),
            Clients::Many => ONE_PAGE,
        }
    }
}

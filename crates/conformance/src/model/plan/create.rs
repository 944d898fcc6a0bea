//! The requests of sign-ins.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::{Cap, Create, ENDED_MEMORY, OnCap, REUSE_MEMORY, Replaces};
use cloakroom_core::{
    Generation, Record, Revision, SessionId, Subject, Timeouts, Timestamp, WriteId,
};

use crate::model::plan::requests::{label, pick};
use crate::model::plan::slots::Slot;
use crate::model::plan::{Clients, FORMER, LIVE, Planner};
use crate::model::{Op, Step};

/// How long sign-ins may take.
const ATTEMPTS: [Duration; 6] = [
    Duration::from_secs(600),
    Duration::ZERO,
    Duration::from_millis(1),
    Duration::from_secs(1),
    ENDED_MEMORY,
    Duration::from_secs(3600),
];

/// Idle and overall.
const TIMEOUTS: [(Duration, Duration); 8] = [
    (Duration::from_secs(1800), Duration::from_secs(43_200)),
    (Duration::from_secs(10), Duration::from_secs(60)),
    (Duration::from_millis(10), Duration::from_secs(1)),
    (Duration::from_millis(1), Duration::from_millis(1)),
    (Duration::from_secs(60), ENDED_MEMORY),
    (Duration::from_secs(600), Duration::from_secs(600)),
    (
        Duration::from_secs(30 * 86_400),
        Duration::from_secs(30 * 86_400),
    ),
    (ENDED_MEMORY, REUSE_MEMORY),
];

impl Planner {
    pub(crate) fn begin(&self, step: &Step, now: Timestamp) -> Op {
        Op::Begin {
            subject: self.subject(step).clone(),
            until: now.plus(pick(&ATTEMPTS, step.a)),
        }
    }

    pub(crate) fn create(&mut self, step: &Step, now: Timestamp) -> Op {
        let (subject, _) = self.who(step);
        let slot = self.slot(step, step.id);
        let id = self.new_id(step, slot);
        let mut record = self.record(step, id, subject.clone(), now);
        if slot.is_external() {
            record = record.with_external();
        }
        let over = match (step.a >> 4) % 4 {
            0 => None,
            3 => Some(WriteId::random()),
            _ => self.knowledge.ended_by(id),
        };
        let cap = cap(step.b);
        let Some(subject) = subject else {
            return Op::Create(Create {
                record: Arc::new(record),
                cap,
                // Has to be refused, where somebody asks for it at all.
                generation: self.forged(step).filter(|_| step.a == u8::MAX),
                replaces: None,
                over,
            });
        };
        Op::Create(Create {
            record: Arc::new(record),
            cap,
            generation: self.began_with(&subject, step),
            replaces: self.replaces(&subject, slot, step, id),
            over,
        })
    }

    fn new_id(&mut self, step: &Step, slot: Slot) -> SessionId {
        match self.clients {
            Clients::Many if slot.is_external() => self.slots.id(&self.world, slot),
            Clients::Many => self.slots.fresh(&self.world, slot),
            Clients::One => match step.id >> 5 {
                0..4 if !slot.is_external() => self.slots.fresh(&self.world, slot),
                0..6 => self.slots.id(&self.world, slot),
                6 => self.id(step, LIVE + step.id % 4),
                _ => self.id(step, FORMER + step.id % 4),
            },
        }
    }

    fn record(
        &self,
        step: &Step,
        id: SessionId,
        subject: Option<Subject>,
        now: Timestamp,
    ) -> Record {
        let (idle, overall) = pick(&TIMEOUTS, step.c);
        let timeouts = Timeouts::new(idle, overall).unwrap_or_default();
        let payload = self.payload();
        let record = match subject {
            None => Record::anonymous(id, now, timeouts, payload),
            Some(subject) => Record::signed_in(id, subject, now, timeouts, payload),
        };
        let record = record
            .with_label(label(step.c >> 3))
            .with_remembered(step.c & 0x80 != 0);
        if record.subject().is_some() && step.c & 0x40 != 0 {
            // As of a reauthentication, whose session was created before.
            let before = now.as_millis().saturating_sub(5);
            record.with_created(Timestamp::from_millis(before))
        } else {
            record
        }
    }

    fn began_with(&self, subject: &Subject, step: &Step) -> Option<Generation> {
        match step.a % 16 {
            0..8 => None,
            8..15 => self.knowledge.generation(subject, 0),
            // One that is out of date, another subject's, or none at all.
            _ => match (step.a >> 4) % 3 {
                0 => self.knowledge.generation(subject, 1),
                1 => self.knowledge.generation(self.world.subjects().last()?, 0),
                _ => self.forged(step),
            },
        }
    }

    fn forged(&self, step: &Step) -> Option<Generation> {
        Some(Generation::from_stored([step.a; Generation::LEN]))
    }

    fn replaces(&self, of: &Subject, slot: Slot, step: &Step, new: SessionId) -> Option<Replaces> {
        let which = step.other % 4;
        let id = match step.other >> 5 {
            0..5 => return None,
            5 if slot.is_external() => new,
            // Now and then one that is not theirs, or is no more.
            7 if which == 0 => self.id(step, step.other),
            7 if which == 1 => self.knowledge.former(which)?,
            _ => self.knowledge.live_of(of, which)?,
        };
        let known = self.knowledge.revision(id);
        let revision = match (step.other >> 2) % 8 {
            6 => Revision::from_stored(known.get().saturating_sub(1)),
            7 => known.next(),
            _ => known,
        };
        Some(Replaces { id, revision })
    }
}

fn cap(byte: u8) -> Cap {
    let on_cap = match (byte >> 2) % 3 {
        0 => OnCap::EvictLeastRecentlySeen,
        1 => OnCap::EvictOldest,
        _ => OnCap::Refuse,
    };
    // One to three, which is never refused.
    Cap::new(3 - u32::from(byte % 3), on_cap).unwrap_or_default()
}

//! The requests of the writes to a session.

use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::store::{Delete, EndReason, REUSE_MEMORY, Renew, Revoke, RevokeKind, Update};
use cloakroom_core::{Label, Payload, Revision, WriteId};

use crate::model::plan::{Clients, Planner};
use crate::model::{Op, Step};

/// The last is longer than a store accepts.
const GRACES: [Duration; 8] = [
    Duration::from_secs(10),
    Duration::ZERO,
    Duration::from_millis(1),
    Duration::from_secs(60),
    Duration::from_secs(600),
    Duration::from_secs(3600),
    REUSE_MEMORY,
    Duration::from_millis(86_400_001),
];

pub(crate) fn pick<T: Copy, const N: usize>(from: &[T; N], byte: u8) -> T {
    from[usize::from(byte) % N]
}

pub(crate) fn label(byte: u8) -> Option<Label> {
    match byte % 4 {
        0 | 1 => None,
        2 => Label::new("phone").ok(),
        _ => Label::new("laptop").ok(),
    }
}

impl Planner {
    /// Data that no other write has, and that are no text.
    pub(crate) fn payload(&self) -> Payload {
        let mut bytes = format!("data {} ", self.planned).into_bytes();
        bytes.extend([0, 0xff]);
        Payload {
            codec: 1,
            bytes: Bytes::from(bytes),
        }
    }

    pub(crate) fn update(&self, step: &Step) -> Op {
        let id = self.id(step, step.id);
        let known = self.knowledge.revision(id);
        let expected = match step.other % 8 {
            0..5 => known,
            5 => known.next(),
            6 => Revision::FIRST,
            _ => Revision::from_stored(known.get().saturating_sub(1)),
        };
        Op::Update(Update {
            id,
            subject: self.claimed(step, id),
            expected,
            payload: self.payload(),
            label: label(step.a >> 1),
            touch: step.a % 2 == 1,
            write_id: WriteId::random(),
        })
    }

    pub(crate) fn renew(&mut self, step: &Step) -> Option<Op> {
        let old = self.id(step, step.id);
        if self.clients == Clients::Many && self.knowledge.is_external(old) {
            // No handle renews a token that someone else issued.
            return None;
        }
        let subject = self.claimed(step, old);
        let new = match step.other >> 5 {
            0..6 => {
                let place = self.world.place_at(old.placement());
                let slot = super::Slot::new(place, step.other).native();
                self.slots.fresh(&self.world, slot)
            }
            _ if self.clients == Clients::Many => return None,
            _ => self.id(step, step.other << 3),
        };
        Some(Op::Renew(Renew {
            old,
            new,
            subject,
            grace: pick(&GRACES, step.a),
        }))
    }

    pub(crate) fn delete(&self, step: &Step) -> Op {
        let id = self.id(step, step.id);
        let known = self.knowledge.revision(id);
        Op::Delete(Delete {
            id,
            subject: match (step.a >> 1) % 4 {
                3 => None,
                _ => self.claimed(step, id),
            },
            expected: match step.other % 4 {
                0 | 1 => None,
                2 => Some(known),
                _ => Some(known.next()),
            },
            reason: match step.a % 2 {
                0 => EndReason::Ended,
                _ => EndReason::Replaced,
            },
            write_id: WriteId::random(),
        })
    }

    pub(crate) fn revoke(&self, step: &Step) -> Op {
        let id = self.id(step, step.id);
        let owner = self.claimed(step, id);
        Op::Revoke(Revoke {
            subject: owner.unwrap_or_else(|| self.subject(step).clone()),
            kind: match step.a % 8 {
                0..4 => RevokeKind::One(id),
                4 | 5 => RevokeKind::All,
                _ => RevokeKind::AllExcept(id),
            },
            write_id: WriteId::random(),
        })
    }
}

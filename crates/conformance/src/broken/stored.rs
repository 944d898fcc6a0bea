//! What a fault makes of what is written.

use std::sync::Arc;

use cloakroom_core::semantics::{Ended, Entry, Renewed, SetHead};
use cloakroom_core::store::EndReason;
use cloakroom_core::{Deadline, Generation, Operation, Record, Subject, Timestamp};

use super::Fault;
use super::shelf::BrokenShelf;
use crate::suite::times::minutes;

impl BrokenShelf<'_> {
    /// What is stored in place of an entry.
    pub(super) fn stored(&self, entry: Entry) -> Option<Entry> {
        match entry {
            Entry::Live(record) => Some(Entry::Live(self.stored_record(record))),
            Entry::Ended(ended) => self.stored_ending(ended),
            Entry::Renewed(renewed) => Some(Entry::Renewed(self.stored_renewal(renewed))),
            other => Some(other),
        }
    }

    fn stored_record(&self, record: Arc<Record>) -> Arc<Record> {
        match (self.fault, self.operation) {
            (Fault::RenewalIsAUse, Operation::Renew) => Arc::new(record.touched(true, self.now)),
            (Fault::RenewalConfirms, Operation::Renew) => {
                Arc::new(record.touched(true, record.last_seen()))
            }
            (Fault::OldIdConfirms, Operation::Touch | Operation::Update) => {
                Arc::new(record.touched(true, record.last_seen()))
            }
            (Fault::UseConfirmsNothing, Operation::Touch | Operation::Update) => {
                Arc::new(record.renewed(record.id(), record.issued()))
            }
            _ => record,
        }
    }

    fn stored_ending(&self, ended: Ended) -> Option<Entry> {
        let until = match self.fault {
            Fault::KeepsNoMemoryOfEndings => return None,
            Fault::ForgetsEndingsEarly => Deadline::at(self.now.plus(minutes(1))),
            Fault::RemembersForever => Deadline::at(Timestamp::MAX),
            _ => ended.until,
        };
        let reason = match self.fault {
            Fault::CallsReplacedEnded => EndReason::Ended,
            Fault::CallsEndedReplaced => EndReason::Replaced,
            _ => ended.reason,
        };
        let by = ended.by;
        Some(Entry::Ended(Ended { by, reason, until }))
    }

    fn stored_renewal(&self, renewed: Renewed) -> Renewed {
        let (mut grace, mut until) = (renewed.grace, renewed.until);
        match self.fault {
            Fault::StretchesTheGrace => grace = Deadline::at(grace.instant().plus(minutes(1))),
            Fault::RemembersForever => until = Deadline::at(Timestamp::MAX),
            _ => {}
        }
        Renewed {
            grace,
            until,
            ..renewed
        }
    }

    pub(super) fn stored_head(&self, key: &Subject, head: SetHead) -> SetHead {
        let before = self.maps.sets.get(key).map(|(before, _)| *before);
        let generation = match (self.fault, before) {
            (Fault::CountsGenerationsFromZero, None) => Generation::from_stored([0; 16]),
            (Fault::CountsGenerationsFromZero, Some(before)) => {
                let count = u128::from_be_bytes(*before.generation.as_bytes());
                let step = u128::from(head.generation != before.generation);
                Generation::from_stored((count + step).to_be_bytes())
            }
            (Fault::RevokeKeepsTheGeneration, Some(before)) => before.generation,
            _ => head.generation,
        };
        let kept_until = match (self.fault, self.operation) {
            (Fault::KeepsNoEmptySet, _) => self.now,
            (Fault::KeepsEmptySetsForever, _) => Timestamp::MAX,
            (Fault::KeepsNoRevokedSet, Operation::Revoke) => self.now,
            (Fault::KeepsSetsForTheFirstAttempt, Operation::Begin) => {
                before.map_or(head.kept_until, |before| before.kept_until)
            }
            _ => head.kept_until,
        };
        SetHead {
            generation,
            kept_until,
            ..head
        }
    }
}

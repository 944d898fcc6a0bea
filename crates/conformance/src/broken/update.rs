//! Faults of `update` and `touch`.

use std::sync::Arc;

use cloakroom_core::semantics::{self, Entry, Shelf};
use cloakroom_core::store::{LoadOutcome, TouchOutcome, Update, UpdateOutcome};
use cloakroom_core::{
    Operation, Payload, Record, Result, Revision, SessionId, Subject, Timeouts, Timestamp, WriteId,
};
use tokio::task::yield_now;

use super::{BrokenStore, Fault};

pub(super) async fn update(
    store: &BrokenStore,
    request: &Update,
    now: Timestamp,
) -> Result<UpdateOutcome> {
    let mut request = request.clone();
    let there = live(store, request.id, now);
    let read = semantics::load(&store.shelf(Operation::Scan, now), request.id, now);
    let alive = matches!(&read, Ok(LoadOutcome::Found(_)));
    match (store.fault, &there) {
        (Fault::LastWriteWins, Some(there)) => request.expected = there.revision(),
        (Fault::AcceptsAnyLaterRevision, Some(there)) if request.expected > there.revision() => {
            request.expected = there.revision();
        }
        (Fault::AppliesRetriesTwice, Some(there)) if there.write_id() == request.write_id => {
            request.expected = there.revision();
            request.write_id = WriteId::random();
        }
        (Fault::RefusesRetriedUpdates, Some(there)) if there.write_id() == request.write_id => {
            request.write_id = WriteId::random();
        }
        (Fault::TakesAnySubject, Some(there)) => request.subject = there.subject().cloned(),
        (Fault::KeepsTheFirstLabel, Some(there)) => request.label = there.label().cloned(),
        (Fault::UpdateDropsVisitorsLabels, Some(there)) if there.subject().is_none() => {
            request.label = None;
        }
        (Fault::DetectsChangesByChecksum, Some(there))
            if crc32(&there.payload().bytes) == crc32(&request.payload.bytes) =>
        {
            request.payload = there.payload().clone();
        }
        (Fault::EveryUpdateIsAUse, _) => request.touch = true,
        (Fault::NoUpdateIsAUse, _) => request.touch = false,
        (Fault::UpdatesInTwoSteps, Some(there)) => {
            return update_in_two_steps(store, there, &request, now).await;
        }
        (Fault::UpdatesTheExpired, Some(there)) if there.deadline().is_over(now) => {
            let late = there.updated(&request, true, now);
            let revision = late.revision();
            put(store, Operation::Update, late, now);
            return Ok(UpdateOutcome::Saved { revision });
        }
        (Fault::ChecksThenWrites, Some(there))
            if alive
                && there.revision() == request.expected
                && there.subject() == request.subject.as_ref() =>
        {
            yield_now().await;
            let next = there.updated(&request, true, now);
            let revision = next.revision();
            put(store, Operation::Update, next, now);
            return Ok(UpdateOutcome::Saved { revision });
        }
        _ => {}
    }
    let outcome = semantics::update(&mut store.shelf(Operation::Update, now), &request, now);
    match (store.fault, outcome) {
        (Fault::SavesTheMissing, Ok(UpdateOutcome::Missing)) => {
            let made_up = made_up(request.id, request.payload, now);
            put(store, Operation::Update, made_up, now);
            let revision = Revision::FIRST;
            Ok(UpdateOutcome::Saved { revision })
        }
        (Fault::TakesErrorsForAbsent, Err(_)) => Ok(UpdateOutcome::Missing),
        (_, outcome) => outcome,
    }
}

pub(super) async fn touch(
    store: &BrokenStore,
    id: SessionId,
    subject: Option<&Subject>,
    now: Timestamp,
) -> Result<TouchOutcome> {
    let there = live(store, id, now);
    let read = semantics::load(&store.shelf(Operation::Touch, now), id, now);
    let alive = matches!(&read, Ok(LoadOutcome::Found(record)) if record.subject() == subject);
    let mut subject = subject;
    match (store.fault, &there) {
        (Fault::TouchRevivesTheExpired, Some(there)) if there.deadline().is_over(now) => {
            put(store, Operation::Touch, there.touched(true, now), now);
            return Ok(TouchOutcome::Touched);
        }
        (Fault::TouchDoesNothing, Some(_)) if alive => return Ok(TouchOutcome::Touched),
        (Fault::TouchWritesTheWholeRecord, Some(there)) if alive => {
            yield_now().await;
            put(store, Operation::Touch, there.touched(true, now), now);
            return Ok(TouchOutcome::Touched);
        }
        (Fault::TouchGoesBackward, Some(there)) if alive && now < there.last_seen() => {
            put(store, Operation::Touch, used_at(there, now), now);
            return Ok(TouchOutcome::Touched);
        }
        (Fault::TouchMovesTheOverallTimeout, Some(there)) if alive => {
            put(store, Operation::Touch, used_at(there, now), now);
            return Ok(TouchOutcome::Touched);
        }
        (Fault::TouchTakesTheRecordOut, Some(there)) if alive => {
            store.shelf(Operation::Touch, now).remove_entry(there.id());
            yield_now().await;
            put(store, Operation::Touch, there.touched(true, now), now);
            return Ok(TouchOutcome::Touched);
        }
        (Fault::TouchCountsARevision, Some(there)) if alive => {
            let change = Update {
                id,
                subject: there.subject().cloned(),
                expected: there.revision(),
                payload: there.payload().clone(),
                label: there.label().cloned(),
                touch: true,
                write_id: WriteId::random(),
            };
            put(
                store,
                Operation::Touch,
                there.updated(&change, true, now),
                now,
            );
            return Ok(TouchOutcome::Touched);
        }
        (Fault::TakesAnySubject, Some(there)) => subject = there.subject(),
        _ => {}
    }
    let outcome = semantics::touch(&mut store.shelf(Operation::Touch, now), id, subject, now);
    match (store.fault, outcome) {
        (Fault::TouchCreatesTheMissing, Ok(TouchOutcome::Missing)) if there.is_none() => {
            let nothing = Payload {
                codec: 0,
                bytes: Default::default(),
            };
            let made_up = made_up(id, nothing, now);
            put(store, Operation::Touch, made_up, now);
            Ok(TouchOutcome::Touched)
        }
        (Fault::TakesErrorsForAbsent, Err(_)) => Ok(TouchOutcome::Missing),
        (_, outcome) => outcome,
    }
}

/// The record under an id, alive or not.
pub(super) fn live(store: &BrokenStore, id: SessionId, now: Timestamp) -> Option<Arc<Record>> {
    match store.shelf(Operation::Scan, now).entry(id) {
        Ok(Some(Entry::Live(record))) => Some(record),
        _ => None,
    }
}

pub(super) fn put(store: &BrokenStore, operation: Operation, record: Record, now: Timestamp) {
    let mut shelf = store.shelf(operation, now);
    shelf.put_entry(record.id(), Entry::Live(Arc::new(record)));
}

/// The revision first, the data later.
async fn update_in_two_steps(
    store: &BrokenStore,
    there: &Record,
    request: &Update,
    now: Timestamp,
) -> Result<UpdateOutcome> {
    let half = Update {
        payload: there.payload().clone(),
        ..request.clone()
    };
    let outcome = semantics::update(&mut store.shelf(Operation::Update, now), &half, now)?;
    yield_now().await;
    if let UpdateOutcome::Saved { revision } = outcome
        && revision == there.revision().next()
    {
        put(
            store,
            Operation::Update,
            there.updated(request, true, now),
            now,
        );
    }
    Ok(outcome)
}

/// The record as if it had been made at its last use.
fn used_at(there: &Record, at: Timestamp) -> Record {
    let (timeouts, payload) = (there.timeouts(), there.payload().clone());
    match there.subject().cloned() {
        Some(subject) => Record::signed_in(there.id(), subject, at, timeouts, payload),
        None => Record::anonymous(there.id(), at, timeouts, payload),
    }
}

/// A record of what a late request holds.
fn made_up(id: SessionId, payload: Payload, now: Timestamp) -> Record {
    Record::anonymous(id, now, Timeouts::default(), payload)
}

/// That of Ethernet and of zip files.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), step);
    !bytes.iter().fold(!0, byte)
}

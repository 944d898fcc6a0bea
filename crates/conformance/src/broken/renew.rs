//! Faults of `renew`.

use std::sync::Arc;

use cloakroom_core::semantics::{self, Entry, Renewed, Shelf};
use cloakroom_core::store::{LoadOutcome, Renew, RenewOutcome, validate_renew};
use cloakroom_core::{Deadline, Operation, Payload, Record, Result, Timeouts, Timestamp};
use tokio::task::yield_now;

use super::shelf::BrokenShelf;
use super::update::{live, put};
use super::{BrokenStore, Fault};

pub(super) async fn renew(
    store: &BrokenStore,
    request: &Renew,
    now: Timestamp,
) -> Result<RenewOutcome> {
    if store.fault != Fault::AcceptsInvalidInput {
        validate_renew(request)?;
    }
    let mut request = request.clone();
    let there = live(store, request.old, now);
    let before = store.shelf(Operation::Scan, now).entry(request.old)?;
    match (store.fault, &there, before) {
        (Fault::RefusesRetriedRenewals, _, Some(Entry::Renewed(Renewed { next, .. })))
            if next == request.new =>
        {
            return Ok(RenewOutcome::AlreadyRenewed);
        }
        (Fault::RefusesASecondRenewal, _, Some(Entry::Renewed(Renewed { next, .. })))
            if next != request.new =>
        {
            return Ok(RenewOutcome::AlreadyRenewed);
        }
        (Fault::RenewsOverWhatIsThere, ..) if there.is_some() => {
            store.shelf(Operation::Renew, now).remove_entry(request.new);
        }
        (Fault::KeepsNoOldId, Some(_), _) => {
            let outcome = semantics::renew(&mut store.shelf(Operation::Renew, now), &request, now)?;
            store.shelf(Operation::Renew, now).remove_entry(request.old);
            return Ok(outcome);
        }
        (Fault::KeepsTheOldIdForever, ..) => request.grace = cloakroom_core::store::REUSE_MEMORY,
        (Fault::RenewsInTwoSteps, Some(there), _)
            if there.subject() == request.subject.as_ref() =>
        {
            store.shelf(Operation::Renew, now).remove_entry(request.old);
            yield_now().await;
            put(store, Operation::Renew, (**there).clone(), now);
        }
        (Fault::RenewsACopy, Some(there), _) => {
            yield_now().await;
            let outcome = semantics::renew(&mut store.shelf(Operation::Renew, now), &request, now)?;
            if outcome == RenewOutcome::Renewed {
                put(
                    store,
                    Operation::Renew,
                    there.renewed(request.new, now),
                    now,
                );
            }
            return Ok(outcome);
        }
        (Fault::ChecksThenRenews, Some(there), _)
            if lives(store, there, now) && there.subject() == request.subject.as_ref() =>
        {
            yield_now().await;
            renew_blindly(
                &mut store.shelf(Operation::Renew, now),
                there,
                &request,
                now,
            );
            return Ok(RenewOutcome::Renewed);
        }
        (Fault::TakesAnySubject, Some(there), _) => request.subject = there.subject().cloned(),
        _ => {}
    }
    let outcome = semantics::renew(&mut store.shelf(Operation::Renew, now), &request, now);
    match (store.fault, outcome) {
        (Fault::RenewsTheMissing, Ok(RenewOutcome::Missing)) => {
            let payload = Payload {
                codec: 0,
                bytes: Default::default(),
            };
            let record = Record::anonymous(request.new, now, Timeouts::default(), payload);
            put(store, Operation::Renew, record, now);
            Ok(RenewOutcome::Renewed)
        }
        (Fault::TakesErrorsForAbsent, Err(_)) => Ok(RenewOutcome::Missing),
        (_, outcome) => outcome,
    }
}

/// Whatever has become of the old id since it was read.
fn renew_blindly(shelf: &mut BrokenShelf<'_>, there: &Record, request: &Renew, now: Timestamp) {
    let renewed = Renewed {
        next: request.new,
        grace: Deadline::at(now.plus(request.grace)),
        until: there.overall_deadline(),
    };
    shelf.put_entry(request.old, Entry::Renewed(renewed));
    let record = there.renewed(request.new, now);
    shelf.put_entry(request.new, Entry::Live(Arc::new(record)));
    if let Some(subject) = there.subject() {
        shelf.remove_member(subject, request.old);
        shelf.add_member(subject, request.new);
    }
}

fn lives(store: &BrokenStore, there: &Record, now: Timestamp) -> bool {
    let answer = semantics::load(&store.shelf(Operation::Scan, now), there.id(), now);
    matches!(answer, Ok(LoadOutcome::Found(_)))
}

//! Faults of `delete` and `revoke`.

use std::sync::Arc;

use cloakroom_core::semantics::{self, Entry, Shelf};
use cloakroom_core::store::{Delete, DeleteOutcome, Revoke, RevokeKind, Revoked};
use cloakroom_core::{Generation, Operation, Record, Result, SessionId, Timestamp, WriteId};
use tokio::task::yield_now;

use super::shelf::BrokenShelf;
use super::update::live;
use super::{BrokenStore, Fault};

pub(super) async fn delete(
    store: &BrokenStore,
    request: &Delete,
    now: Timestamp,
) -> Result<DeleteOutcome> {
    let mut request = request.clone();
    let there = live(store, request.id, now);
    match (store.fault, &there) {
        (Fault::DeletesAnyRevision, _) => request.expected = None,
        (Fault::RefusesRetriedDeletions, None) => request.write_id = WriteId::random(),
        (Fault::DeleteNeedsTheSubject, Some(there))
            if there.subject() != request.subject.as_ref() =>
        {
            return Ok(DeleteOutcome::Missing);
        }
        (Fault::TakesAnySubject, _) => request.subject = None,
        (Fault::DeletesInTwoSteps, Some(there)) => leave_for_a_while(store, there, now).await?,
        (Fault::ChecksThenDeletes, Some(there)) if !there.deadline().is_over(now) => {
            yield_now().await;
            let outcome =
                semantics::delete(&mut store.shelf(Operation::Delete, now), &request, now)?;
            return Ok(match outcome {
                DeleteOutcome::Missing if request.subject.as_ref() == there.subject() => {
                    DeleteOutcome::Deleted { replicas: None }
                }
                other => other,
            });
        }
        _ => {}
    }
    let outcome = semantics::delete(&mut store.shelf(Operation::Delete, now), &request, now);
    match (store.fault, outcome) {
        (Fault::DeletesTheMissing, Ok(DeleteOutcome::Missing)) => {
            Ok(DeleteOutcome::Deleted { replicas: None })
        }
        (Fault::TakesErrorsForAbsent, Err(_)) => Ok(DeleteOutcome::Missing),
        (_, outcome) => outcome,
    }
}

/// Takes a member out of its set, and puts it back unless the caller has stopped waiting.
async fn leave_for_a_while(store: &BrokenStore, there: &Record, now: Timestamp) -> Result<()> {
    let Some(subject) = there.subject() else {
        return Ok(());
    };
    if !store
        .shelf(Operation::Delete, now)
        .is_member(subject, there.id())?
    {
        return Ok(());
    }
    store
        .shelf(Operation::Delete, now)
        .remove_member(subject, there.id());
    yield_now().await;
    store
        .shelf(Operation::Delete, now)
        .add_member(subject, there.id());
    Ok(())
}

pub(super) async fn revoke(
    store: &BrokenStore,
    request: &Revoke,
    now: Timestamp,
) -> Result<Revoked> {
    let mut request = request.clone();
    match (store.fault, request.kind) {
        (Fault::RevokesInTwoSteps, RevokeKind::All) => {
            return revoke_in_two_steps(store, &request, now).await;
        }
        (Fault::RepeatsRevocations, _) => request.write_id = WriteId::random(),
        (Fault::RevokesNobodyForAStranger, RevokeKind::AllExcept(id))
            if !store
                .shelf(Operation::Revoke, now)
                .is_member(&request.subject, id)? =>
        {
            return Ok(nothing());
        }
        (Fault::OthersAreAll, RevokeKind::AllExcept(_)) => request.kind = RevokeKind::All,
        (Fault::RevokesForAnyone, RevokeKind::One(id)) => {
            if let Some(Entry::Live(there)) = store.shelf(Operation::Revoke, now).entry(id)?
                && let Some(subject) = there.subject()
            {
                request.subject = subject.clone();
            }
        }
        (Fault::RevokesTheUnreadableForAnyone, RevokeKind::One(id)) => {
            let mut shelf = store.shelf(Operation::Revoke, now);
            if let Some(Entry::Damaged) = shelf.entry(id)? {
                shelf.add_member(&request.subject, id);
            }
        }
        (Fault::ChecksThenRevokes, RevokeKind::One(id)) => {
            return revoke_what_was_seen(store, &request, id, now).await;
        }
        (Fault::NothingToRevokeIsNothing, RevokeKind::All | RevokeKind::AllExcept(_)) => {
            let shelf = store.shelf(Operation::Revoke, now);
            if shelf.member_count(&request.subject)? == 0 {
                return Ok(nothing());
            }
        }
        _ => {}
    }
    let mut shelf = store.shelf(Operation::Revoke, now);
    let had_head = shelf.head(&request.subject)?.is_some();
    let before = match store.fault {
        Fault::RevokesOnlyAPage => members(&shelf, &request)?,
        _ => Vec::new(),
    };
    let mut revoked = semantics::revoke(&mut shelf, &request, now)?;
    match (store.fault, request.kind) {
        (Fault::ReportsInAnyOrder, _) => revoked.ended.reverse(),
        (Fault::RevokesOnlyAPage, RevokeKind::All | RevokeKind::AllExcept(_)) => {
            for record in before.into_iter().skip(64) {
                shelf.add_member(&request.subject, record.id());
                shelf.put_entry(record.id(), Entry::Live(record));
            }
        }
        (Fault::ForgetsRevocationsOfNothing, RevokeKind::All | RevokeKind::AllExcept(_))
            if !had_head =>
        {
            shelf.remove_head(&request.subject);
        }
        (Fault::MatchesPrefixes, RevokeKind::All) => {
            for subject in shelf.names_that_begin_with(&request.subject) {
                let other = Revoke {
                    subject,
                    ..request.clone()
                };
                revoked
                    .ended
                    .extend(semantics::revoke(&mut shelf, &other, now)?.ended);
            }
        }
        (Fault::RevokingOneSupersedes, RevokeKind::One(_)) => {
            if let Some(mut head) = shelf.head(&request.subject)? {
                head.generation = Generation::random(Operation::Revoke)?;
                shelf.put_head(&request.subject, head);
            }
        }
        _ => {}
    }
    Ok(revoked)
}

/// The sessions of a set that a revocation is to end, in the order of their ids.
fn members(shelf: &BrokenShelf<'_>, request: &Revoke) -> Result<Vec<Arc<Record>>> {
    let mut there = Vec::new();
    for id in shelf.members(&request.subject)? {
        if request.kind != RevokeKind::AllExcept(id)
            && let Some(Entry::Live(record)) = shelf.entry(id)?
        {
            there.push(record);
        }
    }
    Ok(there)
}

/// Reads who is there, and ends these: who comes between the two escapes.
async fn revoke_in_two_steps(
    store: &BrokenStore,
    request: &Revoke,
    now: Timestamp,
) -> Result<Revoked> {
    let members = store
        .shelf(Operation::Revoke, now)
        .members(&request.subject)?;
    yield_now().await;
    let mut revoked = nothing();
    for id in members {
        let one = Revoke {
            kind: RevokeKind::One(id),
            ..request.clone()
        };
        let mut shelf = store.shelf(Operation::Revoke, now);
        revoked
            .ended
            .extend(semantics::revoke(&mut shelf, &one, now)?.ended);
    }
    let mut shelf = store.shelf(Operation::Revoke, now);
    if let Some(mut head) = shelf.head(&request.subject)? {
        revoked.repeated = head.revoked_by == Some(request.write_id);
        head.generation = Generation::random(Operation::Revoke)?;
        head.kept_until = head
            .kept_until
            .max(now.plus(cloakroom_core::store::ENDED_MEMORY));
        head.revoked_by = Some(request.write_id);
        shelf.put_head(&request.subject, head);
    }
    Ok(revoked)
}

/// Two that look at the same time both say that they ended it.
async fn revoke_what_was_seen(
    store: &BrokenStore,
    request: &Revoke,
    id: SessionId,
    now: Timestamp,
) -> Result<Revoked> {
    let seen = store
        .shelf(Operation::Revoke, now)
        .is_member(&request.subject, id)?;
    yield_now().await;
    let mut revoked = semantics::revoke(&mut store.shelf(Operation::Revoke, now), request, now)?;
    if seen && revoked.ended.is_empty() {
        revoked.ended.push(id);
    }
    Ok(revoked)
}

fn nothing() -> Revoked {
    Revoked {
        ended: Vec::new(),
        repeated: false,
        replicas: None,
    }
}

//! Faults of `begin` and `create`.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::semantics::{self, Entry, Shelf};
use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, EndReason, OnCap, Replaces, validate_create,
};
use cloakroom_core::{
    Generation, Operation, Payload, Record, Result, SessionId, SessionStore as _, Subject,
    Timeouts, Timestamp,
};
use tokio::task::yield_now;

use super::load::telling;
use super::{BrokenStore, Fault, evict};

pub(super) async fn begin(
    store: &BrokenStore,
    subject: &Subject,
    until: Timestamp,
    now: Timestamp,
) -> Result<Generation> {
    if store.fault == Fault::BeginsInTwoSteps {
        let there = store.shelf(Operation::Begin, now).head(subject)?;
        yield_now().await;
        if there.is_none() {
            store.shelf(Operation::Begin, now).remove_head(subject);
        }
    }
    semantics::begin(&mut store.shelf(Operation::Begin, now), subject, until, now)
}

pub(super) async fn create(
    store: &BrokenStore,
    request: &Create,
    now: Timestamp,
) -> Result<CreateOutcome> {
    if store.fault != Fault::AcceptsInvalidInput {
        let valid = validate_create(store.placement_key(), request);
        valid.map_err(|error| match store.fault {
            Fault::ErrorsShowTheSession => telling(error, &request.record.payload().bytes),
            _ => error,
        })?;
    }
    let mut request = request.clone();
    match store.fault {
        Fault::ChecksThenInserts => checks_then_inserts(store, &request, now).await?,
        Fault::CountsThenInserts => counts_then_inserts(store, &mut request, now).await?,
        Fault::ReplacesInTwoSteps => return replaces_in_two_steps(store, request, now).await,
        _ => prepare(store, &mut request, now)?,
    }
    let mut shelf = store.shelf(Operation::Create, now);
    if store.fault == Fault::KeepsTheIdOfTheLost
        && let Some(Entry::Live(there)) = shelf.entry(request.record.id())?
        && let Some(subject) = there.subject()
        && !there.deadline().is_over(now)
        && !shelf.is_member(subject, there.id())?
    {
        return Ok(CreateOutcome::Duplicate { ended_by: None });
    }
    if evict::is_full(&shelf, &request)? {
        return Ok(CreateOutcome::CapReached);
    }
    let evicted = evict::evict(&mut shelf, &request, now)?;
    let outcome = match evicted {
        Some(_) if request.cap.on_cap() == OnCap::Refuse => CreateOutcome::CapReached,
        _ => {
            let id = request.record.id();
            let is_late = request.record.deadline().is_over(now);
            let before = shelf.entry(id)?;
            let outcome = semantics::create(&mut shelf, &request, now)?;
            if let (CreateOutcome::Created { .. }, Some(before)) = (&outcome, before)
                && is_late
                && store.fault == Fault::TheLateReplaceNothing
            {
                shelf.put_entry(id, before);
            }
            outcome
        }
    };
    Ok(answer(store.fault, outcome, evicted.unwrap_or_default()))
}

/// What is asked in place of what was asked.
fn prepare(store: &BrokenStore, request: &mut Create, now: Timestamp) -> Result<()> {
    let id = request.record.id();
    let mut shelf = store.shelf(Operation::Create, now);
    match store.fault {
        Fault::CreatesOverWhatLives => {
            let live = matches!(shelf.entry(id)?, Some(Entry::Live(_)));
            if live {
                shelf.remove_entry(id);
            }
        }
        Fault::RetriesRejoin => {
            let own = |there: &Record| there.write_id() == request.record.write_id();
            if let Some(subject) = request.record.subject()
                && let Some(Entry::Live(there)) = shelf.entry(id)?
                && own(&there)
                && !shelf.is_member(subject, id)?
            {
                shelf.remove_entry(id);
            }
        }
        Fault::CreatesOverRenewed => {
            if let Some(Entry::Renewed(_)) = shelf.entry(id)? {
                shelf.remove_entry(id);
            }
        }
        Fault::CreatesOverAnyEnding => {
            if let Some(Entry::Ended(ended)) = shelf.entry(id)? {
                request.over = request.over.map(|_| ended.by);
            }
        }
        Fault::CreatesOverNoEnding => request.over = None,
        Fault::IgnoresTheGeneration => request.generation = None,
        Fault::NeedsAGenerationOfItsOwn => {
            let head = request
                .record
                .subject()
                .map(|of| shelf.head(of))
                .transpose()?;
            // Where there is none, any will do.
            if head.flatten().is_none() {
                request.generation = None;
            }
        }
        Fault::IgnoresTheCap => {
            request.cap = Cap::new(Cap::MAX, request.cap.on_cap()).unwrap_or_default();
        }
        Fault::MixesUpEvictions => {
            let on_cap = match request.cap.on_cap() {
                OnCap::EvictOldest => OnCap::EvictLeastRecentlySeen,
                OnCap::EvictLeastRecentlySeen => OnCap::EvictOldest,
                other => other,
            };
            request.cap = Cap::new(request.cap.max(), on_cap).unwrap_or_default();
        }
        Fault::CountsOldIds => {
            let old_ids = evict::old_ids_in_grace(&shelf, request)?;
            let left = request.cap.max().saturating_sub(old_ids).max(1);
            request.cap = Cap::new(left, request.cap.on_cap()).unwrap_or_default();
        }
        Fault::ReplacesAboveTheCap if request.replaces.is_some() => {
            request.cap = Cap::new(Cap::MAX, request.cap.on_cap()).unwrap_or_default();
        }
        Fault::KeepsWhatIsReplaced => request.replaces = None,
        Fault::ReplacesAnyRevision => {
            if let Some(replaces) = &mut request.replaces
                && let Some(Entry::Live(there)) = shelf.entry(replaces.id)?
            {
                replaces.revision = there.revision();
            }
        }
        Fault::ReplacesTheAbsent => {
            if let Some(Replaces { id, .. }) = request.replaces
                && shelf.entry(id)?.is_none()
            {
                request.replaces = None;
            }
        }
        Fault::RoundsTimeoutsUp => request.record = Arc::new(rounded_up(&request.record)),
        Fault::KeepsDataAsText => request.record = Arc::new(as_text(&request.record)),
        Fault::LosesTheLabel => {
            let record = Record::clone(&request.record);
            request.record = Arc::new(record.with_label(None));
        }
        _ => {}
    }
    Ok(())
}

/// What is answered in place of the outcome.
fn answer(fault: Fault, outcome: CreateOutcome, first: Vec<SessionId>) -> CreateOutcome {
    let made = |evicted, repeated| CreateOutcome::Created { evicted, repeated };
    match (fault, outcome) {
        (Fault::DropsDuplicates, CreateOutcome::Duplicate { ended_by: None }) => {
            made(Vec::new(), false)
        }
        (Fault::RefusesRetriedCreates, CreateOutcome::Created { repeated: true, .. }) => {
            CreateOutcome::Duplicate { ended_by: None }
        }
        (Fault::TakesRetriedCreatesForNew, CreateOutcome::Created { evicted, .. }) => {
            made(evicted, false)
        }
        (Fault::ReportsNoEvictions, CreateOutcome::Created { repeated, .. }) => {
            made(Vec::new(), repeated)
        }
        (_, CreateOutcome::Created { evicted, repeated }) => {
            made([first, evicted].concat(), repeated)
        }
        (_, outcome) => outcome,
    }
}

/// Two that look at the same time both find the id free.
async fn checks_then_inserts(store: &BrokenStore, request: &Create, now: Timestamp) -> Result<()> {
    let id = request.record.id();
    let free = store.shelf(Operation::Create, now).entry(id)?.is_none();
    yield_now().await;
    if free {
        store.shelf(Operation::Create, now).remove_entry(id);
    }
    Ok(())
}

/// Two that count at the same time both find room.
async fn counts_then_inserts(
    store: &BrokenStore,
    request: &mut Create,
    now: Timestamp,
) -> Result<()> {
    let Some(subject) = request.record.subject() else {
        return Ok(());
    };
    let count = store.shelf(Operation::Create, now).member_count(subject)?;
    yield_now().await;
    if count < request.cap.max() as usize {
        request.cap = Cap::new(Cap::MAX, request.cap.on_cap()).unwrap_or_default();
    }
    Ok(())
}

/// The new one counts beside the old, and whoever stops between leaves both.
async fn replaces_in_two_steps(
    store: &BrokenStore,
    mut request: Create,
    now: Timestamp,
) -> Result<CreateOutcome> {
    let replaces = request.replaces.take();
    let outcome = semantics::create(&mut store.shelf(Operation::Create, now), &request, now)?;
    let made = matches!(
        &outcome,
        CreateOutcome::Created {
            repeated: false,
            ..
        }
    );
    if let Some(replaces) = replaces.filter(|replaces| made && replaces.id != request.record.id()) {
        yield_now().await;
        let delete = Delete {
            id: replaces.id,
            subject: request.record.subject().cloned(),
            expected: Some(replaces.revision),
            reason: EndReason::Replaced,
            write_id: request.record.write_id(),
        };
        let _ = semantics::delete(&mut store.shelf(Operation::Create, now), &delete, now)?;
    }
    Ok(outcome)
}

/// With its timeouts in whole seconds.
fn rounded_up(record: &Record) -> Record {
    let whole = |timeout: Duration| {
        Duration::from_secs(u64::try_from(timeout.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX))
    };
    let timeouts = record.timeouts();
    let (idle, overall) = (whole(timeouts.idle()), whole(timeouts.overall()));
    match Timeouts::new(idle, overall) {
        Ok(rounded) if rounded != timeouts => remade(record, rounded, record.payload().clone()),
        _ => record.clone(),
    }
}

/// With its data as text, whatever they are.
fn as_text(record: &Record) -> Record {
    let payload = record.payload();
    match String::from_utf8_lossy(&payload.bytes) {
        Cow::Borrowed(_) => record.clone(),
        Cow::Owned(text) => {
            let (codec, bytes) = (payload.codec, text.into_bytes().into());
            remade(record, record.timeouts(), Payload { codec, bytes })
        }
    }
}

fn remade(record: &Record, timeouts: Timeouts, payload: Payload) -> Record {
    let (id, at) = (record.id(), record.last_seen());
    match record.subject().cloned() {
        Some(subject) => Record::signed_in(id, subject, at, timeouts, payload),
        None => Record::anonymous(id, at, timeouts, payload),
    }
}

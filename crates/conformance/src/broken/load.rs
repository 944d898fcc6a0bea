//! Faults of `load`.

use std::sync::Arc;

use cloakroom_core::semantics::{self, Entry, Shelf};
use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{Error, Operation, Payload, Record, Result, SessionId, Timeouts, Timestamp};
use tokio::task::yield_now;

use super::store::lock;
use super::{BrokenStore, Fault};

pub(super) async fn load(
    store: &BrokenStore,
    id: SessionId,
    now: Timestamp,
) -> Result<LoadOutcome> {
    let cached = lock(&store.cache).get(&id).cloned();
    if let Some(record) = cached.filter(|record| !record.deadline().is_over(now)) {
        return Ok(LoadOutcome::Found(record));
    }
    if store.fault == Fault::FollowsOneRenewal {
        let shelf = store.shelf(Operation::Load, now);
        if let Some(Entry::Renewed(first)) = shelf.entry(id)?
            && let Some(Entry::Renewed(_)) = shelf.entry(first.next)?
        {
            return Ok(LoadOutcome::Absent);
        }
    }
    let answer = match store.fault {
        Fault::ServesTheExpired => {
            semantics::load(&store.shelf(Operation::Load, now), id, Timestamp::EPOCH)
        }
        _ => semantics::load(&store.shelf(Operation::Load, now), id, now),
    };
    match (store.fault, answer) {
        (fault, Ok(LoadOutcome::Found(record))) => {
            if fault == Fault::FillsItsCacheLate {
                // As long as a busy network takes.
                for _ in 0..16 {
                    yield_now().await;
                }
            }
            if record.id() == id && matches!(fault, Fault::CachesReads | Fault::FillsItsCacheLate) {
                lock(&store.cache).insert(id, Arc::clone(&record));
            }
            Ok(LoadOutcome::Found(record))
        }
        (Fault::AdoptsUnknownIds, Ok(LoadOutcome::Absent)) => Ok(adopt(store, id, now)?),
        (Fault::ReuseEndsTheSession, Ok(LoadOutcome::Reused(reused))) => {
            let mut shelf = store.shelf(Operation::Load, now);
            shelf.remove_entry(reused.successor);
            Ok(LoadOutcome::Reused(reused))
        }
        (Fault::CallsReplacedJustNow, Ok(LoadOutcome::Replaced { .. })) => {
            Ok(LoadOutcome::Replaced { at: now })
        }
        (Fault::CallsEndedAbsent, Ok(LoadOutcome::Ended { .. })) => Ok(LoadOutcome::Absent),
        (Fault::CallsEndedJustNow, Ok(LoadOutcome::Ended { .. })) => {
            Ok(LoadOutcome::Ended { at: now })
        }
        (Fault::TakesErrorsForAbsent, Err(_)) => Ok(LoadOutcome::Absent),
        (Fault::ErrorsShowTheSession, Err(error)) => {
            let bytes = store.sound.maps().records.get(&id).cloned();
            Err(telling(error, &bytes.unwrap_or_default()))
        }
        (_, answer) => answer,
    }
}

/// Makes a session of an id that somebody has presented.
fn adopt(store: &BrokenStore, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
    let mut shelf = store.shelf(Operation::Load, now);
    if shelf.entry(id)?.is_some() {
        return Ok(LoadOutcome::Absent);
    }
    let payload = Payload {
        codec: 0,
        bytes: Default::default(),
    };
    let record = Arc::new(Record::anonymous(id, now, Timeouts::default(), payload));
    shelf.put_entry(id, Entry::Live(Arc::clone(&record)));
    Ok(LoadOutcome::Found(record))
}

/// An error with the stored bytes as its cause.
pub(super) fn telling(error: Error, bytes: &[u8]) -> Error {
    let shown = String::from_utf8_lossy(bytes).into_owned();
    Error::with_source(error.kind(), error.operation(), shown)
}

//! Changing and touching a session.

use std::sync::Arc;

use crate::error::{Operation, Result};
use crate::semantics::resolve::resolve;
use crate::semantics::{Entry, Shelf};
use crate::session_id::SessionId;
use crate::store::{TouchOutcome, Update, UpdateOutcome};
use crate::subject::Subject;
use crate::time::Timestamp;

/// [`SessionStore::update`](crate::SessionStore::update)
///
/// # Errors
///
/// Where the record cannot be read, or the engine fails.
pub fn update(shelf: &mut impl Shelf, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
    let named = resolve(shelf, request.id, now)?;
    let Some(record) = named.live_of(request.subject.as_ref(), Operation::Update)? else {
        return Ok(UpdateOutcome::Missing);
    };
    if record.write_id() == request.write_id && record.revision() == request.expected.next() {
        return Ok(UpdateOutcome::Saved {
            revision: record.revision(),
        });
    }
    if record.revision() != request.expected {
        return Ok(UpdateOutcome::Conflict {
            current: record.revision(),
        });
    }
    let next = record.updated(request, record.id() == request.id, now);
    let revision = next.revision();
    shelf.put_entry(next.id(), Entry::Live(Arc::new(next)));
    Ok(UpdateOutcome::Saved { revision })
}

/// [`SessionStore::touch`](crate::SessionStore::touch)
///
/// # Errors
///
/// Where the record cannot be read, or the engine fails.
pub fn touch(
    shelf: &mut impl Shelf,
    id: SessionId,
    subject: Option<&Subject>,
    now: Timestamp,
) -> Result<TouchOutcome> {
    let named = resolve(shelf, id, now)?;
    let Some(record) = named.live_of(subject, Operation::Touch)? else {
        return Ok(TouchOutcome::Missing);
    };
    let by_present_id = record.id() == id;
    if record.last_seen() < now || (by_present_id && !record.is_confirmed()) {
        let touched = record.touched(by_present_id, now);
        shelf.put_entry(touched.id(), Entry::Live(Arc::new(touched)));
    }
    Ok(TouchOutcome::Touched)
}

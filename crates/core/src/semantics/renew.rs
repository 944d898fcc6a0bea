//! A new id for the same session.

use std::sync::Arc;

use crate::error::{Operation, Result};
use crate::record::Record;
use crate::semantics::end::{leave, left_behind};
use crate::semantics::resolve::{Named, renewal, resolve};
use crate::semantics::{Entry, Renewed, Shelf};
use crate::session_id::SessionId;
use crate::store::{REUSE_MEMORY, Renew, RenewOutcome};
use crate::time::{Deadline, Timestamp};

/// [`SessionStore::renew`](crate::SessionStore::renew)
///
/// # Errors
///
/// Where the record cannot be read, or the engine fails.
pub fn renew(shelf: &mut impl Shelf, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
    let named = resolve(shelf, request.old, now)?;
    let in_grace = matches!(named, Named::Live(_));
    let named = match named {
        Named::Reused(record) => Named::Live(record),
        other => other,
    };
    let Some(record) = named.live_of(request.subject.as_ref(), Operation::Renew)? else {
        return Ok(RenewOutcome::Missing);
    };
    let earlier = renewal(shelf, request.old)?;
    let grace = match earlier {
        None => Deadline::at(now.plus(request.grace)),
        Some(renewed) if renewed.next == request.new => return Ok(RenewOutcome::Renewed),
        // The answer of the first renewal was lost: nobody has used the id that it gave.
        Some(renewed) if in_grace && renewed.next == record.id() && !record.is_confirmed() => {
            renewed.grace
        }
        Some(_) => return Ok(RenewOutcome::AlreadyRenewed),
    };
    if is_taken(shelf, request.new, now)? {
        return Ok(RenewOutcome::Duplicate);
    }
    // As far as the clocks of the hosts agree, never before an id that was renewed earlier: each one
    // still leads on while it is remembered.
    let overall = record.overall_deadline().instant();
    let until = Deadline::at(now.plus(REUSE_MEMORY).min(overall));
    let renewed = Entry::Renewed(Renewed {
        next: request.new,
        grace,
        until,
    });
    let before = left_behind(shelf, request.new, record.subject(), now)?;

    if let Some((before, set_goes)) = before {
        leave(shelf, &before, request.new, set_goes);
    }
    // Where the place of an unused id is taken, both old ids lead to the new one until the grace,
    // which the first of them was given, is over.
    shelf.put_entry(request.old, renewed.clone());
    move_record(shelf, &record, request.new, renewed, now);
    Ok(RenewOutcome::Renewed)
}

fn move_record(
    shelf: &mut impl Shelf,
    record: &Record,
    new: SessionId,
    renewed: Entry,
    now: Timestamp,
) {
    shelf.put_entry(record.id(), renewed);
    shelf.put_entry(new, Entry::Live(Arc::new(record.renewed(new, now))));
    if let Some(subject) = record.subject() {
        shelf.remove_member(subject, record.id());
        shelf.add_member(subject, new);
    }
}

fn is_taken(shelf: &impl Shelf, id: SessionId, now: Timestamp) -> Result<bool> {
    let entry = shelf.entry(id)?;
    Ok(entry.is_some_and(|entry| entry.until().is_none_or(|until| !until.is_over(now))))
}

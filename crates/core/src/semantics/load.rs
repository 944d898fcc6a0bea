//! Reading a session.

use crate::error::{Error, Operation, Result};
use crate::semantics::Shelf;
use crate::semantics::resolve::{Named, resolve};
use crate::session_id::SessionId;
use crate::store::{LoadOutcome, Reused};
use crate::time::Timestamp;

/// [`SessionStore::load`](crate::SessionStore::load)
///
/// # Errors
///
/// Where the record cannot be read, or the engine fails.
pub fn load(shelf: &impl Shelf, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
    Ok(match resolve(shelf, id, now)? {
        Named::Live(record) => LoadOutcome::Found(record),
        Named::Reused(record) => LoadOutcome::Reused(Reused {
            successor: record.id(),
            subject: record.subject().cloned(),
        }),
        Named::Ended(ended) => ended.loaded(now),
        Named::Unreadable(_, kind) => return Err(Error::new(kind, Operation::Load)),
        Named::Absent => LoadOutcome::Absent,
    })
}

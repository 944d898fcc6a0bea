//! Ending sessions.

use crate::error::{Error, Operation, Result};
use crate::numbers::{Generation, WriteId};
use crate::semantics::resolve::{Named, counting, ended, kept_head, resolve, standing, take_out};
use crate::semantics::{Entry, SetHead, Shelf};
use crate::session_id::SessionId;
use crate::store::{Delete, DeleteOutcome, ENDED_MEMORY, EndReason, Revoke, RevokeKind, Revoked};
use crate::subject::Subject;
use crate::time::Timestamp;

/// [`SessionStore::delete`](crate::SessionStore::delete)
///
/// # Errors
///
/// Where a revision was asked for of a record that cannot be read, or the engine fails.
pub fn delete(shelf: &mut impl Shelf, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
    let deleted = DeleteOutcome::Deleted { replicas: None };
    let (id, subject) = match resolve(shelf, request.id, now)? {
        Named::Live(record) => {
            if request.subject.is_some() && request.subject.as_ref() != record.subject() {
                return Ok(DeleteOutcome::Missing);
            }
            if request
                .expected
                .is_some_and(|expected| expected != record.revision())
            {
                return Ok(DeleteOutcome::Conflict {
                    current: record.revision(),
                });
            }
            (record.id(), record.subject().cloned())
        }
        Named::Unreadable(_, kind) if request.expected.is_some() => {
            return Err(Error::new(kind, Operation::Delete));
        }
        Named::Unreadable(id, _) => (id, request.subject.clone()),
        Named::Ended(ended) if ended.by == request.write_id => return Ok(deleted),
        Named::Ended(_) | Named::Reused(_) | Named::Absent => return Ok(DeleteOutcome::Missing),
    };
    let leaves = match &subject {
        Some(subject) => Some((subject, set_goes_with(shelf, subject, id, now)?)),
        None => None,
    };

    shelf.put_entry(id, ended(request.write_id, request.reason, now));
    if let Some((subject, set_goes)) = leaves {
        leave(shelf, subject, id, set_goes);
    }
    Ok(deleted)
}

/// [`SessionStore::revoke`](crate::SessionStore::revoke)
///
/// # Errors
///
/// Where the engine fails.
pub fn revoke(shelf: &mut impl Shelf, request: &Revoke, now: Timestamp) -> Result<Revoked> {
    let subject = &request.subject;
    match request.kind {
        RevokeKind::One(id) => revoke_one(shelf, subject, id, request.write_id, now),
        RevokeKind::All => revoke_all(shelf, subject, None, request.write_id, now),
        RevokeKind::AllExcept(id) => {
            let kept = match resolve(shelf, id, now)? {
                Named::Live(record) if record.subject() == Some(subject) => Some(record.id()),
                _ => None,
            };
            revoke_all(shelf, subject, kept, request.write_id, now)
        }
    }
}

fn revoke_one(
    shelf: &mut impl Shelf,
    subject: &Subject,
    id: SessionId,
    write_id: WriteId,
    now: Timestamp,
) -> Result<Revoked> {
    let mut revoked = Revoked {
        ended: Vec::new(),
        repeated: false,
        replicas: None,
    };
    let id = match resolve(shelf, id, now)? {
        Named::Live(record) if record.subject() == Some(subject) => record.id(),
        Named::Unreadable(id, _) if shelf.is_member(subject, id)? => id,
        Named::Ended(ended) => {
            revoked.repeated = ended.by == write_id;
            return Ok(revoked);
        }
        _ => return Ok(revoked),
    };
    let set_goes = set_goes_with(shelf, subject, id, now)?;

    shelf.put_entry(id, ended(write_id, EndReason::Ended, now));
    leave(shelf, subject, id, set_goes);
    revoked.ended.push(id);
    Ok(revoked)
}

fn revoke_all(
    shelf: &mut impl Shelf,
    subject: &Subject,
    kept: Option<SessionId>,
    write_id: WriteId,
    now: Timestamp,
) -> Result<Revoked> {
    let mut revoked = Revoked {
        ended: Vec::new(),
        repeated: false,
        replicas: None,
    };
    let before = kept_head(shelf, subject, now)?;
    if before.is_some_and(|head| head.revoked_by == Some(write_id)) {
        revoked.repeated = true;
        return Ok(revoked);
    }
    let mut leaving = Vec::new();
    for id in shelf.members(subject)? {
        if Some(id) != kept {
            leaving.push((id, standing(shelf, subject, id, now)?));
        }
    }
    revoked.ended.extend(counting(&leaving));
    // Even where nothing was there to end: a retry would end what has come since.
    let head = SetHead {
        generation: Generation::random(Operation::Revoke)?,
        // So long that a retry meets its own write.
        kept_until: before
            .map_or(now, |head| head.kept_until)
            .max(now.plus(ENDED_MEMORY)),
        revoked_by: Some(write_id),
    };

    let entry = ended(write_id, EndReason::Ended, now);
    take_out(shelf, subject, &leaving, Some(&entry));
    shelf.put_head(subject, head);
    Ok(revoked)
}

/// Whose token set still holds an id that another is about to use, since its session is over; and
/// whether that set goes with it.
pub(super) fn left_behind(
    shelf: &impl Shelf,
    id: SessionId,
    new: Option<&Subject>,
    now: Timestamp,
) -> Result<Option<(Subject, bool)>> {
    let Some(Entry::Live(there)) = shelf.entry(id)? else {
        return Ok(None);
    };
    Ok(match there.subject() {
        Some(subject) if Some(subject) != new => {
            Some((subject.clone(), set_goes_with(shelf, subject, id, now)?))
        }
        _ => None,
    })
}

/// Takes an id out of a token set.
pub(super) fn leave(shelf: &mut impl Shelf, subject: &Subject, id: SessionId, set_goes: bool) {
    shelf.remove_member(subject, id);
    if set_goes {
        shelf.remove_head(subject);
    }
}

/// Whether a token set holds nothing any more once this member has left.
pub(super) fn set_goes_with(
    shelf: &impl Shelf,
    subject: &Subject,
    id: SessionId,
    now: Timestamp,
) -> Result<bool> {
    let Some(head) = shelf.head(subject)? else {
        return Ok(false);
    };
    if !head.is_over(now) {
        return Ok(false);
    }
    Ok(match shelf.member_count(subject)? {
        0 => true,
        1 => shelf.is_member(subject, id)?,
        _ => false,
    })
}

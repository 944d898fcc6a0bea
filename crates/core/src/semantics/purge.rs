//! Taking away what is over.

use crate::error::Result;
use crate::semantics::end::set_goes_with;
use crate::semantics::resolve::{counting, standing, take_out};
use crate::semantics::{Entry, Shelf};
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::time::Timestamp;

/// Removes an entry if it is over, a session's membership with it. Says whether it went.
///
/// # Errors
///
/// Where the engine fails.
pub fn purge_entry(shelf: &mut impl Shelf, id: SessionId, now: Timestamp) -> Result<bool> {
    let Some(entry) = shelf.entry(id)? else {
        return Ok(false);
    };
    if entry.until().is_none_or(|until| !until.is_over(now)) {
        return Ok(false);
    }
    let subject = match &entry {
        Entry::Live(record) => record.subject(),
        _ => None,
    };
    let leaves = match subject {
        Some(subject) => Some((subject, set_goes_with(shelf, subject, id, now)?)),
        None => None,
    };

    shelf.remove_entry(id);
    if let Some((subject, set_goes)) = leaves {
        shelf.remove_member(subject, id);
        if set_goes {
            shelf.remove_head(subject);
        }
    }
    Ok(true)
}

/// Removes a token set that nobody waits for any longer: members whose record is over or gone, and
/// the head where no member remains. Says whether the set went.
///
/// # Errors
///
/// Where the engine fails.
pub fn purge_set(shelf: &mut impl Shelf, subject: &Subject, now: Timestamp) -> Result<bool> {
    if !shelf.head(subject)?.is_some_and(|head| head.is_over(now)) {
        return Ok(false);
    }
    let mut members = Vec::new();
    for id in shelf.members(subject)? {
        members.push((id, standing(shelf, subject, id, now)?));
    }

    let all_gone = counting(&members).next().is_none();
    take_out(shelf, subject, &members, None);
    if all_gone {
        shelf.remove_head(subject);
    }
    Ok(all_gone)
}

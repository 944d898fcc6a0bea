//! Taking away what is over.

use crate::error::Result;
use crate::semantics::end::set_goes_with;
use crate::semantics::resolve::{Standing, standing, take_out};
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
    let members = shelf.members(subject)?;
    let mut gone = Vec::new();
    for id in &members {
        match standing(shelf, subject, *id, now)? {
            Standing::Counts => {}
            standing => gone.push((*id, standing)),
        }
    }

    let all_gone = gone.len() == members.len();
    take_out(shelf, subject, gone);
    if all_gone {
        shelf.remove_head(subject);
    }
    Ok(all_gone)
}

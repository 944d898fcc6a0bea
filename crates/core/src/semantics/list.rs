//! Listing sessions.

use std::ops::Bound;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::semantics::resolve::is_alive;
use crate::semantics::{Entry, Shelf};
use crate::session_id::SessionId;
use crate::store::{Cursor, Listed, Page, ScanPage, TokenSetPage};
use crate::subject::Subject;
use crate::time::Timestamp;

/// [`SessionStore::token_set`](crate::SessionStore::token_set), in the order of the ids. The cursor
/// is the last id of the page.
///
/// # Errors
///
/// Where the engine fails.
pub fn token_set(
    shelf: &impl Shelf,
    subject: &Subject,
    page: &Page,
    now: Timestamp,
) -> Result<TokenSetPage> {
    let members = shelf.members(subject)?;
    let after = page.after.as_ref().map(Cursor::as_bytes);
    let mut rest = members
        .into_iter()
        .filter(|id| after.is_none_or(|after| id.as_bytes().as_slice() > after))
        .peekable();
    let mut sessions = Vec::new();
    while let Some(id) = rest.next() {
        // A stray member may name an id that somebody else has got since.
        let is_theirs = |entry: &Entry| match entry {
            Entry::Live(record) => record.subject() == Some(subject),
            _ => true,
        };
        if let Some(entry) = shelf.entry(id)?.filter(is_theirs)
            && let Some(listed) = listed(shelf, id, &entry, now)?
        {
            sessions.push(listed);
        }
        if sessions.len() >= page.limit && rest.peek().is_some() {
            let next = Some(Cursor::new(id.as_bytes().to_vec()));
            return Ok(TokenSetPage { sessions, next });
        }
    }
    Ok(TokenSetPage {
        sessions,
        next: None,
    })
}

/// [`SessionStore::scan`](crate::SessionStore::scan), for an engine that keeps its records in the
/// order of their ids: `ids_from` gives those from a bound on. The cursor is the last id of the page.
///
/// A page ends where a placement does: as long as the shelf is that of one instant, a session that is
/// renewed or reauthenticated between two pages is on one of them, by one of its ids.
///
/// # Errors
///
/// [`ErrorKind::CursorLost`] where the cursor is none of this function's, or the engine fails.
pub fn scan<I: Iterator<Item = SessionId>>(
    shelf: &impl Shelf,
    ids_from: impl FnOnce(Bound<SessionId>) -> I,
    page: &Page,
    now: Timestamp,
) -> Result<ScanPage> {
    let from = match page.after.as_ref().map(|after| after.as_bytes().try_into()) {
        None => Bound::Unbounded,
        Some(Ok(id)) => Bound::Excluded(SessionId::from_stored(id)),
        Some(Err(_)) => return Err(Error::new(ErrorKind::CursorLost, Operation::Scan)),
    };
    let mut sessions = Vec::new();
    let mut last: Option<SessionId> = None;
    for id in ids_from(from) {
        if let Some(last) = last
            && last.placement() != id.placement()
            && sessions.len() >= page.limit
        {
            let next = Some(Cursor::new(last.as_bytes().to_vec()));
            return Ok(ScanPage { sessions, next });
        }
        if let Some(entry) = shelf.entry(id)? {
            sessions.extend(listed(shelf, id, &entry, now)?);
        }
        last = Some(id);
    }
    Ok(ScanPage {
        sessions,
        next: None,
    })
}

/// How a listing shows an entry; none where it shows no live session.
///
/// # Errors
///
/// Where the engine fails.
pub fn listed(
    shelf: &impl Shelf,
    id: SessionId,
    entry: &Entry,
    now: Timestamp,
) -> Result<Option<Listed>> {
    Ok(match entry {
        Entry::Live(record) if is_alive(shelf, record, now)? => {
            Some(Listed::Session(record.info()))
        }
        Entry::Damaged => Some(Listed::Damaged(id)),
        Entry::NewerVersion => Some(Listed::NewerVersion(id)),
        Entry::Live(_) | Entry::Renewed(_) | Entry::Ended(_) => None,
    })
}

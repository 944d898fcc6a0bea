//! Which session an id names.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::numbers::WriteId;
use crate::record::Record;
use crate::semantics::{Ended, Entry, Renewed, SetHead, Shelf};
use crate::session_id::SessionId;
use crate::store::{ENDED_MEMORY, EndReason, MAX_FOLLOWED_RENEWALS};
use crate::subject::Subject;
use crate::time::{Deadline, Timestamp};

/// Which session an id names.
pub(super) enum Named {
    /// A live session, by its present id or by an old one in grace.
    Live(Arc<Record>),
    /// A live session, by an old id whose grace is over.
    Reused(Arc<Record>),
    /// A session that has ended, by any of its ids.
    Ended(Ended),
    /// Something at this id that cannot be read.
    Unreadable(SessionId, ErrorKind),
    /// Nothing.
    Absent,
}

impl Named {
    /// The live session, or none; an error where a record cannot be read.
    pub(super) fn live(self, operation: Operation) -> Result<Option<Arc<Record>>> {
        match self {
            Self::Live(record) => Ok(Some(record)),
            Self::Unreadable(_, kind) => Err(Error::new(kind, operation)),
            Self::Reused(_) | Self::Ended(_) | Self::Absent => Ok(None),
        }
    }

    /// The live session of this subject, or none; an error where a record cannot be read.
    pub(super) fn live_of(
        self,
        subject: Option<&Subject>,
        operation: Operation,
    ) -> Result<Option<Arc<Record>>> {
        Ok(self
            .live(operation)?
            .filter(|record| record.subject() == subject))
    }
}

/// Finds the session that an id names, through all its renewals.
///
/// A renewal always leads to an id that was never used, so that following them comes to an end, and
/// after [`MAX_FOLLOWED_RENEWALS`] in any case.
pub(super) fn resolve(shelf: &impl Shelf, id: SessionId, now: Timestamp) -> Result<Named> {
    let mut at = id;
    let mut in_grace = true;
    for _ in 0..=MAX_FOLLOWED_RENEWALS {
        match shelf.entry(at)? {
            Some(Entry::Renewed(renewed)) => {
                if at == id {
                    if renewed.until.is_over(now) {
                        return Ok(Named::Absent);
                    }
                    // Only the grace of the id that was presented counts, not of those between.
                    in_grace = !renewed.grace.is_over(now);
                }
                at = renewed.next;
            }
            Some(Entry::Live(record)) => {
                return Ok(match is_alive(shelf, &record, now)? {
                    false => Named::Absent,
                    true if in_grace => Named::Live(record),
                    true => Named::Reused(record),
                });
            }
            Some(Entry::Ended(ended)) => {
                let forgotten = ended.until.is_over(now);
                return Ok(if forgotten {
                    Named::Absent
                } else {
                    Named::Ended(ended)
                });
            }
            Some(Entry::Damaged) => return Ok(Named::Unreadable(at, ErrorKind::Corrupt)),
            Some(Entry::NewerVersion) => return Ok(Named::Unreadable(at, ErrorKind::NewerVersion)),
            None => return Ok(Named::Absent),
        }
    }
    Ok(Named::Absent)
}

/// Whether a record lives: before its deadline and, with a subject, in its token set.
pub(super) fn is_alive(shelf: &impl Shelf, record: &Record, now: Timestamp) -> Result<bool> {
    if record.deadline().is_over(now) {
        return Ok(false);
    }
    match record.subject() {
        Some(subject) => shelf.is_member(subject, record.id()),
        None => Ok(true),
    }
}

/// The head of a token set, unless the set can go: then it has gone, whether or not somebody has
/// purged it.
pub(super) fn kept_head(
    shelf: &impl Shelf,
    subject: &Subject,
    now: Timestamp,
) -> Result<Option<SetHead>> {
    let Some(head) = shelf.head(subject)? else {
        return Ok(None);
    };
    if !head.is_over(now) {
        return Ok(Some(head));
    }
    for id in shelf.members(subject)? {
        if let Standing::Counts = standing(shelf, subject, id, now)? {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

/// What a member of a token set stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A session that is not over, as far as can be told.
    Counts,
    /// A session that is over.
    Over,
    /// No session of the subject: a damaged record that was deleted without its subject has left its
    /// membership behind.
    Stray,
}

/// What a member of a token set stands for.
pub(super) fn standing(
    shelf: &impl Shelf,
    subject: &Subject,
    member: SessionId,
    now: Timestamp,
) -> Result<Standing> {
    Ok(match shelf.entry(member)? {
        Some(Entry::Live(record)) if record.subject() == Some(subject) => {
            if record.deadline().is_over(now) {
                Standing::Over
            } else {
                Standing::Counts
            }
        }
        Some(Entry::Damaged | Entry::NewerVersion) => Standing::Counts,
        Some(Entry::Live(_) | Entry::Renewed(_) | Entry::Ended(_)) | None => Standing::Stray,
    })
}

/// Takes members out of a token set, given in the order of their ids. The sessions of those that count
/// become this entry; without one they stay, and only the others go.
///
/// The last goes first: where a shelf keeps the members in their order, all that are behind one that goes
/// move up.
pub(super) fn take_out(
    shelf: &mut impl Shelf,
    subject: &Subject,
    members: &[(SessionId, Standing)],
    ended: Option<&Entry>,
) {
    for (id, standing) in members.iter().rev() {
        match (standing, ended) {
            (Standing::Counts, None) => continue,
            (Standing::Counts, Some(ended)) => shelf.put_entry(*id, ended.clone()),
            // A record without its membership is never left behind.
            (Standing::Over, _) => shelf.remove_entry(*id),
            (Standing::Stray, _) => {}
        }
        shelf.remove_member(subject, *id);
    }
}

/// Those that count.
pub(super) fn counting(members: &[(SessionId, Standing)]) -> impl Iterator<Item = SessionId> {
    let counting = members.iter();
    let counting = counting.filter(|(_, standing)| *standing == Standing::Counts);
    counting.map(|(id, _)| *id)
}

/// The memory that an id has ended.
pub(super) fn ended(by: WriteId, reason: EndReason, now: Timestamp) -> Entry {
    Entry::Ended(Ended {
        by,
        reason,
        until: Deadline::at(now.plus(ENDED_MEMORY)),
    })
}

/// How an id was renewed. Of one that [`resolve`] found, so that the memory is not over.
pub(super) fn renewal(shelf: &impl Shelf, id: SessionId) -> Result<Option<Renewed>> {
    Ok(match shelf.entry(id)? {
        Some(Entry::Renewed(renewed)) => Some(renewed),
        _ => None,
    })
}

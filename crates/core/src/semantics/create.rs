//! Storing a new session, within a cap.

use std::sync::Arc;

use crate::error::{Operation, Result};
use crate::numbers::Generation;
use crate::record::Record;
use crate::semantics::end::{leave, left_behind};
use crate::semantics::resolve::{
    Standing, counting, ended, is_alive, kept_head, resolve, standing, take_out,
};
use crate::semantics::{Entry, SetHead, Shelf};
use crate::session_id::SessionId;
use crate::store::{Create, CreateOutcome, EndReason, OnCap, Replaces};
use crate::subject::Subject;
use crate::time::Timestamp;

/// [`SessionStore::begin`](crate::SessionStore::begin)
///
/// # Errors
///
/// Where the engine fails.
pub fn begin(
    shelf: &mut impl Shelf,
    subject: &Subject,
    until: Timestamp,
    now: Timestamp,
) -> Result<Generation> {
    let head = match kept_head(shelf, subject, now)? {
        Some(head) => SetHead {
            kept_until: head.kept_until.max(until),
            ..head
        },
        None => SetHead {
            generation: Generation::random(Operation::Begin)?,
            kept_until: until,
            revoked_by: None,
        },
    };
    shelf.put_head(subject, head);
    Ok(head.generation)
}

/// [`SessionStore::create`](crate::SessionStore::create), of a request that
/// [`validate_create`](crate::store::validate_create) has let through.
///
/// # Errors
///
/// Where the record to be replaced cannot be read, or the engine fails.
pub fn create(shelf: &mut impl Shelf, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
    let record = &request.record;
    match vacancy(shelf, request, now)? {
        Vacancy::Free => {}
        Vacancy::Own => {
            return Ok(CreateOutcome::Created {
                evicted: Vec::new(),
                repeated: true,
            });
        }
        Vacancy::Taken { ended_by } => return Ok(CreateOutcome::Duplicate { ended_by }),
    }
    let before = left_behind(shelf, record.id(), record.subject(), now)?;
    let Some(subject) = record.subject() else {
        if let Some((before, set_goes)) = before {
            leave(shelf, &before, record.id(), set_goes);
        }
        shelf.put_entry(record.id(), Entry::Live(Arc::clone(record)));
        return Ok(CreateOutcome::Created {
            evicted: Vec::new(),
            repeated: false,
        });
    };

    let head = kept_head(shelf, subject, now)?;
    if let Some(began_with) = request.generation
        && head.is_none_or(|head| head.generation != began_with)
    {
        return Ok(CreateOutcome::Superseded);
    }
    let replaced = match &request.replaces {
        None => None,
        Some(replaces) => match to_replace(shelf, replaces, subject, now)? {
            Ok(replaced) => Some(replaced),
            Err(refused) => return Ok(refused),
        },
    };
    let Some(leaving) = make_room(shelf, subject, request, replaced, now)? else {
        return Ok(CreateOutcome::CapReached);
    };
    let new_head = match head {
        Some(_) => None,
        None => Some(SetHead {
            generation: Generation::random(Operation::Create)?,
            kept_until: now,
            revoked_by: None,
        }),
    };

    if let Some((before, set_goes)) = before {
        leave(shelf, &before, record.id(), set_goes);
    }
    let evicted = ended(record.write_id(), EndReason::Ended, now);
    take_out(shelf, subject, &leaving, Some(&evicted));
    if let Some(old) = replaced.filter(|old| *old != record.id()) {
        shelf.put_entry(old, ended(record.write_id(), EndReason::Replaced, now));
        shelf.remove_member(subject, old);
    }
    if let Some(head) = new_head {
        shelf.put_head(subject, head);
    }
    if replaced == Some(record.id()) && record.deadline().is_over(now) {
        // It ended its own session by coming after its own deadline: to a store on disk, that is an ending.
        shelf.remove_entry(record.id());
        shelf.remove_member(subject, record.id());
    } else {
        // Also one that comes too late: it counts for nobody, and an earlier create of its id that comes later
        // still finds the id taken.
        shelf.put_entry(record.id(), Entry::Live(Arc::clone(record)));
        shelf.add_member(subject, record.id());
    }
    Ok(CreateOutcome::Created {
        evicted: counting(&leaving).collect(),
        repeated: false,
    })
}

/// Whether a new session can have its id.
enum Vacancy {
    Free,
    /// An earlier try of the same write is there.
    Own,
    Taken {
        ended_by: Option<crate::numbers::WriteId>,
    },
}

fn vacancy(shelf: &impl Shelf, request: &Create, now: Timestamp) -> Result<Vacancy> {
    let record = &request.record;
    let replaces_itself = request
        .replaces
        .is_some_and(|replaces| replaces.id == record.id());
    Ok(match shelf.entry(record.id())? {
        None => Vacancy::Free,
        Some(Entry::Live(there)) if there.deadline().is_over(now) => Vacancy::Free,
        Some(Entry::Live(there)) if there.write_id() == record.write_id() => {
            if is_alive(shelf, &there, now)? {
                Vacancy::Own
            } else {
                // Its set was lost, and it ended with it: no retry brings it back.
                Vacancy::Taken { ended_by: None }
            }
        }
        Some(Entry::Live(there)) if !is_alive(shelf, &there, now)? => Vacancy::Free,
        Some(Entry::Live(_)) if replaces_itself => Vacancy::Free,
        Some(Entry::Renewed(there)) if there.until.is_over(now) => Vacancy::Free,
        Some(Entry::Ended(there)) if there.until.is_over(now) => Vacancy::Free,
        Some(Entry::Ended(there)) if request.over == Some(there.by) => Vacancy::Free,
        Some(Entry::Ended(there)) => Vacancy::Taken {
            ended_by: Some(there.by),
        },
        Some(_) => Vacancy::Taken { ended_by: None },
    })
}

/// The present id of the session to be replaced, or why it cannot be.
fn to_replace(
    shelf: &impl Shelf,
    replaces: &Replaces,
    subject: &Subject,
    now: Timestamp,
) -> Result<Result<SessionId, CreateOutcome>> {
    let named = resolve(shelf, replaces.id, now)?;
    Ok(match named.live_of(Some(subject), Operation::Create)? {
        None => Err(CreateOutcome::Missing),
        Some(old) if old.revision() != replaces.revision => Err(CreateOutcome::Conflict {
            current: old.revision(),
        }),
        Some(old) => Ok(old.id()),
    })
}

/// Who leaves a token set before a new member joins, in the order of the ids: members whose session is
/// over or lost, which do not count, and those that the cap ends, which do. None where the cap refuses.
fn make_room(
    shelf: &impl Shelf,
    subject: &Subject,
    request: &Create,
    replaced: Option<SessionId>,
    now: Timestamp,
) -> Result<Option<Vec<(SessionId, Standing)>>> {
    let (new, cap) = (request.record.id(), request.cap);
    let max = cap.max() as usize;
    let mut leaving = Vec::new();
    // Below the cap even with what is over: the common case needs no look at the members.
    if shelf.member_count(subject)? < max {
        return Ok(Some(leaving));
    }
    let mut staying = Vec::new();
    for id in shelf.members(subject)? {
        if id == new || Some(id) == replaced {
            continue;
        }
        match (standing(shelf, subject, id, now)?, shelf.entry(id)?) {
            (Standing::Counts, Some(Entry::Live(record))) => {
                staying.push((eviction_rank(&record, cap.on_cap()), id));
            }
            (Standing::Counts, Some(Entry::Damaged)) => staying.push((Timestamp::EPOCH, id)),
            (Standing::Counts, _) => staying.push((Timestamp::MAX, id)),
            (standing, _) => leaving.push((id, standing)),
        }
    }
    // A create that comes after the session's own deadline adds nobody who counts.
    let joining = usize::from(!request.record.deadline().is_over(now));
    let excess = (staying.len() + joining).saturating_sub(max);
    if excess > 0 {
        if cap.on_cap() == OnCap::Refuse {
            // Above a cap that was lowered, one for another adds nobody.
            return Ok(replaced.is_some().then_some(leaving));
        }
        staying.sort_unstable();
        let evicted = staying.into_iter().take(excess);
        let evicted = evicted.map(|(_, id)| (id, Standing::Counts));
        leaving.extend(evicted);
        leaving.sort_unstable_by_key(|(id, _)| *id);
    }
    Ok(Some(leaving))
}

/// The lowest goes first.
fn eviction_rank(record: &Record, on_cap: OnCap) -> Timestamp {
    match on_cap {
        OnCap::EvictLeastRecentlySeen => record.last_seen(),
        OnCap::EvictOldest | OnCap::Refuse => record.authenticated().unwrap_or(record.created()),
    }
}

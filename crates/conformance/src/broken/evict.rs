//! Faults of the cap.

use std::cmp::Reverse;

use cloakroom_core::semantics::{self, Entry, Shelf};
use cloakroom_core::store::{Create, Delete, EndReason, OnCap};
use cloakroom_core::{Record, Result, SessionId, Timestamp};

use super::Fault;
use super::shelf::BrokenShelf;

/// Makes room before the sound store does, by a rule of its own. None where there is room, or where
/// the fault is another.
pub(super) fn evict(
    shelf: &mut BrokenShelf<'_>,
    request: &Create,
    now: Timestamp,
) -> Result<Option<Vec<SessionId>>> {
    let (Some(subject), None) = (request.record.subject(), request.replaces) else {
        return Ok(None);
    };
    if shelf.entry(request.record.id())?.is_some() {
        return Ok(None);
    }
    if !has_a_rule_of_its_own(shelf.fault) {
        return Ok(None);
    }
    let (mut members, mut lost) = (Vec::new(), 0);
    for id in shelf.members(subject)? {
        match shelf.entry(id)? {
            Some(Entry::Live(record)) => members.push(record),
            Some(_) => {}
            None => lost += 1,
        }
    }
    let over = |record: &Record| record.deadline().is_over(now);
    match shelf.fault {
        Fault::CountsTheLost => {
            let full = lost > 0 && lost + members.len() >= request.cap.max() as usize;
            return Ok(full.then(Vec::new));
        }
        // Where nobody is over, it does as the sound store.
        Fault::CountsTheExpired if members.iter().any(|record| over(record)) => {
            members.sort_by_key(|record| record.last_seen());
        }
        Fault::MakesRoomForTheDead if over(&request.record) => {
            members.retain(|record| !over(record));
            members.sort_by_key(|record| record.last_seen());
        }
        Fault::EvictsTheNewest => {
            members.retain(|record| !over(record));
            members.sort_by_key(|record| Reverse((record.last_seen(), record.id())));
        }
        Fault::EvictsTheHighestOfEquals => {
            members.retain(|record| !over(record));
            members.sort_by_key(|record| (record.last_seen(), Reverse(record.id())));
        }
        _ => return Ok(None),
    }
    let excess = (members.len() + 1).saturating_sub(request.cap.max() as usize);
    if excess == 0 {
        return Ok(None);
    }
    let mut evicted = Vec::new();
    for record in members.into_iter().take(excess) {
        let delete = Delete {
            id: record.id(),
            subject: Some(subject.clone()),
            expected: None,
            reason: EndReason::Ended,
            write_id: request.record.write_id(),
        };
        if request.cap.on_cap() != OnCap::Refuse {
            let _ = semantics::delete(shelf, &delete, now)?;
        }
        evicted.push(record.id());
    }
    evicted.sort_unstable();
    Ok(Some(evicted))
}

/// Whether it decides here who goes. To list the members for any other fault would cost each create of
/// a large set a look at all of it.
fn has_a_rule_of_its_own(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::CountsTheLost
            | Fault::CountsTheExpired
            | Fault::MakesRoomForTheDead
            | Fault::EvictsTheNewest
            | Fault::EvictsTheHighestOfEquals
    )
}

/// Whether the cap refuses, the session that is replaced left aside.
pub(super) fn is_full(shelf: &BrokenShelf<'_>, request: &Create) -> Result<bool> {
    let (Some(subject), Some(_)) = (request.record.subject(), request.replaces) else {
        return Ok(false);
    };
    let others = shelf.member_count(subject)?.saturating_sub(1);
    Ok(request.cap.on_cap() == OnCap::Refuse && others >= request.cap.max() as usize)
}

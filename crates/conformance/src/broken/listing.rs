//! Faults of `token_set`, `scan` and `count`.

use cloakroom_core::semantics;
use cloakroom_core::store::{Cursor, Listed, Page, ScanPage, TokenSetPage};
use cloakroom_core::{Error, ErrorKind, Operation, Result, SessionId, Subject, Timestamp};

use super::{BrokenStore, Fault};

pub(super) fn token_set(
    store: &BrokenStore,
    subject: &Subject,
    page: &Page,
    now: Timestamp,
) -> Result<TokenSetPage> {
    let now = as_listed(store, now);
    let shelf = store.shelf(Operation::TokenSet, now);
    let whole = |after| {
        let limit = usize::MAX;
        semantics::token_set(&shelf, subject, &Page { after, limit }, now)
    };
    match store.fault {
        Fault::PagesByPosition => {
            let (sessions, next) = by_position(whole(None)?.sessions, page);
            Ok(TokenSetPage { sessions, next })
        }
        Fault::PagesHaveNoLimit => whole(page.after.clone()),
        Fault::LosesItsCursors => {
            lost(page, Operation::TokenSet)?;
            semantics::token_set(&shelf, subject, page, now)
        }
        _ => {
            let listed = semantics::token_set(&shelf, subject, page, now)?;
            let (sessions, next) = spoilt(store.fault, listed.sessions, listed.next);
            Ok(TokenSetPage { sessions, next })
        }
    }
}

pub(super) fn scan(store: &BrokenStore, page: &Page, now: Timestamp) -> Result<ScanPage> {
    let now = as_listed(store, now);
    match store.fault {
        Fault::PagesByPosition => {
            let (sessions, next) = by_position(everybody(store, now)?.sessions, page);
            Ok(ScanPage { sessions, next })
        }
        Fault::PagesHaveNoLimit => everybody(store, now),
        Fault::PagesCutPlacements => cut(everybody(store, now)?.sessions, page),
        _ => {
            if store.fault == Fault::LosesItsCursors {
                lost(page, Operation::Scan)?;
            }
            let listed = pages(store, page, now)?;
            let (sessions, next) = spoilt(store.fault, listed.sessions, listed.next);
            Ok(ScanPage { sessions, next })
        }
    }
}

pub(super) fn count(store: &BrokenStore, now: Timestamp) -> Result<u64> {
    let now = match store.fault {
        Fault::CountsWhatIsOver => Timestamp::EPOCH,
        _ => now,
    };
    let mut count = everybody(store, now)?.sessions.len();
    if store.fault == Fault::CountsItsKeys {
        let maps = store.sound.maps();
        count = maps.records.len() + maps.memories.len() + maps.sets.len();
    }
    Ok(count as u64)
}

fn as_listed(store: &BrokenStore, now: Timestamp) -> Timestamp {
    match store.fault {
        Fault::ListsTheExpired => Timestamp::EPOCH,
        _ => now,
    }
}

fn everybody(store: &BrokenStore, now: Timestamp) -> Result<ScanPage> {
    let (after, limit) = (None, usize::MAX);
    pages(store, &Page { after, limit }, now)
}

fn pages(store: &BrokenStore, page: &Page, now: Timestamp) -> Result<ScanPage> {
    let shelf = store.shelf(Operation::Scan, now);
    let ids_from = |from| {
        let ids = shelf.maps.records.range((from, std::ops::Bound::Unbounded));
        ids.map(|(id, _)| *id)
    };
    semantics::scan(&shelf, ids_from, page, now)
}

/// What becomes of a page.
fn spoilt(
    fault: Fault,
    mut sessions: Vec<Listed>,
    mut next: Option<Cursor>,
) -> (Vec<Listed>, Option<Cursor>) {
    match fault {
        Fault::ShowsOnlyTheFirstPage => next = None,
        Fault::ShowsMembersTwice => sessions.extend(sessions.clone()),
        Fault::ListsNoLabels => {
            for listed in &mut sessions {
                if let Listed::Session(info) = listed {
                    info.label = None;
                }
            }
        }
        _ => {}
    }
    (sessions, next)
}

/// Pages that begin after so many entries, whoever these are by then.
fn by_position(all: Vec<Listed>, page: &Page) -> (Vec<Listed>, Option<Cursor>) {
    let skipped = page.after.as_ref().map(|after| after.as_bytes().len());
    let skipped = skipped.unwrap_or_default();
    let more = all.len() > skipped + page.limit;
    let next = more.then(|| Cursor::new(vec![0; skipped + page.limit]));
    (
        all.into_iter().skip(skipped).take(page.limit).collect(),
        next,
    )
}

/// Pages of exactly so many, in the order of the ids.
fn cut(all: Vec<Listed>, page: &Page) -> Result<ScanPage> {
    let after = page.after.as_ref().map(Cursor::as_bytes);
    if after.is_some_and(|after| after.len() != SessionId::LEN) {
        return Err(Error::new(ErrorKind::CursorLost, Operation::Scan));
    }
    let mut sessions = all;
    sessions.retain(|listed| after.is_none_or(|after| listed.id().as_bytes().as_slice() > after));
    let more = sessions.len() > page.limit;
    sessions.truncate(page.limit);
    let last = sessions.last().filter(|_| more);
    let next = last.map(|last| Cursor::new(last.id().as_bytes().to_vec()));
    Ok(ScanPage { sessions, next })
}

/// A cursor that means nothing is taken for a bug.
fn lost(page: &Page, operation: Operation) -> Result<()> {
    let after = page.after.as_ref().map(|after| after.as_bytes().len());
    match after {
        None | Some(SessionId::LEN) => Ok(()),
        Some(_) => Err(Error::new(ErrorKind::Internal, operation)),
    }
}

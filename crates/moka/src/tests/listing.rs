//! Scanning, counting, and what a handle to the store shows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::semantics::{self, Shelf as _};
use cloakroom_core::store::{LoadOutcome, Page};
use cloakroom_core::{Cursor, ErrorKind, Placement, SessionId, SessionStore, Subject};

use super::support::*;
use crate::MokaStore;
use crate::shelf::StripeView;
use crate::table::stripe_of;

fn page(after: Option<Cursor>, limit: usize) -> Page {
    Page { after, limit }
}

fn scan(store: &MokaStore, limit: usize) -> Vec<SessionId> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let found = now_ready(store.scan(&page(after, limit), START));
        let placements = found.sessions.iter().map(|listed| listed.id().placement());
        let last = placements.clone().next_back();
        let before_the_last = placements.filter(|placement| Some(*placement) != last);
        assert!(before_the_last.count() < limit, "a placement too many");
        ids.extend(found.sessions.iter().map(|listed| listed.id()));
        match found.next {
            Some(next) => after = Some(next),
            None => return ids,
        }
    }
}

#[test]
fn a_scan_lists_everybody_once_in_the_order_of_the_ids_for_every_page_size() {
    let store = MokaStore::new();
    let mut all = BTreeSet::new();
    // Many in one stripe, one in each of some, none in others.
    for number in 0..300_u64 {
        let request = if number.is_multiple_of(4) {
            user(number, &subject(1), START, 10)
        } else {
            visitor(number, START, 10)
        };
        let _ = store.table().create_unsettled(&request);
        all.insert(request.record.id());
    }
    for number in 0..10 {
        let request = at(Placement::from_bytes([0xff, 0]), 1_000 + number);
        let _ = store.table().create_unsettled(&request);
        all.insert(request.record.id());
    }
    let all: Vec<_> = all.into_iter().collect();
    for limit in [1, 2, 3, 7, 154, 155, 156, 309, 310, 311, 10_000] {
        assert!(scan(&store, limit) == all, "by {limit}");
    }
    assert_eq!(now_ready(store.count(START)), 310);
}

#[test]
fn a_scan_goes_on_behind_a_session_that_has_ended() {
    let store = MokaStore::new();
    for number in 0..100 {
        let _ = store.table().create_unsettled(&visitor(number, START, 10));
    }
    let all = scan(&store, 100);
    let first = now_ready(store.scan(&page(None, 10), START));
    let ended = (0..100)
        .map(|number| visitor(number, START, 10).record)
        .find(|record| record.id() == all[9])
        .unwrap();
    let _ = now_ready(store.delete(&delete(&ended), START));
    let rest = now_ready(store.scan(&page(first.next, 1_000), START));
    let rest: Vec<_> = rest.sessions.iter().map(|listed| listed.id()).collect();
    assert!(rest == all[10..]);
}

#[test]
fn neither_scan_nor_count_shows_what_is_over() {
    let store = MokaStore::new();
    let _ = store.table().create_unsettled(&visitor(1, START, 10));
    let just_alive = START.plus(IDLE - Duration::from_millis(1));
    let over = START.plus(IDLE);
    for (now, live) in [(just_alive, 1), (over, 0)] {
        assert_eq!(now_ready(store.count(now)), live);
        let found = now_ready(store.scan(&page(None, 10), now));
        assert_eq!(found.sessions.len() as u64, live);
        assert_eq!(found.next, None);
    }
}

#[test]
fn what_is_over_hides_nobody_behind_it_from_a_scan() {
    let store = MokaStore::new();
    let here = Placement::from_bytes([7, 7]);
    let mut records: Vec<_> = (0..6).map(|number| at(here, number).record).collect();
    records.sort_by_key(|record| record.id());
    for record in &records {
        let _ = store.table().create_unsettled(&create(record.clone()));
    }
    let last = records.last().unwrap();
    let _ = store.table().touch_unsettled(last, START.plus(IDLE / 2));
    let found = now_ready(store.scan(&page(None, 1), START.plus(IDLE)));
    let ids: Vec<_> = found.sessions.iter().map(|listed| listed.id()).collect();
    assert_eq!(ids, [last.id()]);
}

#[test]
fn a_cursor_of_another_store_is_lost() {
    let store = MokaStore::new();
    for bytes in [&b""[..], &[0; 31], &[0; 33]] {
        let lost = page(Some(Cursor::new(bytes.to_vec())), 10);
        let error = now_ready(async { Ok(store.scan(&lost, START).await.unwrap_err()) });
        assert_eq!(error.kind(), ErrorKind::CursorLost);
    }
    let end = page(Some(Cursor::new(vec![0xff; 32])), 10);
    assert_eq!(now_ready(store.scan(&end, START)).next, None);
}

#[test]
fn clones_share_their_data_and_the_last_one_frees_it() {
    let store = MokaStore::new();
    let clone = store.clone();
    let request = visitor(1, START, 10);
    let _ = now_ready(store.create(&request, START));
    drop(store);
    let LoadOutcome::Found(record) = now_ready(clone.load(request.record.id(), START)) else {
        panic!("a clone sees what another has stored");
    };
    // Kept as it came, not copied.
    assert!(Arc::ptr_eq(&record, &request.record));
    let weak = Arc::downgrade(&record);
    drop((record, request));
    assert!(weak.upgrade().is_some());
    drop(clone);
    assert!(weak.upgrade().is_none());
}

/// The record tells of its own subject's set, and of no other.
#[test]
fn a_session_is_a_member_of_its_own_subjects_set_alone() {
    let store = MokaStore::new();
    let (anna, bob) = (subject(1), subject(2));
    let request = user(1, &anna, START, 10);
    add(&store, &request, START);
    let id = request.record.id();
    let stripe = store.table().shared(stripe_of(id.placement()));
    let view = StripeView::new(&stripe);
    assert!(view.is_member(&anna, id).unwrap());
    assert!(!view.is_member(&bob, id).unwrap());
}

#[test]
fn debug_shows_numbers_only() {
    let store = MokaStore::builder()
        .max_anonymous(7)
        .max_anonymous_bytes(70_000)
        .build()
        .unwrap();
    let subject = Subject::new("somebody").unwrap();
    let _ = now_ready(store.create(&user(1, &subject, START, 10), START));
    let _ = now_ready(store.create(&visitor(1, START, 10), START));
    assert_eq!(
        format!("{store:?}"),
        "MokaStore { anonymous: Some(Budget { sessions: 1, weight: 10000, capacity: 70000, \
         evicted: 0, .. }), signed_in: None, .. }"
    );
}

#[test]
fn an_operation_that_panics_has_written_nothing_and_locks_nobody_out() {
    let store = MokaStore::new();
    let request = visitor(1, START, 10);
    let placement = request.record.id().placement();
    let operation = |view: &mut StripeView<'_>| -> cloakroom_core::Result<()> {
        let _ = semantics::create(view, &request, START)?;
        panic!("while it decides");
    };
    let write = || store.table().write(placement, START, operation);
    let panicked = std::thread::scope(|scope| scope.spawn(write).join());
    assert!(panicked.is_err());
    assert!(!is_there(&store, request.record.id(), START));
    add(&store, &request, START);
    check(&store);
}

//! The index of what is due.

use std::time::Duration;

use cloakroom_core::semantics::{self, Shelf as _};
use cloakroom_core::store::CreateOutcome;
use cloakroom_core::{Record, SessionId};

use super::support::*;
use crate::MokaStore;
use crate::table::{MARGIN, stripe_of};

fn unbounded() -> MokaStore {
    MokaStore::builder().unbounded_anonymous().build().unwrap()
}

#[test]
fn creating_and_deleting_does_not_grow_the_index() {
    let store = unbounded();
    let table = store.table();
    for round in 0..20 {
        for number in 0..2_000 {
            let request = visitor(round * 2_000 + number, START, 10);
            let _ = table.create_unsettled(&request);
            let _ = table.delete_unsettled(&request.record);
            // The memory that it has ended goes too, so that nothing but listings could remain.
            let _ = table.unsettled(request.record.id(), |view| {
                semantics::purge_entry(
                    view,
                    request.record.id(),
                    START.plus(Duration::from_secs(301)),
                )
            });
        }
        for at in 0..=u8::MAX {
            let sizes = table.shared(at).slots.sizes();
            assert!(sizes.listings <= 16, "{sizes:?}");
            assert_eq!(sizes.keys, 0);
        }
    }
    check(&store);
}

#[test]
fn touches_list_nothing_anew() {
    let store = unbounded();
    let table = store.table();
    let request = visitor(1, START, 10);
    let _ = table.create_unsettled(&request);
    for second in 1..50 {
        let now = START.plus(Duration::from_secs(second));
        let _ = table.touch_unsettled(&request.record, now);
    }
    let stripe = table.shared(stripe_of(request.record.id().placement()));
    assert_eq!(stripe.slots.sizes().listings, 1);
}

#[test]
fn a_session_that_was_touched_outlives_its_first_listing_and_goes_at_its_deadline() {
    let store = unbounded();
    let table = store.table();
    let request = visitor(1, START, 10);
    let _ = table.create_unsettled(&request);
    let _ = table.touch_unsettled(&request.record, START.plus(Duration::from_secs(30)));
    let first = START.plus(IDLE);
    assert_eq!(table.purge(10, first).unwrap(), 0);
    let last = first.plus(Duration::from_secs(30) - Duration::from_millis(1));
    assert_eq!(table.purge(10, last).unwrap(), 0);
    check(&store);
    assert_eq!(
        table
            .purge(10, last.plus(Duration::from_millis(1)))
            .unwrap(),
        1
    );
    check(&store);
}

#[test]
fn writes_sweep_in_passing_but_only_after_a_margin() {
    let store = unbounded();
    let table = store.table();
    let anna = subject(1);
    for number in 0..10 {
        let _ = table.create_unsettled(&user(number, &anna, START, 10));
    }
    let placement = id(0, Some(&anna)).placement();
    let live = || table.shared(stripe_of(placement)).slots.sizes().keys;
    let over = START.plus(IDLE);
    let write = |now| table.write(placement, now, |_| Ok(())).unwrap();
    write(over.plus(MARGIN - Duration::from_millis(1)));
    assert_eq!(live(), 10);
    for left in [8, 6, 4, 2, 0, 0] {
        write(over.plus(MARGIN));
        assert_eq!(live(), left);
    }
    check(&store);
    assert_eq!(table.shared(stripe_of(placement)).sets.sizes().keys, 0);
}

#[test]
fn steady_use_holds_no_more_than_what_lives() {
    let store = unbounded();
    let table = store.table();
    // Each lives for a minute, and a hundred come each second.
    for number in 0..60_000 {
        let now = START.plus(Duration::from_millis(number * 10));
        let request = visitor(number, now, 10);
        let outcome = table.write(request.record.id().placement(), now, |view| {
            semantics::create(view, &request, now)
        });
        assert!(matches!(outcome, Ok(CreateOutcome::Created { .. })));
    }
    let kept: usize = (0..=u8::MAX)
        .map(|at| table.shared(at).slots.sizes().keys)
        .sum();
    // Those of the last two minutes: idle, then the margin. Each stripe lags a little.
    assert!(kept < 12_000 + 1_500, "{kept} are kept");
    check(&store);
}

#[test]
fn memory_comes_back_after_many_have_gone() {
    let store = unbounded();
    let table = store.table();
    for number in 0..20_000 {
        let _ = table.create_unsettled(&visitor(number, START, 10));
        let _ = table.create_unsettled(&user(number, &subject(number), START, 10));
    }
    let over = START.plus(IDLE);
    let mut gone = 0;
    loop {
        match table.purge(1_000, over).unwrap() {
            0 => break,
            went => gone += went,
        }
    }
    assert_eq!(gone, 40_000);
    for at in 0..=u8::MAX {
        let stripe = table.shared(at);
        for sizes in [stripe.slots.sizes(), stripe.sets.sizes()] {
            assert_eq!(sizes.keys, 0);
            assert!(sizes.capacity <= 64 && sizes.listings <= 16, "{sizes:?}");
        }
    }
}

#[test]
fn a_set_without_members_goes_when_nobody_waits_for_it() {
    let store = unbounded();
    let table = store.table();
    let anna = subject(1);
    let placement = id(0, Some(&anna)).placement();
    let begin = |until, now| {
        table
            .write(placement, now, |view| {
                semantics::begin(view, &anna, until, now)
            })
            .unwrap()
    };
    let first = START.plus(Duration::from_secs(600));
    let generation = begin(first, START);
    // A second attempt keeps it for longer.
    let last = first.plus(Duration::from_secs(60));
    assert_eq!(begin(last, START), generation);
    assert_eq!(table.purge(10, first).unwrap(), 0);
    check(&store);
    assert_eq!(table.purge(10, last).unwrap(), 1);
    check(&store);
}

#[test]
fn a_set_that_has_members_is_not_looked_at() {
    let store = unbounded();
    let table = store.table();
    let anna = subject(1);
    let _ = table.create_unsettled(&user(1, &anna, START, 10));
    let stripe = table.shared(stripe_of(id(1, Some(&anna)).placement()));
    assert_eq!(stripe.sets.sizes().listings, 0);
    drop(stripe);
    check(&store);
}

#[test]
fn a_purge_removes_no_more_than_asked_and_goes_on_where_it_stopped() {
    let store = unbounded();
    let table = store.table();
    for number in 0..1_000 {
        let _ = table.create_unsettled(&visitor(number, START, 10));
    }
    let over = START.plus(IDLE);
    let mut rounds = Vec::new();
    while rounds.last() != Some(&0) {
        rounds.push(table.purge(300, over).unwrap());
    }
    assert_eq!(rounds, [300, 300, 300, 100, 0]);
    check(&store);
}

#[test]
fn a_purge_does_bounded_work_where_all_were_touched() {
    let store = unbounded();
    let table = store.table();
    let touched_at = START.plus(Duration::from_secs(30));
    for number in 0..20_000 {
        let request = visitor(number, START, 10);
        let _ = table.create_unsettled(&request);
        let _ = table.touch_unsettled(&request.record, touched_at);
    }
    let over = START.plus(IDLE);
    let due = || -> usize {
        let stripes = (0..=u8::MAX).map(|at| table.shared(at));
        stripes.map(|stripe| stripe.slots.due(over)).sum()
    };
    assert_eq!(due(), 20_000);
    assert_eq!(table.purge(1, over).unwrap(), 0);
    assert!((1..20_000).contains(&due()), "{} are due", due());
    for _ in 0..5 {
        assert_eq!(table.purge(1, over).unwrap(), 0);
    }
    assert_eq!(due(), 0);
    check(&store);
}

#[test]
fn a_busy_stripe_keeps_no_other_from_being_purged() {
    let store = unbounded();
    let table = store.table();
    let [busy, quiet] = [visitor(1, START, 10), visitor(2, START, 10)]
        .map(|request| request.record.id().placement());
    assert!(stripe_of(busy) < stripe_of(quiet));
    for number in 0..100 {
        let _ = table.create_unsettled(&at(busy, number));
    }
    let _ = table.create_unsettled(&at(quiet, 100));
    let over = START.plus(IDLE);
    assert_eq!(table.purge(10, over).unwrap(), 10);
    assert_eq!(table.purge(10, over).unwrap(), 10);
    assert_eq!(table.shared(stripe_of(quiet)).slots.sizes().keys, 0);
    check(&store);
}

#[test]
fn a_set_whose_last_member_leaves_is_looked_at_again() {
    let store = unbounded();
    let table = store.table();
    let anna = subject(1);
    let request = user(1, &anna, START, 10);
    let _ = table.create_unsettled(&request);
    let until = START.plus(Duration::from_secs(600));
    let _ = table.unsettled(request.record.id(), |view| {
        semantics::begin(view, &anna, until, START)
    });
    let _ = table.delete_unsettled(&request.record);
    check(&store);
    // The memory of the session's end, and the set.
    assert_eq!(table.purge(10, until).unwrap(), 2);
    check(&store);
}

#[test]
fn a_user_who_is_left_with_one_session_needs_no_list_for_it() {
    let store = unbounded();
    let table = store.table();
    let anna = subject(1);
    let is_spilled = || {
        let stripe = table.shared(stripe_of(id(0, Some(&anna)).placement()));
        stripe.sets.is_spilled(&anna)
    };
    for most in [2, 3, 20] {
        let requests: Vec<_> = (0..most)
            .map(|number| user(100 * most + number, &anna, START, 10))
            .collect();
        for request in &requests {
            let _ = table.create_unsettled(request);
        }
        assert!(is_spilled());
        for request in &requests[1..] {
            let _ = table.delete_unsettled(&request.record);
        }
        assert!(!is_spilled());
        let _ = table.delete_unsettled(&requests[0].record);
    }
    check(&store);
}

/// The hash of an id is that of a part of it: the two here differ in the rest.
#[test]
fn two_ids_of_one_hash_and_one_deadline_both_go() {
    for bloated in [false, true] {
        let store = unbounded();
        let table = store.table();
        let first = visitor(1, START, 10);
        let mut bytes = *first.record.id().as_bytes();
        bytes[SessionId::LEN - 1] = 1;
        let twin = SessionId::from_stored(bytes);
        let timeouts = first.record.timeouts();
        let second = create(Record::anonymous(twin, START, timeouts, payload(10)));
        let _ = table.create_unsettled(&first);
        let _ = table.create_unsettled(&second);
        let at = stripe_of(twin.placement());
        assert_eq!(table.shared(at).slots.sizes().listings, 2);
        if bloated {
            // Stale listings, until all are looked through: then one stands for the two.
            for number in 100..119 {
                let request = super::support::at(twin.placement(), number);
                let _ = table.create_unsettled(&request);
                let _ = table.unsettled(request.record.id(), |view| {
                    view.remove_entry(request.record.id());
                    Ok(())
                });
            }
            assert_eq!(table.shared(at).slots.sizes().listings, 1);
        }
        check(&store);
        assert_eq!(table.purge(10, START.plus(IDLE)).unwrap(), 2);
        let sizes = table.shared(at).slots.sizes();
        assert_eq!((sizes.keys, sizes.listings), (0, 0));
    }
}

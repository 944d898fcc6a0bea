//! Who leaves where there is no more room.

use std::time::Duration;

use cloakroom_core::store::{
    Cap, CreateOutcome, Page, Renew, RenewOutcome, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{Record, SessionId, SessionStore, Timeouts};

use super::support::*;
use crate::MokaStore;
use crate::size;

#[test]
fn a_flood_of_visitors_signs_nobody_out() {
    let store = MokaStore::builder()
        .max_anonymous(100)
        .max_signed_in(1_000)
        .build()
        .unwrap();
    for number in 0..1_000 {
        add(
            &store,
            &user(number, &subject(number / 3), START, 10),
            START,
        );
    }
    for number in 0..5_000 {
        add(&store, &visitor(number, START, 10), START);
    }
    for number in 0..1_000 {
        let id = id(number, Some(&subject(number / 3)));
        assert!(is_there(&store, id, START));
    }
    assert_eq!(count(&store), 1_100);
    assert_eq!(store.evicted(), 4_900);
    check(&store);
}

#[test]
fn by_default_visitors_have_a_limit_and_users_have_none() {
    let store = MokaStore::new();
    for number in 0..100_010 {
        let _ = now_ready(store.create(&visitor(number, START, 10), START));
    }
    assert_eq!(count(&store), 100_000);
    assert_eq!(store.evicted(), 10);
    assert!(store.table().budgets.signed_in.is_none());
}

#[test]
fn a_kind_without_limits_has_no_budget() {
    let store = MokaStore::builder().unbounded_anonymous().build().unwrap();
    assert!(store.table().budgets.all().next().is_none());
    add(&store, &visitor(1, START, 10_000_000), START);
    check(&store);
}

#[test]
fn the_limit_is_exact_after_every_call() {
    for limit in [1, 2, 3, 63, 64, 65, 1_000] {
        let store = MokaStore::builder().max_anonymous(limit).build().unwrap();
        for number in 0..2 * limit + 10 {
            add(&store, &visitor(number, START, 10), START);
            assert_eq!(count(&store), limit.min(number + 1));
        }
        check(&store);
    }
}

#[test]
fn the_one_seen_the_longest_ago_leaves_first() {
    let store = MokaStore::builder().max_signed_in(10).build().unwrap();
    let at = |seconds| START.plus(Duration::from_secs(seconds));
    let who = |number: u64| user(number, &subject(number), START, 10).record;
    for number in 0..10 {
        add(
            &store,
            &user(number, &subject(number), at(number), 10),
            at(number),
        );
    }
    // A touch and an update that counts as a use; an update that does not; a read, which is not told.
    let touched = who(0);
    let outcome = now_ready(store.touch(touched.id(), touched.subject(), at(20)));
    assert_eq!(outcome, TouchOutcome::Touched);
    let used = Update {
        touch: true,
        ..update(&who(1), who(1).revision(), 10)
    };
    let changed = update(&who(2), who(2).revision(), 11);
    for request in [used, changed] {
        let outcome = now_ready(store.update(&request, at(21)));
        assert!(matches!(outcome, UpdateOutcome::Saved { .. }));
    }
    assert!(is_there(&store, who(3).id(), at(22)));

    let mut left = Vec::new();
    for number in 10..20 {
        add(&store, &user(number, &subject(number), at(30), 10), at(30));
        left.extend(
            (0..10)
                .filter(|old| !left.contains(old) && !is_there(&store, who(*old).id(), at(30)))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(left, [2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    check(&store);
}

#[test]
fn a_session_leaves_with_its_membership_and_leaves_nothing_behind() {
    let store = MokaStore::builder().max_signed_in(3).build().unwrap();
    let anna = subject(1);
    for number in 0..5 {
        add(&store, &user(number, &anna, START, 10), START);
    }
    let page = Page {
        after: None,
        limit: 10,
    };
    let listed = now_ready(store.token_set(&anna, &page, START)).sessions;
    let mut listed: Vec<_> = listed.iter().map(|listed| listed.id()).collect();
    listed.sort_unstable();
    let mut expected = [2, 3, 4].map(|number| id(number, Some(&anna)));
    expected.sort_unstable();
    assert_eq!(listed, expected);
    // A cap counts who is there.
    let mut request = user(9, &anna, START, 10);
    request.cap = Cap::new(3, cloakroom_core::store::OnCap::Refuse).unwrap();
    assert_eq!(
        now_ready(store.create(&request, START)),
        CreateOutcome::CapReached
    );
    // Others push the rest out, and the set goes with the last of them, since nobody waits for it.
    for number in 10..13 {
        add(&store, &user(number, &subject(2), START, 10), START);
    }
    let stripe = crate::table::stripe_of(id(0, Some(&anna)).placement());
    let stripe = store.table().shared(stripe);
    assert_eq!(stripe.sets.head(&anna), None);
    assert!((0..5).all(|number| stripe.slots.entry(id(number, Some(&anna))).is_none()));
    drop(stripe);
    check(&store);
}

#[test]
fn a_set_that_somebody_waits_for_outlives_its_sessions() {
    let store = MokaStore::builder().max_signed_in(1).build().unwrap();
    let anna = subject(1);
    let until = START.plus(Duration::from_secs(600));
    let generation = now_ready(store.begin(&anna, until, START));
    add(&store, &user(1, &anna, START, 10), START);
    add(&store, &user(2, &subject(2), START, 10), START);
    assert!(!is_there(&store, id(1, Some(&anna)), START));
    let mut request = user(3, &anna, START, 10);
    request.generation = Some(generation);
    add(&store, &request, START);
    check(&store);
}

#[test]
fn a_renewed_session_has_one_place() {
    let store = MokaStore::builder().max_anonymous(2).build().unwrap();
    let first = visitor(1, START, 10).record;
    add(&store, &visitor(1, START, 10), START);
    let mut old = first.id();
    for number in 10..20 {
        let mut bytes = *id(number, None).as_bytes();
        bytes[..2].copy_from_slice(&old.placement().to_bytes());
        let new = SessionId::from_stored(bytes);
        let renew = Renew {
            old,
            new,
            subject: None,
            grace: Duration::ZERO,
        };
        assert_eq!(now_ready(store.renew(&renew, START)), RenewOutcome::Renewed);
        let _ = now_ready(store.touch(new, None, START));
        old = new;
    }
    add(&store, &visitor(2, START, 10), START);
    assert!(is_there(&store, old, START));
    assert_eq!(store.evicted(), 0);
    check(&store);
}

#[test]
fn ended_sessions_give_their_place_back() {
    let store = MokaStore::builder().max_anonymous(10).build().unwrap();
    for number in 0..1_000 {
        add(&store, &visitor(number, START, 10), START);
        if number >= 5 {
            let ended = visitor(number - 5, START, 10).record;
            let _ = now_ready(store.delete(&delete(&ended), START));
        }
    }
    assert_eq!((count(&store), store.evicted()), (5, 0));
    // What is over gives it back once it is swept.
    let over = START.plus(IDLE);
    while now_ready(store.purge_expired(100, over)) > 0 {}
    for number in 1_000..1_010 {
        add(&store, &visitor(number, over, 10), over);
    }
    assert_eq!(store.evicted(), 0);
    check(&store);
}

#[test]
fn what_is_over_goes_before_what_lives() {
    let store = MokaStore::builder().max_signed_in(10).build().unwrap();
    let day = Duration::from_secs(86_400);
    let long = Timeouts::new(day, day).unwrap();
    let mut living = Vec::new();
    for number in 0..5 {
        let subject = subject(number);
        let id = id(number, Some(&subject));
        let record = Record::signed_in(id, subject, START, long, payload(1));
        living.push(id);
        add(&store, &create(record), START);
    }
    // Used later, and over all the same.
    let soon = START.plus(Duration::from_secs(1));
    for number in 5..10 {
        add(&store, &user(number, &subject(number), soon, 1), soon);
    }
    let now = soon.plus(IDLE);
    for number in 10..15 {
        add(&store, &user(number, &subject(number), now, 1), now);
    }
    for id in living {
        assert!(is_there(&store, id, now), "there was room");
    }
    assert_eq!(store.evicted(), 0);
    check(&store);
    add(&store, &user(15, &subject(15), now, 1), now);
    assert_eq!((count_at(&store, now), store.evicted()), (10, 1));
}

/// However much of it there is, and in however many batches it has to be swept.
#[test]
fn all_that_is_over_goes_before_what_lives() {
    let each = size::of_record(&visitor(0, START, 1).record);
    let builder = MokaStore::builder().unbounded_anonymous();
    let store = builder.max_anonymous_bytes(3_001 * each).build().unwrap();
    let day = Duration::from_secs(86_400);
    let long = Timeouts::new(day, day).unwrap();
    let living = Record::anonymous(id(0, None), START, long, payload(1));
    let living_id = living.id();
    add(&store, &create(living), START);
    for number in 1..=3_000 {
        add(&store, &visitor(number, START, 1), START);
    }
    let over = START.plus(IDLE);
    let large = visitor(u64::MAX / 2, over, 2_500 * each as usize);
    add(&store, &large, over);
    assert!(is_there(&store, living_id, over), "there was room");
    assert_eq!(store.evicted(), 0);
    check(&store);
}

#[test]
fn a_large_newcomer_is_settled_before_its_call_returns() {
    let bytes = 64 << 20;
    let builder = MokaStore::builder().unbounded_anonymous();
    let store = builder.max_anonymous_bytes(bytes).build().unwrap();
    let each = size::of_record(&visitor(0, START, 1).record);
    for number in 0..bytes / each {
        let _ = now_ready(store.create(&visitor(number, START, 1), START));
    }
    let large = visitor(u64::MAX / 2, START, bytes as usize - 4_096);
    add(&store, &large, START);
    assert!(is_there(&store, large.record.id(), START));
    check(&store);
}

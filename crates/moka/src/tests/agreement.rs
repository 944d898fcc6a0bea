//! moka is told of things late, and in another order than they happened.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::Replaces;
use cloakroom_core::{Record, SessionStore, Timeouts};

use super::support::*;
use crate::MokaStore;
use crate::ledger::Ledger;
use crate::stripe::Swept;
use crate::table::stripe_of;

fn store() -> MokaStore {
    MokaStore::builder()
        .max_anonymous_bytes(1 << 20)
        .max_signed_in_bytes(1 << 20)
        .build()
        .unwrap()
}

fn settle(store: &MokaStore, ledger: Ledger) {
    store.table().settle(ledger, START).unwrap();
}

#[test]
fn a_delete_that_is_told_before_the_create_leaves_no_stub() {
    let store = store();
    let request = visitor(1, START, 100);
    let created = store.table().create_unsettled(&request);
    let deleted = store.table().delete_unsettled(&request.record);
    settle(&store, deleted);
    settle(&store, created);
    check(&store);
    assert_eq!(
        store
            .table()
            .budgets
            .anonymous
            .as_ref()
            .unwrap()
            .figures()
            .stubs,
        0
    );
}

#[test]
fn an_update_that_is_told_before_the_create_leaves_one_stub_of_the_new_weight() {
    let store = store();
    let request = visitor(1, START, 100);
    let created = store.table().create_unsettled(&request);
    let updated = store.table().update_unsettled(&request.record, 1, 9_000);
    settle(&store, updated);
    settle(&store, created);
    check(&store);
}

#[test]
fn updates_that_are_told_in_reverse_leave_one_stub_of_the_last_weight() {
    let store = store();
    let request = user(1, &subject(1), START, 100);
    let created = store.table().create_unsettled(&request);
    let first = store.table().update_unsettled(&request.record, 1, 9_000);
    let second = store.table().update_unsettled(&request.record, 2, 20_000);
    settle(&store, second);
    settle(&store, first);
    settle(&store, created);
    check(&store);
}

/// moka takes off the weight that an entry has when it is removed, not the one that it has counted,
/// and so its sum would drift with every session that grew shortly before its end.
#[test]
fn sessions_that_change_their_weight_and_end_do_not_shift_the_sum() {
    let store = store();
    for number in 0..200 {
        let request = visitor(number, START, 100);
        let created = store.table().create_unsettled(&request);
        settle(&store, created);
    }
    check(&store);
    for number in 0..100 {
        let record = visitor(number, START, 100).record;
        let updated = store.table().update_unsettled(&record, 1, 2_000);
        settle(&store, updated);
        let deleted = store.table().delete_unsettled(&record);
        settle(&store, deleted);
    }
    check(&store);
}

#[test]
fn a_session_chosen_to_leave_and_then_created_anew_stays() {
    let store = MokaStore::builder().max_anonymous(1).build().unwrap();
    let table = store.table();
    let budget = table.budgets.anonymous.as_ref().unwrap();
    let first = visitor(1, START, 100);
    settle(&store, table.create_unsettled(&first));
    // moka hears of another, chooses the first, and nobody has acted on it yet.
    let second = table.create_unsettled(&visitor(2, START, 100));
    for change in second.changes {
        table.tell(change);
    }
    budget.choose_who_leaves();
    // The first ends by itself, and comes again under the same id.
    let after = START.plus(IDLE);
    let again = visitor(1, after, 100);
    let (_, created) = table.unsettled(again.record.id(), |view| {
        cloakroom_core::semantics::create(view, &again, after)
    });
    table.settle(created, after).unwrap();
    let stripe = table.shared(crate::table::stripe_of(again.record.id().placement()));
    let (there, _) = stripe
        .slots
        .live(again.record.id())
        .expect("the newcomer is there");
    assert_eq!(there.write_id(), again.record.write_id());
    drop(stripe);
    assert_eq!(store.evicted(), 0, "the first has ended by itself");
    check(&store);
}

#[test]
fn a_session_chosen_to_leave_and_then_replaced_under_its_id_stays() {
    let store = MokaStore::builder().max_signed_in(1).build().unwrap();
    let table = store.table();
    let anna = subject(1);
    let first = user(1, &anna, START, 100);
    settle(&store, table.create_unsettled(&first));
    let second = table.create_unsettled(&user(2, &subject(2), START, 100));
    for change in second.changes {
        table.tell(change);
    }
    table
        .budgets
        .signed_in
        .as_ref()
        .unwrap()
        .choose_who_leaves();
    // As a token that someone else issued is, which counts from another revision.
    let mut again = user(1, &anna, START, 100);
    again.record = Arc::new(Record::clone(&again.record).with_external());
    again.replaces = Some(Replaces {
        id: first.record.id(),
        revision: first.record.revision(),
    });
    add(&store, &again, START);
    assert_eq!(store.evicted(), 1, "the second, and the first was replaced");
    check(&store);
}

#[test]
fn a_session_seen_after_it_was_chosen_leaves_and_takes_its_stub_along() {
    let store = MokaStore::builder().max_anonymous(1).build().unwrap();
    let table = store.table();
    let budget = table.budgets.anonymous.as_ref().unwrap();
    let first = visitor(1, START, 100);
    settle(&store, table.create_unsettled(&first));
    let second = table.create_unsettled(&visitor(2, START, 100));
    for change in second.changes {
        table.tell(change);
    }
    budget.choose_who_leaves();
    let touched = table.touch_unsettled(&first.record, START.plus(Duration::from_millis(1)));
    assert_eq!(touched.changes.len(), 1);
    settle(&store, touched);
    check(&store);
    assert_eq!(budget.figures().sessions, 1);
}

#[test]
fn a_touch_that_is_told_after_the_session_has_left_leaves_no_stub() {
    let store = MokaStore::builder().max_anonymous(1).build().unwrap();
    let table = store.table();
    let first = visitor(1, START, 100);
    settle(&store, table.create_unsettled(&first));
    let touched = table.touch_unsettled(&first.record, START.plus(Duration::from_millis(1)));
    settle(&store, table.create_unsettled(&visitor(2, START, 100)));
    assert_eq!(store.evicted(), 1);
    settle(&store, touched);
    check(&store);
}

#[test]
fn a_session_that_signs_in_under_its_own_id_changes_budgets() {
    let store = store();
    let table = store.table();
    let anna = subject(1);
    let after = START.plus(IDLE);
    let signed_in = user(7, &anna, after, 100);
    let anonymous = {
        let mut request = visitor(7, START, 100);
        let timeouts = request.record.timeouts();
        request.record = Arc::new(Record::anonymous(
            signed_in.record.id(),
            START,
            timeouts,
            payload(100),
        ));
        request
    };
    settle(&store, table.create_unsettled(&anonymous));
    check(&store);
    let (_, created) = table.unsettled(signed_in.record.id(), |view| {
        cloakroom_core::semantics::create(view, &signed_in, after)
    });
    table.settle(created, after).unwrap();
    check(&store);
    assert_eq!(
        table.budgets.anonymous.as_ref().unwrap().figures().sessions,
        0
    );
    assert_eq!(
        table.budgets.signed_in.as_ref().unwrap().figures().sessions,
        1
    );
}

/// moka chooses in any call, and so also in one of a purge, before it has heard of what that took away.
#[test]
fn a_purge_ends_those_whom_moka_chose_meanwhile() {
    let store = MokaStore::builder().max_anonymous(3).build().unwrap();
    let table = store.table();
    let timeouts = Timeouts::new(OVERALL, OVERALL).unwrap();
    let oldest = Record::anonymous(id(1, None), START, timeouts, payload(100));
    add(&store, &create(oldest.clone()), START);
    let [over, also_over] = [2, 3].map(|number| visitor(number, START, 100));
    add(&store, &over, START);
    add(&store, &also_over, START);
    let after = START.plus(IDLE);
    let mut swept = Ledger::default();
    let one = Swept { looked: 1, gone: 1 };
    let mut stripe = table.exclusive(stripe_of(over.record.id().placement()));
    let gone = stripe.sweep(one, after, &table.budgets, &mut swept);
    drop(stripe);
    assert_eq!(gone.unwrap(), one);
    // Another comes in its place, and moka hears of that first.
    let created = table.create_unsettled(&visitor(4, after, 100));
    table.tell_all(created.changes, after).unwrap();
    table
        .budgets
        .anonymous
        .as_ref()
        .unwrap()
        .choose_who_leaves();
    for change in swept.changes {
        table.tell(change);
    }
    assert_eq!(now_ready(store.purge_expired(10, after)), 1);
    assert!(!is_there(&store, oldest.id(), after), "it was chosen");
    check(&store);
}

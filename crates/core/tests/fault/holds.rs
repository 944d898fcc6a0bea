//! Calls that wait until they are let go.

use std::sync::Arc;

use cloakroom_core::fault::Calls;
use cloakroom_core::store::CreateOutcome;
use cloakroom_core::{ErrorKind, Operation, SessionStore};

use crate::{anonymous, now, store};

/// A call that is neither awaited nor dropped: polled once, and found to wait.
macro_rules! assert_waits {
    ($call:expr) => {
        tokio::select! {
            biased;
            _ = &mut $call => panic!("the call did not wait"),
            () = std::future::ready(()) => {}
        }
    };
}

#[tokio::test]
async fn a_call_that_is_held_before_its_effect_has_none_until_it_is_released() {
    let (store, faults) = store();
    let hold = faults.hold_before(Operation::Create);
    let request = anonymous(1);
    let mut call = store.create(&request, now());
    assert_waits!(call);
    hold.arrived().await;
    assert_eq!(store.count(now()).await.unwrap(), 0);

    hold.release();
    assert!(matches!(call.await, Ok(CreateOutcome::Created { .. })));
    assert_eq!(store.count(now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_call_that_is_held_after_its_effect_has_it_already() {
    let (store, faults) = store();
    let hold = faults.hold_after(Operation::Create);
    let request = anonymous(1);
    let mut call = store.create(&request, now());
    assert_waits!(call);
    hold.arrived().await;
    assert_eq!(store.count(now()).await.unwrap(), 1);

    // Dropping is releasing.
    drop(hold);
    assert!(matches!(call.await, Ok(CreateOutcome::Created { .. })));
}

#[tokio::test]
async fn a_call_that_is_held_can_fail_in_the_end() {
    let (store, faults) = store();
    let before = faults.hold_before(Operation::Create);
    let request = anonymous(1);
    let mut call = store.create(&request, now());
    assert_waits!(call);
    before.fail(ErrorKind::Unavailable);
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(store.count(now()).await.unwrap(), 0);

    let after = faults.hold_after(Operation::Create);
    let mut call = store.create(&request, now());
    assert_waits!(call);
    after.fail(ErrorKind::OutcomeUnknown);
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(store.count(now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_call_that_is_dropped_while_held_leaves_no_trace() {
    let (store, faults) = store();
    let hold = faults.hold_before(Operation::Create);
    let request = anonymous(1);
    let mut call = store.create(&request, now());
    assert_waits!(call);
    drop(call);
    assert_eq!(store.count(now()).await.unwrap(), 0);

    // Neither the hold nor the store minds.
    hold.arrived().await;
    hold.release();
    let _ = store.create(&request, now()).await.unwrap();
    assert_eq!(store.count(now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_hold_that_has_ended_meets_no_later_call() {
    let (store, faults) = store();
    faults
        .hold_before(Calls::any().always())
        .fail(ErrorKind::Denied);
    store.count(now()).await.unwrap();

    // Nor does it stand in the way of a later fault.
    drop(faults.hold_before(Calls::any().always()));
    faults.fail_before(Operation::Count, ErrorKind::Unavailable);
    let error = store.count(now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn clearing_leaves_held_calls_to_their_hold() {
    let (store, faults) = store();
    let hold = faults.hold_before(Operation::Count);
    let mut call = store.count(now());
    assert_waits!(call);
    faults.clear();
    assert_waits!(call);
    hold.release();
    call.await.unwrap();
}

#[tokio::test]
async fn a_hold_waits_for_several_calls() {
    let (store, faults) = store();
    let store = Arc::new(store);
    let hold = faults.hold_before(Calls::to(Operation::Create).times(3));
    let calls: Vec<_> = (1..=4)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.create(&anonymous(number), now()).await })
        })
        .collect();
    hold.arrivals(3).await;
    // The fourth was not asked for, and does not wait.
    while store.count(now()).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.count(now()).await.unwrap(), 1);
    hold.release();
    for call in calls {
        let _ = call.await.unwrap().unwrap();
    }
    assert_eq!(store.count(now()).await.unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_work_across_threads() {
    let (store, faults) = store();
    let store = Arc::new(store);
    for round in 0..200 {
        let hold = faults.hold_before(Operation::Count);
        let call = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.count(now()).await }
        });
        if round % 2 == 0 {
            hold.arrived().await;
        }
        hold.release();
        call.await.unwrap().unwrap();
    }
}

//! The store that fails on demand.

#![cfg(feature = "testing")]

mod support;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::fault::{Calls, FaultStore, Faults, InjectedFault};
use cloakroom_core::store::*;
use cloakroom_core::{
    Clock as _, Error, ErrorKind, ManualClock, Operation, Payload, Record, SessionId, SessionStore,
    Subject, Timeouts, Timestamp, WriteId,
};
use support::MapStore;

fn now() -> Timestamp {
    ManualClock::new().now()
}

fn store() -> (FaultStore<MapStore>, Faults) {
    let store = FaultStore::new(MapStore::default());
    let faults = store.faults();
    (store, faults)
}

fn id(number: u8) -> SessionId {
    SessionId::from_stored([number; SessionId::LEN])
}

fn anonymous(number: u8) -> Create {
    let payload = Payload {
        codec: 1,
        bytes: Bytes::from_static(b"{}"),
    };
    Create {
        record: Record::anonymous(id(number), now(), Timeouts::default(), payload),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

/// Calls every operation of a store once, and says what became of each.
#[expect(clippy::unwrap_used, reason = "a test may panic")]
async fn call_all(store: &dyn SessionStore) -> Vec<(Operation, Result<(), Error>)> {
    let subject = Subject::new("ada").unwrap();
    let create = anonymous(1);
    let update = Update {
        id: id(1),
        subject: None,
        expected: create.record.revision(),
        payload: create.record.payload().clone(),
        label: None,
        touch: true,
        write_id: WriteId::random(),
    };
    let renew = Renew {
        old: id(1),
        new: SessionId::from_stored({
            let mut bytes = [1; SessionId::LEN];
            bytes[31] = 2;
            bytes
        }),
        subject: None,
        grace: Duration::ZERO,
    };
    let delete = Delete {
        id: renew.new,
        subject: None,
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    };
    let revoke = Revoke {
        subject: subject.clone(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let page = Page {
        after: None,
        limit: 10,
    };
    vec![
        (
            Operation::Begin,
            store.begin(&subject, now(), now()).await.map(drop),
        ),
        (
            Operation::Create,
            store.create(&create, now()).await.map(drop),
        ),
        (Operation::Load, store.load(id(1), now()).await.map(drop)),
        (
            Operation::Update,
            store.update(&update, now()).await.map(drop),
        ),
        (
            Operation::Touch,
            store.touch(id(1), None, now()).await.map(drop),
        ),
        (Operation::Renew, store.renew(&renew, now()).await.map(drop)),
        (
            Operation::Delete,
            store.delete(&delete, now()).await.map(drop),
        ),
        (
            Operation::TokenSet,
            store.token_set(&subject, &page, now()).await.map(drop),
        ),
        (
            Operation::Revoke,
            store.revoke(&revoke, now()).await.map(drop),
        ),
        (
            Operation::PurgeExpired,
            store.purge_expired(10, now()).await.map(drop),
        ),
        (Operation::Scan, store.scan(&page, now()).await.map(drop)),
        (Operation::Count, store.count(now()).await.map(drop)),
    ]
}

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
async fn without_faults_every_operation_reaches_the_store_within() {
    let (outer, faults) = store();
    // A second one within shows what reaches it.
    let inner = outer.faults();
    let nested = FaultStore::new(outer);
    let outer = nested.faults();
    for (operation, outcome) in call_all(&nested).await {
        outcome.unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        assert_eq!(outer.calls(operation), 1, "{operation:?}");
        assert_eq!(inner.calls(operation), 1, "{operation:?}");
    }
    assert_eq!(faults.calls(Operation::Open), 0);
    assert_eq!(
        nested.placement_key(),
        nested.within().within().placement_key()
    );
}

#[tokio::test]
async fn every_operation_fails_on_demand_before_it_reaches_the_store() {
    let (within, inner) = store();
    let store = FaultStore::new(within);
    let faults = store.faults();
    faults.fail_before(Calls::any().always(), ErrorKind::Denied);
    for (operation, outcome) in call_all(&store).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(error.operation(), operation);
        assert!(error.source().unwrap().is::<InjectedFault>());
        assert_eq!(faults.calls(operation), 1, "{operation:?}");
        assert_eq!(inner.calls(operation), 0, "{operation:?}");
    }
}

#[tokio::test]
async fn every_operation_fails_on_demand_after_it_took_effect() {
    let (within, inner) = store();
    let store = FaultStore::new(within);
    store.faults().lose_answer(Calls::any().always());
    for (operation, outcome) in call_all(&store).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
        assert_eq!(error.operation(), operation);
        assert_eq!(inner.calls(operation), 1, "{operation:?}");
    }
}

#[tokio::test]
async fn a_failure_before_the_effect_leaves_nothing() {
    let (store, faults) = store();
    faults.fail_before(Operation::Create, ErrorKind::Full);
    let error = store.create(&anonymous(1), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    assert_eq!(store.count(now()).await.unwrap(), 0);

    faults.lose_request(Operation::Create);
    let error = store.create(&anonymous(1), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(store.count(now()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_failure_after_the_effect_keeps_it() {
    let (store, faults) = store();
    faults.fail_after(Operation::Create, ErrorKind::Timeout);
    let error = store.create(&anonymous(1), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(store.count(now()).await.unwrap(), 1);

    // The store's own error gives way too: its answer is what was lost.
    let misplaced = Create {
        generation: Some(cloakroom_core::Generation::from_stored([0; 16])),
        ..anonymous(2)
    };
    faults.lose_answer(Operation::Create);
    let error = store.create(&misplaced, now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_fault_meets_as_many_calls_as_it_was_asked_for() {
    let (store, faults) = store();
    let fails = async || store.count(now()).await.is_err();

    faults.fail_before(Operation::Count, ErrorKind::Unavailable);
    assert_eq!([fails().await, fails().await], [true, false]);

    faults.fail_before(Calls::to(Operation::Count).times(2), ErrorKind::Unavailable);
    let met = [fails().await, fails().await, fails().await];
    assert_eq!(met, [true, true, false]);

    faults.fail_before(Calls::to(Operation::Count).times(0), ErrorKind::Unavailable);
    assert!(!fails().await);

    faults.fail_before(Calls::to(Operation::Count).always(), ErrorKind::Unavailable);
    for _ in 0..10 {
        assert!(fails().await);
    }
    faults.clear();
    assert!(!fails().await);
}

#[tokio::test]
async fn a_fault_meets_only_the_calls_it_was_asked_for() {
    let (store, faults) = store();
    faults.fail_before(Operation::Load, ErrorKind::Unavailable);
    store.count(now()).await.unwrap();
    assert!(store.load(id(1), now()).await.is_err());

    faults.fail_before(Calls::to(Operation::Count).skip(2), ErrorKind::Unavailable);
    store.count(now()).await.unwrap();
    let _ = store.load(id(1), now()).await.unwrap();
    store.count(now()).await.unwrap();
    assert!(store.count(now()).await.is_err());
    store.count(now()).await.unwrap();

    faults.fail_before(Calls::any().skip(1), ErrorKind::Unavailable);
    store.count(now()).await.unwrap();
    assert!(store.load(id(1), now()).await.is_err());
    store.count(now()).await.unwrap();
}

#[tokio::test]
async fn of_several_faults_a_call_meets_the_earliest() {
    let (store, faults) = store();
    faults.fail_before(Operation::Count, ErrorKind::Unavailable);
    faults.fail_before(Operation::Count, ErrorKind::Timeout);
    // Skips count the calls that meet another fault.
    faults.fail_before(Calls::any().skip(2), ErrorKind::Denied);
    let mut kinds = Vec::new();
    while let Err(error) = store.count(now()).await {
        kinds.push(error.kind());
    }
    assert_eq!(
        kinds,
        [
            ErrorKind::Unavailable,
            ErrorKind::Timeout,
            ErrorKind::Denied
        ]
    );
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

#[tokio::test]
async fn a_call_counts_when_it_is_first_polled() {
    let (store, faults) = store();
    drop(store.count(now()));
    assert_eq!(faults.calls(Operation::Count), 0);
    store.count(now()).await.unwrap();
    assert_eq!(faults.calls(Operation::Count), 1);
}

#[tokio::test]
async fn it_is_a_store_like_any_other() {
    let (store, faults) = store();
    let shared: Arc<dyn SessionStore> = Arc::new(store);
    faults.fail_before(Operation::Load, ErrorKind::Unavailable);
    assert!(shared.load(id(1), now()).await.is_err());
    assert_eq!(
        shared.load(id(1), now()).await.unwrap(),
        LoadOutcome::Absent
    );
}

#[test]
fn holds_and_faults_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<FaultStore<MapStore>>();
    shared::<Faults>();
    shared::<cloakroom_core::fault::Hold>();
}

#[tokio::test]
async fn debug_tells_the_script_and_no_data() {
    let (store, faults) = store();
    faults.fail_before(Operation::Load, ErrorKind::Unavailable);
    let request = Create {
        record: Record::anonymous(
            id(1),
            now(),
            Timeouts::default(),
            Payload {
                codec: 1,
                bytes: Bytes::from_static(b"very private"),
            },
        ),
        ..anonymous(1)
    };
    let _ = store.create(&request, now()).await.unwrap();
    let shown = format!("{store:?}");
    assert!(
        shown.contains("Load") && shown.contains("Unavailable"),
        "{shown}"
    );
    assert!(!shown.contains("very private"), "{shown}");
}

//! Which calls fail, and what that leaves.

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_core::fault::{Calls, FaultStore, Faults, Hold};
use cloakroom_core::store::*;
use cloakroom_core::{ErrorKind, Generation, Operation, Payload, Record, SessionStore, Timeouts};

use crate::support::MapStore;
use crate::{anonymous, id, now, store};

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
        generation: Some(Generation::from_stored([0; 16])),
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
async fn a_call_counts_when_it_is_first_polled() {
    let (store, faults) = store();
    drop(store.count(now()));
    assert_eq!(faults.calls(Operation::Count), 0);
    store.count(now()).await.unwrap();
    assert_eq!(faults.calls(Operation::Count), 1);
}

#[test]
fn holds_and_faults_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<FaultStore<MapStore>>();
    shared::<Faults>();
    shared::<Hold>();
}

#[tokio::test]
async fn debug_tells_the_script_and_no_data() {
    let (store, faults) = store();
    faults.fail_before(Operation::Load, ErrorKind::Unavailable);
    let request = Create {
        record: Arc::new(Record::anonymous(
            id(1),
            now(),
            Timeouts::default(),
            Payload {
                codec: 1,
                bytes: Bytes::from_static(b"very private"),
            },
        )),
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

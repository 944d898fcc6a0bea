//! What a call costs in allocations: the box of its future, and no other on the way to the store.

mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use cloakroom_core::store::{Create, LoadOutcome};
use cloakroom_core::{
    Cap, Payload, Record, SessionId, SessionStore, Sessions, Timeouts, Timestamp,
};
use support::MapStore;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn id() -> SessionId {
    SessionId::from_stored([1; SessionId::LEN])
}

/// None of these stores ever waits.
#[expect(clippy::panic, reason = "a test may panic")]
fn done<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("the call waits"),
    }
}

fn filled() -> MapStore {
    let store = MapStore::default();
    let payload = Payload {
        codec: 1,
        bytes: Bytes::from_static(b"{}"),
    };
    let create = Create {
        record: Arc::new(Record::anonymous(id(), NOW, Timeouts::default(), payload)),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    assert!(done(store.create(&create, NOW)).is_ok());
    store
}

/// The allocations of a load that hits.
fn of_load(store: &impl SessionStore) -> u64 {
    let counted = allocation_counter::measure(|| {
        let loaded = done(store.load(id(), NOW));
        assert!(matches!(loaded, Ok(LoadOutcome::Found(_))));
    });
    counted.count_total
}

#[test]
fn a_load_allocates_its_future_alone() {
    assert_eq!(of_load(&filled()), 1);
}

#[test]
fn pointers_add_no_allocation() {
    let shared: Arc<dyn SessionStore> = Arc::new(filled());
    assert_eq!(of_load(&shared), 1);
    let boxed: Box<dyn SessionStore> = Box::new(filled());
    assert_eq!(of_load(&boxed), 1);
    let both: Arc<Box<dyn SessionStore>> = Arc::new(Box::new(filled()));
    assert_eq!(of_load(&both), 1);
    assert_eq!(of_load(&Arc::new(both)), 1);
}

#[test]
fn nor_for_any_other_operation() {
    let direct = filled();
    let shared: Arc<dyn SessionStore> = Arc::new(filled());
    let count = |call: &dyn Fn(&dyn SessionStore)| {
        let of = |store| allocation_counter::measure(|| call(store)).count_total;
        (of(&direct), of(&shared))
    };
    let touch = count(&|store| assert!(done(store.touch(id(), None, NOW)).is_ok()));
    assert_eq!(touch, (1, 1));
    let sessions = count(&|store| assert!(done(store.count(NOW)).is_ok()));
    assert_eq!(sessions, (1, 1));
}

/// Data keep the bytes that they weigh, and not what their encoder had reserved.
#[test]
fn data_take_no_more_than_they_weigh() {
    const LEN: usize = (64 << 10) + 1;
    let sessions: Sessions<String> = Sessions::builder(MapStore::default()).build().unwrap();
    let mut text = "x".repeat(LEN);
    text.shrink_to_fit();
    let mut issued = None;
    let counted =
        allocation_counter::measure(|| issued = Some(done(sessions.create(text)).unwrap()));
    let kept = usize::try_from(counted.bytes_current).unwrap();
    assert!((LEN..LEN + (4 << 10)).contains(&kept), "{kept}");
}

#[cfg(feature = "testing")]
#[test]
fn a_store_that_fails_on_demand_adds_its_own_future_alone() {
    let store = cloakroom_core::fault::FaultStore::new(filled());
    // The first call of an operation makes room for its number.
    let _ = of_load(&store);
    assert_eq!(of_load(&store), 2);
}

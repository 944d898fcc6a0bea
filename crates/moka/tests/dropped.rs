//! Data of which the store holds the last reference, and which call it when they are dropped.
#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::cell::Cell;
use std::pin::pin;
use std::sync::{Arc, OnceLock, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use cloakroom_core::store::Update;
use cloakroom_core::{Clock, ManualClock, Payload, SessionStore, Sessions, Token, WriteId};
use cloakroom_moka::MokaStore;
use serde::{Deserialize, Serialize};

static STORE: OnceLock<Arc<dyn SessionStore>> = OnceLock::new();

thread_local! {
    /// How often data asked the store on this thread.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Asks(u32);

/// Asks the store how many sessions there are, for which it takes each of its locks.
impl Drop for Asks {
    fn drop(&mut self) {
        let count = STORE.get().unwrap().count(ManualClock::new().now());
        let count = pin!(count).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(count, Poll::Ready(Ok(_))), "{count:?}");
        ASKED.set(ASKED.get() + 1);
    }
}

#[test]
fn data_that_call_the_store_when_they_are_dropped_find_it_free() {
    let (done, finished) = mpsc::channel();
    // On a thread of its own: under one of its locks, the store would never answer.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(let_data_go_in_each_way());
        done.send(()).unwrap();
    });
    let finished = finished.recv_timeout(Duration::from_secs(120));
    assert_eq!(finished, Ok(()), "it panicked, or waits for itself");
}

async fn let_data_go_in_each_way() {
    let clock = ManualClock::new();
    let store = MokaStore::builder().max_anonymous(2).build().unwrap();
    let store = STORE.get_or_init(|| Arc::new(store));
    let sessions = Sessions::<Asks>::builder(Arc::clone(store));
    let sessions = sessions.clock(clock.clone()).build().unwrap();

    let token = decoded(&sessions).await;
    let before = sessions.peek(&token).await.unwrap().found().unwrap();
    let change = Update {
        id: before.id(),
        subject: None,
        expected: before.revision(),
        payload: Payload {
            codec: 1,
            bytes: "2".into(),
        },
        label: None,
        touch: false,
        write_id: WriteId::random(),
    };
    drop(before);
    let change = store.update(&change, clock.now());
    assert!(asked_within(change).await, "a change");

    let token = decoded(&sessions).await;
    assert!(asked_within(sessions.sign_out(&token)).await, "an end");

    for _ in 0..2 {
        decoded(&sessions).await;
    }
    let one_too_many = sessions.create(Asks(3));
    assert!(asked_within(one_too_many).await, "an eviction");

    clock.advance(Duration::from_secs(400 * 24 * 3_600));
    let purge = store.purge_expired(10, clock.now());
    assert!(asked_within(purge).await, "a purge");
}

/// A session whose data are kept decoded, and that nobody else has in hand.
async fn decoded(sessions: &Sessions<Asks>) -> Token {
    let issued = sessions.create(Asks(1)).await.unwrap();
    let loaded = sessions.load(&issued.token).await.unwrap();
    assert!(loaded.is_found());
    issued.token
}

/// Whether data were dropped until the operation was done, and not only with what it answered.
async fn asked_within<T>(operation: impl Future<Output = T>) -> bool {
    let before = ASKED.get();
    let answer = operation.await;
    let asked = ASKED.get() > before;
    drop(answer);
    asked
}

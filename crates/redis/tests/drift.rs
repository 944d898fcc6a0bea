//! Clocks that drift apart while the store is in use.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::{Clock, ErrorKind, ManualClock, Result, SessionStore, SystemClock};
use cloakroom_redis::{OnDrift, RedisStore, Server};
use support::process::Process;
use support::requests::{create, update, visit};

/// Lets a minute pass, after which the servers are looked at again.
async fn a_minute_passes() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

/// Waits until a look in the background has come to its end, and loading succeeds or not.
async fn becomes(store: &RedisStore, expected: Result<(), ErrorKind>) {
    let now = SystemClock.now();
    let id = visit(now).id();
    let looked = async {
        loop {
            let loaded = store.load(id, now).await;
            if loaded.map(drop).map_err(|error| error.kind()) == expected {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let looked = tokio::time::timeout(Duration::from_secs(30), looked).await;
    looked.unwrap_or_else(|_| panic!("it never becomes {expected:?}"));
}

#[tokio::test]
async fn operations_are_refused_as_long_as_the_clocks_differ() {
    let server = Process::start(&["--save", ""]);
    let clock = ManualClock::at(SystemClock.now());
    let store = RedisStore::builder(Server::standalone(server.url()))
        .clock(clock.clone())
        .on_drift(OnDrift::Refuse)
        .timeout(Duration::from_secs(10))
        .connect()
        .await
        .unwrap();
    let now = SystemClock.now();
    let record = visit(now);
    let _ = store.create(&create(&record), now).await.unwrap();

    clock.set(now.plus(Duration::from_secs(600)));
    a_minute_passes().await;
    becomes(&store, Err(ErrorKind::ClockDrift)).await;
    let error = store.update(&update(&record, "new"), now).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::ClockDrift);

    clock.set(SystemClock.now());
    a_minute_passes().await;
    becomes(&store, Ok(())).await;
}

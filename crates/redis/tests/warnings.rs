//! What an application is told of its servers, at connecting and while the store is in use.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_core::{Clock, ErrorKind, ManualClock, Result, SessionStore, SystemClock, Timestamp};
use cloakroom_redis::{OnDrift, RedisStore, RedisStoreBuilder, Server, Warning};
use support::process::Process;
use support::requests::{create, update, visit};

fn listening(builder: RedisStoreBuilder) -> (RedisStoreBuilder, Arc<Mutex<Vec<Warning>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let of_builder = told.clone();
    let builder = builder.on_warning(move |warning| of_builder.lock().unwrap().push(warning));
    (builder, told)
}

/// A clock that is ahead or behind by more than the margin is told of, or refused.
#[tokio::test]
async fn clocks_that_drift_apart_are_told_of() {
    let server = Process::start(&["--save", ""]);
    let minute = 60_000;
    for (offset, drifts) in [
        (0, false),
        (minute / 2, false),
        (2 * minute, true),
        (-2 * minute, true),
    ] {
        let there = SystemClock
            .now()
            .as_millis()
            .checked_add_signed(offset)
            .unwrap();
        let clock = ManualClock::at(there.into());
        let builder = || {
            let builder = RedisStore::builder(Server::standalone(server.url()));
            builder.clock(clock.clone()).margin(Duration::from_secs(60))
        };
        let (warning, told) = listening(builder());
        drop(warning.connect().await.unwrap());
        let told = told.lock().unwrap().clone();
        let is_told = matches!(&told[..], [Warning::ClockDrift { .. }]);
        assert_eq!(is_told, drifts, "{offset} ms: {told:?}");
        let refusing = builder().on_drift(OnDrift::Refuse).connect().await;
        let refused = refusing.is_err_and(|error| error.kind() == ErrorKind::ClockDrift);
        assert_eq!(refused, drifts, "{offset} ms");
    }
}

/// Whether the server may evict is asked, and said.
#[tokio::test]
async fn a_server_that_may_evict_is_told_of() {
    for (limit, policy, may) in [
        ("0", "allkeys-lru", false),
        ("100mb", "noeviction", false),
        ("100mb", "volatile-ttl", true),
    ] {
        let server = Process::start(&[
            "--save",
            "",
            "--maxmemory",
            limit,
            "--maxmemory-policy",
            policy,
        ]);
        let (builder, told) = listening(RedisStore::builder(Server::standalone(server.url())));
        drop(builder.connect().await.unwrap());
        let policy = policy.to_owned();
        let expected = may.then_some(Warning::MayEvict { policy });
        assert_eq!(*told.lock().unwrap(), Vec::from_iter(expected));
    }
    let server = Process::start(&["--save", "", "--rename-command", "INFO", ""]);
    let (builder, told) = listening(RedisStore::builder(Server::standalone(server.url())));
    drop(builder.connect().await.unwrap());
    assert_eq!(*told.lock().unwrap(), [Warning::EvictionUnknown]);
}

/// What an application writes to its log names what was found and, where something can be done, what.
#[test]
fn a_warning_says_what_was_found() {
    let policy = "allkeys-lru".to_owned();
    let [here, there] = [5_000, 2_000].map(Timestamp::from_millis);
    for (warning, names) in [
        (Warning::MayEvict { policy }, ["allkeys-lru", "noeviction"]),
        (Warning::EvictionUnknown, ["evict", "INFO memory"]),
        (Warning::ClockDrift { here, there }, ["clock", "3000 ms"]),
    ] {
        let text = warning.to_string();
        for name in names {
            assert!(text.contains(name), "{name} in {text:?}");
        }
    }
}

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

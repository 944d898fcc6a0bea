//! Token sets with a member whose score is no time.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, DeleteOutcome, LoadOutcome, OnCap, RevokeKind, TouchOutcome,
};
use cloakroom_core::{Clock, SessionStore, SystemClock};
use cloakroom_redis::{RedisStore, Server};
use support::cluster::cli;
use support::process::Process;
use support::requests::{create, delete, revoke, signed_in, subject};

/// Rule 12: what is damaged in a set fails no operation on the sessions beside it, least of all half-way
/// through its writes.
#[tokio::test]
async fn a_score_that_is_no_time_is_in_nobodys_way() {
    let server = Process::start(&["--save", ""]);
    let store = RedisStore::builder(Server::standalone(server.url()));
    let store = store.connect().await.unwrap();
    let now = SystemClock.now();
    for score in ["1e300", "inf", "9007199254740993", "-1e300", "-inf"] {
        let ada = subject(&format!("ada {score}"));
        let record = signed_in(&store, &ada, now);
        let until = now.plus(Duration::from_secs(600));
        store.begin(&ada, until, now).await.unwrap();
        let set = format!(
            "cloakroom:{{{}}}:u:{}",
            record.id().placement(),
            ada.as_str()
        );
        cli(server.port, &["ZADD", &set, score, "strange"]);
        store
            .begin(&ada, until.plus(Duration::from_secs(1)), now)
            .await
            .unwrap();
        let created = store.create(&create(&record), now).await.unwrap();
        assert!(matches!(created, CreateOutcome::Created { .. }), "{score}");
        let other = signed_in(&store, &ada, now);
        let _ = store.create(&create(&other), now).await.unwrap();
        let later = now.plus(Duration::from_secs(120));
        let touched = store.touch(record.id(), Some(&ada), later).await.unwrap();
        assert_eq!(touched, TouchOutcome::Touched, "{score}");
        let found = store.load(record.id(), later).await.unwrap();
        assert!(matches!(found, LoadOutcome::Found(_)), "{score}");
        let deleted = store.delete(&delete(&other), later).await.unwrap();
        assert!(matches!(deleted, DeleteOutcome::Deleted { .. }), "{score}");
        let revoked = store
            .revoke(&revoke(&ada, RevokeKind::All), later)
            .await
            .unwrap();
        assert!(revoked.ended.contains(&record.id()), "{score}");
        let found = store.load(record.id(), later).await.unwrap();
        assert!(!matches!(found, LoadOutcome::Found(_)), "{score}");
        let ttl = cli(server.port, &["PTTL", &set]);
        assert_ne!(ttl.trim(), "-1", "{score}: a set that never goes");
    }
}

/// A head whose score is no time is none, for all who read it: a sign-in that was begun can be completed.
#[tokio::test]
async fn a_head_whose_score_is_no_time_is_in_nobodys_way() {
    let server = Process::start(&["--save", ""]);
    let store = RedisStore::builder(Server::standalone(server.url()));
    let store = store.connect().await.unwrap();
    let now = SystemClock.now();
    let until = now.plus(Duration::from_secs(600));
    for score in ["-9007199254740993", "-1e300", "-inf", "-1795000000000.5"] {
        let ada = subject(&format!("ada {score}"));
        let record = signed_in(&store, &ada, now);
        let _ = store.create(&create(&record), now).await.unwrap();
        let set = format!(
            "cloakroom:{{{}}}:u:{}",
            record.id().placement(),
            ada.as_str()
        );
        let head = cli(server.port, &["ZRANGE", &set, "0", "0"]);
        cli(server.port, &["ZADD", &set, score, head.trim()]);
        let generation = store.begin(&ada, until, now).await.unwrap();
        let next = signed_in(&store, &ada, now);
        // At the cap, so that the set is read.
        let request = Create {
            generation: Some(generation),
            cap: Cap::new(1, OnCap::EvictOldest).unwrap(),
            ..create(&next)
        };
        let created = store.create(&request, now).await.unwrap();
        let (evicted, repeated) = (vec![record.id()], false);
        assert_eq!(
            created,
            CreateOutcome::Created { evicted, repeated },
            "{score}"
        );
        let lives: i64 = cli(server.port, &["PTTL", &set]).trim().parse().unwrap();
        let longest = Duration::from_secs(400 * 86_400).as_millis() as i64;
        assert!((0..longest).contains(&lives), "{score}: {lives} ms");
    }
}

//! What becomes of operations where the connection or the server fails.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::{Duration, Instant};

use cloakroom_core::store::{
    CreateOutcome, DeleteOutcome, LoadOutcome, Page, RevokeKind, TouchOutcome, UpdateOutcome,
};
use cloakroom_core::{Clock, ErrorKind, Record, SessionStore, SystemClock, Timeouts, Timestamp};
use cloakroom_redis::{Eviction, RedisStore, Server};
use redis::cmd;
use support::process::Process;
use support::proxy::{Harm, Proxy};
use support::requests::{
    create, delete, payload, random_id, revoke, signed_in, subject, update, visit,
};
use support::tamper::connect;

const PATIENCE: Duration = Duration::from_millis(500);

fn now() -> Timestamp {
    SystemClock.now()
}

async fn through(proxy: &Proxy) -> RedisStore {
    let server = Server::standalone(proxy.url());
    let builder = RedisStore::builder(server).database(support::database());
    builder.timeout(PATIENCE).connect().await.unwrap()
}

async fn on(server: &Process) -> RedisStore {
    RedisStore::builder(Server::standalone(server.url()))
        .connect()
        .await
        .unwrap()
}

async fn sign_in(store: &RedisStore, name: &str) -> Record {
    let record = signed_in(store, &subject(name), now());
    let outcome = store.create(&create(&record), now()).await.unwrap();
    assert!(
        matches!(outcome, CreateOutcome::Created { .. }),
        "{outcome:?}"
    );
    record
}

async fn lives(store: &RedisStore, record: &Record) -> bool {
    let loaded = store.load(record.id(), now()).await.unwrap();
    matches!(loaded, LoadOutcome::Found(_))
}

/// A write whose answer was lost says so, and the same request made again reports what it did, once.
#[tokio::test]
async fn a_write_with_a_lost_answer_is_told_and_recognised() {
    let proxy = Proxy::before(support::shared().port).await;
    let store = through(&proxy).await;
    // With a sign-in under way, a new session is stored by the first step.
    let until = now().plus(Duration::from_secs(600));
    let _ = store.begin(&subject("ada"), until, now()).await.unwrap();
    for harm in [Harm::CutReply, Harm::CutRequest] {
        let record = sign_in(&store, "ada").await;
        let request = update(&record, "changed");
        // Decided by what was read before, so that the cut is in the step that writes.
        assert!(lives(&store, &record).await);
        proxy.does(harm);
        let error = store.update(&request, now()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{harm:?}");
        let again = store.update(&request, now()).await.unwrap();
        let revision = record.revision().next();
        assert_eq!(again, UpdateOutcome::Saved { revision }, "{harm:?}");

        let request = delete(&record);
        assert!(lives(&store, &record).await);
        proxy.does(harm);
        let error = store.delete(&request, now()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{harm:?}");
        let again = store.delete(&request, now()).await.unwrap();
        assert!(matches!(again, DeleteOutcome::Deleted { .. }), "{again:?}");

        let record = signed_in(&store, &subject("ada"), now());
        proxy.does(harm);
        let error = store.create(&create(&record), now()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{harm:?}");
        let again = store.create(&create(&record), now()).await.unwrap();
        let repeated = harm == Harm::CutReply;
        let evicted = Vec::new();
        assert_eq!(
            again,
            CreateOutcome::Created { evicted, repeated },
            "{harm:?}"
        );
    }
}

/// A reading is made again by itself.
#[tokio::test]
async fn a_read_with_a_lost_answer_is_made_again() {
    let proxy = Proxy::before(support::shared().port).await;
    let store = through(&proxy).await;
    let record = sign_in(&store, "ada").await;
    for harm in [Harm::CutReply, Harm::CutRequest] {
        proxy.does(harm);
        assert!(lives(&store, &record).await, "{harm:?}");
    }
}

/// Nothing waits longer than its deadline, and a connection that hangs is given up.
#[tokio::test]
async fn a_server_that_never_answers_is_told_in_time() {
    let proxy = Proxy::before(support::shared().port).await;
    let store = through(&proxy).await;
    let record = sign_in(&store, "ada").await;
    proxy.does(Harm::Silence);
    let began = Instant::now();
    let error = store.load(record.id(), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let error = store
        .update(&update(&record, "late"), now())
        .await
        .unwrap_err();
    // Either it hung before it was sent, or it was sent and not answered.
    assert!(matches!(
        error.kind(),
        ErrorKind::OutcomeUnknown | ErrorKind::Timeout | ErrorKind::Unavailable
    ));
    assert!(began.elapsed() < PATIENCE * 3, "{:?}", began.elapsed());

    let connections = proxy.connections();
    proxy.does(Harm::None);
    assert!(lives(&store, &record).await);
    assert!(
        proxy.connections() > connections,
        "it goes on with the connection that hangs"
    );
}

#[tokio::test]
async fn connecting_to_a_server_that_never_answers_ends() {
    let proxy = Proxy::before(support::shared().port).await;
    proxy.does(Harm::Silence);
    let began = Instant::now();
    let builder = RedisStore::builder(Server::standalone(proxy.url())).timeout(PATIENCE);
    let error = builder.connect().await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert!(began.elapsed() < PATIENCE * 3, "{:?}", began.elapsed());
}

/// What was never sent is not in doubt.
#[tokio::test]
async fn a_write_that_reaches_nobody_is_unavailable() {
    let server = Process::start(&["--save", ""]);
    let builder = RedisStore::builder(Server::standalone(server.url()));
    let store = builder.timeout(PATIENCE).connect().await.unwrap();
    let record = sign_in(&store, "ada").await;
    // So that the next step is the one that writes.
    assert!(lives(&store, &record).await);
    server.kill();
    // This one finds the connection closed, and the next has none.
    let _ = store.load(record.id(), now()).await.unwrap_err();
    let error = store.update(&update(&record, "new"), now()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_slow_server_is_waited_for_until_the_deadline() {
    let proxy = Proxy::before(support::shared().port).await;
    let store = through(&proxy).await;
    let record = sign_in(&store, "ada").await;
    proxy.does(Harm::Slow(PATIENCE / 10));
    assert!(lives(&store, &record).await);
    proxy.does(Harm::Slow(PATIENCE * 2));
    let error = store.load(record.id(), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

/// `SCRIPT FLUSH` in the middle of everything: nobody notices.
#[tokio::test]
async fn a_missing_script_is_sent_again() {
    let server = Process::start(&["--save", ""]);
    let store = on(&server).await;
    let mut other = connect(&server.url()).await;
    for _ in 0..10 {
        let flush = || cmd("SCRIPT").arg("FLUSH").to_owned();
        let _: () = flush().query_async(&mut other).await.unwrap();
        let record = sign_in(&store, "ada").await;
        let _: () = flush().query_async(&mut other).await.unwrap();
        let saved = store.update(&update(&record, "new"), now()).await.unwrap();
        assert!(matches!(saved, UpdateOutcome::Saved { .. }));
        let _: () = flush().query_async(&mut other).await.unwrap();
        let revoked = store
            .revoke(&revoke(&subject("ada"), RevokeKind::All), now())
            .await
            .unwrap();
        assert_eq!(revoked.ended, [record.id()]);
    }
}

/// A connection that the server has closed is made anew, without a background task that comes too late.
#[tokio::test]
async fn a_killed_connection_is_made_anew() {
    let server = Process::start(&["--save", ""]);
    let store = on(&server).await;
    let record = sign_in(&store, "ada").await;
    let mut other = connect(&server.url()).await;
    for _ in 0..10 {
        let mut kill = cmd("CLIENT");
        kill.arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .arg("SKIPME")
            .arg("yes");
        let _: i64 = kill.query_async(&mut other).await.unwrap();
        assert!(lives(&store, &record).await);
    }
}

/// Everybody is signed out, and nobody is told that a sign-in of before succeeded.
#[tokio::test]
async fn a_restart_without_data_signs_everybody_out() {
    let server = Process::start(&["--save", ""]);
    let store = on(&server).await;
    let record = sign_in(&store, "ada").await;
    let until = now().plus(Duration::from_secs(600));
    let generation = store.begin(&subject("ada"), until, now()).await.unwrap();
    assert!(lives(&store, &record).await);
    server.kill();
    let error = store.load(record.id(), now()).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    server.restart();
    assert!(!lives(&store, &record).await);
    let touched = store
        .touch(record.id(), record.subject(), now())
        .await
        .unwrap();
    assert_eq!(touched, TouchOutcome::Missing);
    let late = cloakroom_core::store::Create {
        generation: Some(generation),
        ..create(&signed_in(&store, &subject("ada"), now()))
    };
    assert_eq!(
        store.create(&late, now()).await.unwrap(),
        CreateOutcome::Superseded
    );
    assert!(lives(&store, &sign_in(&store, "ada").await).await);
}

/// A full server refuses what is new, and lets everybody read and sign out.
#[tokio::test]
async fn a_full_server_still_ends_sessions() {
    let server = Process::start(&["--save", "", "--maxmemory-policy", "noeviction"]);
    let store = on(&server).await;
    let mut records = Vec::new();
    for _ in 0..20 {
        records.push(sign_in(&store, "ada").await);
    }
    let mut other = connect(&server.url()).await;
    let mut full = cmd("CONFIG");
    let _: () = full
        .arg("SET")
        .arg("maxmemory")
        .arg(1)
        .query_async(&mut other)
        .await
        .unwrap();

    let record = signed_in(&store, &subject("ada"), now());
    let error = store.create(&create(&record), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    let error = store
        .create(&create(&visit(now())), now())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    let error = store
        .update(&update(&records[0], "x"), now())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    assert!(lives(&store, &records[0]).await);
    let deleted = store.delete(&delete(&records[0]), now()).await.unwrap();
    assert!(matches!(deleted, DeleteOutcome::Deleted { .. }));
    let revoked = store
        .revoke(&revoke(&subject("ada"), RevokeKind::All), now())
        .await
        .unwrap();
    assert_eq!(revoked.ended.len(), 19);
    for record in &records {
        assert!(!lives(&store, record).await);
    }
}

/// Where a server evicts token sets from under their sessions, these end: what can be loaded is listed,
/// and can be revoked.
#[tokio::test]
async fn an_evicting_server_leaves_nothing_unrevocable() {
    let policy = [
        "--save",
        "",
        "--maxmemory-policy",
        "allkeys-lru",
        "--maxmemory",
        "3mb",
    ];
    let server = Process::start(&policy);
    let store = on(&server).await;
    let mut records = Vec::new();
    let mut evicted = 0;
    for n in 0..4_000 {
        let subject = subject(&format!("user-{}", n % 500));
        let id = random_id(store.placement_key().place(&subject));
        let data = payload([0; 1_000]);
        let record = Record::signed_in(id, subject, now(), Timeouts::default(), data);
        let _ = store.create(&create(&record), now()).await.unwrap();
        records.push(record);
    }
    for record in &records {
        let subject = record.subject().unwrap();
        let page = Page {
            after: None,
            limit: 1000,
        };
        let listed = store.token_set(subject, &page, now()).await.unwrap();
        let is_listed = listed
            .sessions
            .iter()
            .any(|listed| listed.id() == record.id());
        // In this order: the server may evict the set before any request, and nothing brings it back.
        let loaded = lives(&store, record).await;
        assert!(!loaded || is_listed, "it lives, and nobody could revoke it");
        evicted += usize::from(!loaded);
    }
    assert!(evicted > 0, "the server has evicted nothing");
    for record in &records {
        let all = revoke(record.subject().unwrap(), RevokeKind::All);
        let _ = store.revoke(&all, now()).await.unwrap();
        assert!(!lives(&store, record).await);
    }
}

/// Values of other types, by somebody's hand: contained, and put right by the next ending or sign-in.
#[tokio::test]
async fn keys_of_another_type_are_contained() {
    let server = Process::start(&["--save", ""]);
    let builder = RedisStore::builder(Server::standalone(server.url()));
    let store = builder
        .eviction(Eviction::Possible)
        .connect()
        .await
        .unwrap();
    let around = support::tamper::Around::at(&[server.url()], "cloakroom").await;
    let record = sign_in(&store, "ada").await;
    let _: () = around.run(cmd("DEL").arg(around.id(record.id()))).await;
    let _: i64 = around
        .run(cmd("LPUSH").arg(around.id(record.id())).arg("x"))
        .await;
    let error = store.load(record.id(), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let one = revoke(&subject("ada"), RevokeKind::One(record.id()));
    assert_eq!(
        store.revoke(&one, now()).await.unwrap().ended,
        [record.id()]
    );
    assert!(!lives(&store, &record).await);

    let record = sign_in(&store, "ada").await;
    let _: () = around
        .run(cmd("SET").arg(around.set(&subject("ada"))).arg("x"))
        .await;
    assert!(!lives(&store, &record).await, "its set is lost");
    let next = sign_in(&store, "ada").await;
    assert!(lives(&store, &next).await && !lives(&store, &record).await);
    let _: () = around
        .run(cmd("SET").arg(around.set(&subject("ada"))).arg("x"))
        .await;
    let until = now().plus(Duration::from_secs(600));
    let _ = store.begin(&subject("ada"), until, now()).await.unwrap();
    assert!(!lives(&store, &next).await);
    assert!(lives(&store, &sign_in(&store, "ada").await).await);

    // Nothing of it is listed or counted, and a sweep leaves it to the next sign-in.
    let _: () = around
        .run(cmd("SET").arg(around.set(&subject("ada"))).arg("x"))
        .await;
    let page = Page {
        after: None,
        limit: 10,
    };
    let listed = store.token_set(&subject("ada"), &page, now()).await;
    assert!(listed.unwrap().sessions.is_empty());
    let scanned = store.scan(&page, now()).await;
    assert!(scanned.unwrap().sessions.is_empty());
    assert_eq!(store.count(now()).await.unwrap(), 0);
    assert_eq!(store.purge_expired(10, now()).await.unwrap(), 0);
}

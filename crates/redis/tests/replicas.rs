//! Endings that wait for replicas, and sets as large as they get.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use cloakroom_core::store::{Cap, Create, DeleteOutcome, LoadOutcome, OnCap, RevokeKind};
use cloakroom_core::{Clock, ErrorKind, Record, SessionStore, SystemClock};
use cloakroom_redis::{RedisStore, Server};
use redis::cmd;
use support::cluster::cli;
use support::process::{Process, wait_until};
use support::requests::{create, delete, revoke, signed_in, subject, visit};
use support::tamper::connect;

/// How many replicas acknowledged it is said as it is: with the replica at work, and with it stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ending_says_how_many_replicas_have_it() {
    let primary = Process::start(&["--save", "", "--repl-diskless-sync-delay", "0"]);
    let of = [
        "--save",
        "",
        "--replicaof",
        "127.0.0.1",
        &primary.port.to_string(),
    ];
    let replica = Process::start(&of);
    wait_until("the replica is there", || {
        cli(primary.port, &["INFO", "replication"]).contains("state=online")
    });
    let waiting = |limit| {
        let builder = RedisStore::builder(Server::standalone(primary.url()));
        builder.wait_for_replicas(1, limit).connect()
    };
    // A replica that is there may take its time on a busy machine; one that is stopped takes all of it.
    let patient = waiting(Duration::from_secs(60)).await.unwrap();
    let impatient = waiting(Duration::from_millis(300)).await.unwrap();
    let now = SystemClock.now();
    for running in [true, false, true] {
        replica.signal(if running { "-CONT" } else { "-STOP" });
        let store = if running { &patient } else { &impatient };
        let [one, two] = [(); 2].map(|()| signed_in(store, &subject("ada"), now));
        let visitor = visit(now);
        for record in [&one, &two, &visitor] {
            let _ = store.create(&create(record), now).await.unwrap();
        }
        let expected = Some(u32::from(running));
        let began = Instant::now();
        for record in [&one, &visitor] {
            let deleted = store.delete(&delete(record), now).await.unwrap();
            assert_eq!(deleted, DeleteOutcome::Deleted { replicas: expected });
        }
        let revoked = store
            .revoke(&revoke(&subject("ada"), RevokeKind::All), now)
            .await
            .unwrap();
        assert_eq!(
            (revoked.ended, revoked.replicas),
            (vec![two.id()], expected)
        );
        let waited = began.elapsed() >= Duration::from_millis(900);
        assert!(running || waited, "{:?}", began.elapsed());
        // Others are not kept waiting with it.
        let three = signed_in(store, &subject("ada"), now);
        let _ = store.create(&create(&three), now).await.unwrap();
        let (request, of_ending) = (delete(&three), store.clone());
        let ending = tokio::spawn(async move { of_ending.delete(&request, now).await });
        while matches!(store.load(three.id(), now).await, Ok(LoadOutcome::Found(_))) {}
        assert!(
            running || !ending.is_finished(),
            "a reading waited for a replica"
        );
        let _ = ending.await.unwrap().unwrap();
    }
}

/// `WAIT` blocks the connection: where no replica answers, those who come together wait together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_endings_at_once_wait_together() {
    let primary = Process::start(&["--save", ""]);
    let store = RedisStore::builder(Server::standalone(primary.url()))
        .wait_for_replicas(1, Duration::from_millis(200))
        .connect()
        .await
        .unwrap();
    let now = SystemClock.now();
    let mut endings = Vec::new();
    for n in 0..100 {
        let record = signed_in(&store, &subject(&format!("user-{n}")), now);
        let _ = store.create(&create(&record), now).await.unwrap();
        let store = store.clone();
        endings.push(async move { store.delete(&delete(&record), now).await });
    }
    // A script that the server has lost is sent again.
    cli(primary.port, &["SCRIPT", "FLUSH"]);
    let endings: Vec<_> = endings.into_iter().map(tokio::spawn).collect();
    for ending in endings {
        let deleted = ending.await.unwrap().unwrap();
        let replicas = Some(0);
        assert_eq!(deleted, DeleteOutcome::Deleted { replicas });
    }
    assert_eq!(store.count(now).await.unwrap(), 0);
}

/// More than any operation needs here.
const PATIENCE: Duration = Duration::from_secs(10);

/// On a server without replicas: each ending waits in vain.
async fn alone(timeout: Duration, within: Duration) -> (Process, RedisStore) {
    let primary = Process::start(&["--save", ""]);
    let store = RedisStore::builder(Server::standalone(primary.url()))
        .wait_for_replicas(1, within)
        .timeout(timeout)
        .connect()
        .await
        .unwrap();
    (primary, store)
}

/// New sessions, whose endings are written in the first step.
async fn visits<const N: usize>(store: &RedisStore) -> [Record; N] {
    let now = SystemClock.now();
    let records = [(); N].map(|()| visit(now));
    for record in &records {
        let _ = store.create(&create(record), now).await.unwrap();
        let loaded = store.load(record.id(), now).await.unwrap();
        assert!(matches!(loaded, LoadOutcome::Found(_)));
    }
    records
}

/// The deadline is later by the time for replicas, however long that is.
#[tokio::test]
async fn an_ending_waits_longer_than_other_operations_may_take() {
    let (primary, store) = alone(Duration::from_secs(5), Duration::from_secs(12)).await;
    let [other, record] = visits(&store).await;
    // From here on the server has the script: that it lacks it would be told only after a wait of its own.
    let plain = RedisStore::builder(Server::standalone(primary.url()));
    let plain = plain.timeout(PATIENCE).connect().await.unwrap();
    let deleted = plain.delete(&delete(&other), SystemClock.now()).await;
    assert!(matches!(deleted, Ok(DeleteOutcome::Deleted { .. })));
    let deleted = store.delete(&delete(&record), SystemClock.now()).await;
    let replicas = Some(0);
    assert_eq!(deleted.unwrap(), DeleteOutcome::Deleted { replicas });
}

/// The connection that waits is made anew like the other.
#[tokio::test]
async fn endings_go_on_where_the_server_has_closed_the_connection() {
    let (primary, store) = alone(PATIENCE, Duration::from_millis(50)).await;
    let [before, at, after] = visits(&store).await;
    let end = async |record| store.delete(&delete(record), SystemClock.now()).await;
    let deleted = || {
        let replicas = Some(0);
        DeleteOutcome::Deleted { replicas }
    };
    assert_eq!(end(&before).await.unwrap(), deleted());
    cli(primary.port, &["CLIENT", "KILL", "TYPE", "normal"]);
    // The one that finds it closed cannot know what became of it.
    let _ = end(&at).await;
    assert_eq!(end(&after).await.unwrap(), deleted());
}

#[test]
fn no_ending_waits_for_a_runtime_that_has_ended() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (lasting, short) = (runtime(), runtime());
    let (_primary, store) = lasting.block_on(alone(PATIENCE, Duration::from_millis(50)));
    let [first, second, third] = lasting.block_on(visits(&store));
    let now = SystemClock.now();
    let [first, second, third] = [first, second, third].map(|record| delete(&record));
    let mut context = Context::from_waker(Waker::noop());
    let mut sender = store.delete(&first, now);
    short.block_on(async { assert!(sender.as_mut().poll(&mut context).is_pending()) });
    let mut company = store.delete(&second, now);
    lasting.block_on(async { assert!(company.as_mut().poll(&mut context).is_pending()) });
    drop(short);
    lasting.block_on(async {
        // Nobody can say of these whether they were sent.
        let kind = company.await.unwrap_err().kind();
        assert_eq!(kind, ErrorKind::OutcomeUnknown);
        let deleted = store.delete(&third, now).await.unwrap();
        let replicas = Some(0);
        assert_eq!(deleted, DeleteOutcome::Deleted { replicas });
    });
}

/// Ten thousand sessions, in use, end in one step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_set_is_revoked_in_one_step() {
    let server = Process::start(&["--save", ""]);
    let store = RedisStore::builder(Server::standalone(server.url()))
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap();
    let now = SystemClock.now();
    let ada = subject("ada");
    let cap = Cap::new(Cap::MAX, OnCap::Refuse).unwrap();
    let mut records: Vec<Record> = Vec::new();
    for _ in 0..Cap::MAX {
        let record = signed_in(&store, &ada, now);
        let request = Create {
            cap,
            ..create(&record)
        };
        let _ = store.create(&request, now).await.unwrap();
        records.push(record);
    }
    // All the time somebody uses one of them.
    let (busy, of_busy) = (store.clone(), records.clone());
    let using = tokio::spawn(async move {
        for (n, record) in of_busy.iter().cycle().enumerate() {
            let later = now.plus(Duration::from_millis(n as u64 + 1));
            let touched = busy
                .touch(record.id(), record.subject(), later)
                .await
                .unwrap();
            if touched == cloakroom_core::store::TouchOutcome::Missing {
                return n;
            }
        }
        0
    });
    let mut other = connect(&server.url()).await;
    let _: () = cmd("CONFIG")
        .arg("RESETSTAT")
        .query_async(&mut other)
        .await
        .unwrap();
    let revoked = store
        .revoke(&revoke(&ada, RevokeKind::All), now)
        .await
        .unwrap();
    type Logged = (i64, i64, i64, Vec<Vec<u8>>, Vec<u8>, Vec<u8>);
    let slowest: Vec<Logged> = cmd("SLOWLOG")
        .arg("GET")
        .arg(1)
        .query_async(&mut other)
        .await
        .unwrap();
    println!("the step took the server {} µs", slowest[0].2);
    assert_eq!(revoked.ended.len(), records.len());
    assert!(using.await.unwrap() > 0, "nobody used any of them");
    for record in records.iter().step_by(100) {
        let loaded = store.load(record.id(), now).await.unwrap();
        assert_eq!(loaded, LoadOutcome::Ended { at: now });
    }
}

//! Sessions that are loaded at the same moment are asked for together.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::task::{Context, Waker};
use std::time::Duration;

use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{Clock, ErrorKind, Record, SessionStore, SystemClock, Timestamp};
use cloakroom_redis::{Eviction, RedisStore, Server};
use futures_util::future::join_all;
use support::cluster::cli;
use support::process::Process;
use support::proxy::{Harm, Proxy};
use support::requests::{create, visit};

struct Stage {
    server: Process,
    store: RedisStore,
    records: Vec<Record>,
    now: Timestamp,
}

async fn stage(sessions: usize) -> Stage {
    let server = Process::start(&["--save", ""]);
    let store = connect(server.url()).await;
    let now = SystemClock.now();
    let records: Vec<_> = (0..sessions).map(|_| visit(now)).collect();
    for record in &records {
        let _ = store.create(&create(record), now).await.unwrap();
    }
    cli(server.port, &["CONFIG", "RESETSTAT"]);
    Stage {
        server,
        store,
        records,
        now,
    }
}

async fn connect(url: String) -> RedisStore {
    RedisStore::builder(Server::standalone(url))
        .eviction(Eviction::Never)
        .timeout(Duration::from_secs(2))
        .connect()
        .await
        .unwrap()
}

impl Stage {
    fn key(&self, n: usize) -> String {
        let id = self.records[n].id();
        format!("cloakroom:{{{}}}:s:{id}", id.placement())
    }

    /// How often the server has carried out a command.
    fn calls(&self, command: &str) -> usize {
        let stats = cli(self.server.port, &["INFO", "commandstats"]);
        let calls = stats.lines().find_map(|line| {
            let line = line.strip_prefix(&format!("cmdstat_{command}:calls="))?;
            line.split(',').next()?.parse().ok()
        });
        calls.unwrap_or(0)
    }
}

#[tokio::test]
async fn many_share_a_command_and_one_alone_has_its_own() {
    let stage = stage(100).await;
    let (store, now) = (&stage.store, stage.now);
    let loaded = join_all(
        stage
            .records
            .iter()
            .map(|record| store.load(record.id(), now)),
    )
    .await;
    for (record, loaded) in stage.records.iter().zip(loaded) {
        let Ok(LoadOutcome::Found(found)) = loaded else {
            panic!("{loaded:?}");
        };
        assert_eq!(*found, *record);
    }
    assert_eq!((stage.calls("mget"), stage.calls("get")), (4, 0));
    let _ = store.load(stage.records[0].id(), now).await.unwrap();
    assert_eq!((stage.calls("mget"), stage.calls("get")), (4, 1));
}

#[tokio::test]
async fn in_company_absent_and_broken_are_told_apart_too() {
    let stage = stage(4).await;
    let port = stage.server.port;
    cli(port, &["DEL", &stage.key(1)]);
    cli(port, &["DEL", &stage.key(2)]);
    cli(port, &["RPUSH", &stage.key(2), "no record"]);
    cli(port, &["SET", &stage.key(3), "no record"]);
    let ids = stage.records.iter().map(Record::id);
    let loaded = join_all(ids.map(|id| stage.store.load(id, stage.now))).await;
    assert!(matches!(&loaded[0], Ok(LoadOutcome::Found(record)) if **record == stage.records[0]));
    assert!(matches!(loaded[1], Ok(LoadOutcome::Absent)), "{loaded:?}");
    for broken in &loaded[2..] {
        let kind = broken.as_ref().map_err(|error| error.kind());
        assert_eq!(kind.unwrap_err(), ErrorKind::Corrupt);
    }
    assert_eq!(stage.calls("mget"), 1);
}

#[tokio::test]
async fn nobody_waits_for_one_that_is_dropped_or_left_alone() {
    for is_dropped in [true, false] {
        let stage = stage(3).await;
        let (store, now) = (&stage.store, stage.now);
        let mut loads = stage
            .records
            .iter()
            .map(|record| store.load(record.id(), now));
        let mut first = loads.next();
        let mut context = Context::from_waker(Waker::noop());
        let polled = first
            .as_mut()
            .map(|first| first.as_mut().poll(&mut context));
        assert!(polled.is_some_and(|polled| polled.is_pending()));
        if is_dropped {
            first = None;
        }
        let others = tokio::time::timeout(Duration::from_secs(30), join_all(loads)).await;
        for loaded in others.expect("they end by their deadline") {
            assert!(matches!(loaded, Ok(LoadOutcome::Found(_))), "{loaded:?}");
        }
        drop(first);
    }
}

#[tokio::test]
async fn all_end_by_their_deadline_where_nobody_answers() {
    let stage = stage(50).await;
    let proxy = Proxy::before(stage.server.port).await;
    let store = connect(proxy.url()).await;
    proxy.does(Harm::Silence);
    let ids = stage.records.iter().map(Record::id);
    let began = std::time::Instant::now();
    let loaded = join_all(ids.map(|id| store.load(id, stage.now))).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    for loaded in loaded {
        assert_eq!(loaded.unwrap_err().kind(), ErrorKind::Timeout);
    }
    proxy.does(Harm::None);
    let loaded = store.load(stage.records[0].id(), stage.now).await;
    assert!(matches!(loaded, Ok(LoadOutcome::Found(_))), "{loaded:?}");
}

#[test]
fn nobody_waits_for_a_runtime_that_has_ended() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let lasting = runtime();
    let stage = lasting.block_on(stage(3));
    let load = |n: usize| stage.store.load(stage.records[n].id(), stage.now);
    let short = runtime();
    let mut first = load(0);
    short.block_on(async {
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
    });
    // Another joins before that runtime ends, and others come after it.
    let mut second = load(1);
    lasting.block_on(async {
        let mut context = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut context).is_pending());
    });
    drop(short);
    lasting.block_on(async {
        let all = join_all([first, second, load(2)]);
        let loaded = tokio::time::timeout(Duration::from_secs(30), all).await;
        for loaded in loaded.expect("nobody is left waiting") {
            assert!(matches!(loaded, Ok(LoadOutcome::Found(_))), "{loaded:?}");
        }
    });
}

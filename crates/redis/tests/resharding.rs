//! Slots move between the nodes of a cluster while there is work, and are held half-moved.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::{
    CreateOutcome, Cursor, DeleteOutcome, LoadOutcome, Page, RevokeKind, UpdateOutcome,
};
use cloakroom_core::{
    Clock, Error, ErrorKind, Record, SessionStore, Subject, SystemClock, Timeouts, Timestamp,
};
use cloakroom_redis::{Eviction, RedisStore, Server};
use futures_util::future::join_all;
use support::cluster::{Cluster, cli};
use support::process::Process;
use support::requests::{
    create, delete, payload, random_id, revoke, signed_in, subject, update, visit,
};
use support::workload::{Workload, account};

/// A slot on its way from one primary to another.
struct Move<'a> {
    slot: String,
    from: &'a Process,
    to: &'a Process,
    everybody: &'a Cluster,
}

impl<'a> Move<'a> {
    /// Of the slot of this key. From here on keys can be moved one by one.
    fn begin(cluster: &'a Cluster, key: &str) -> Self {
        let primaries = cluster.primaries();
        let slot = cli(primaries[0].port, &["CLUSTER", "KEYSLOT", key])
            .trim()
            .to_owned();
        let has =
            |node: &&&Process| cli(node.port, &["CLUSTER", "COUNTKEYSINSLOT", &slot]).trim() != "0";
        let from = *primaries.iter().find(has).expect("somebody has the key");
        let to = *primaries
            .iter()
            .find(|node| node.port != from.port)
            .expect("three primaries");
        let id = |node: &Process| cli(node.port, &["CLUSTER", "MYID"]).trim().to_owned();
        ok(cli(
            to.port,
            &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)],
        ));
        ok(cli(
            from.port,
            &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)],
        ));
        Self {
            slot,
            from,
            to,
            everybody: cluster,
        }
    }

    fn key(&self, key: &str) {
        let to = self.to.port.to_string();
        ok(cli(
            self.from.port,
            &["MIGRATE", "127.0.0.1", &to, key, "0", "5000"],
        ));
    }

    /// Moves the rest, and tells everybody.
    fn finish(self) {
        loop {
            let keys = cli(
                self.from.port,
                &["CLUSTER", "GETKEYSINSLOT", &self.slot, "100"],
            );
            let keys: Vec<_> = keys.lines().filter(|key| !key.is_empty()).collect();
            if keys.is_empty() {
                break;
            }
            let to = self.to.port.to_string();
            let many = ["MIGRATE", "127.0.0.1", &to, "", "0", "5000", "KEYS"];
            ok(cli(self.from.port, &[&many[..], &keys].concat()));
        }
        let id = cli(self.to.port, &["CLUSTER", "MYID"]);
        for node in [self.to, self.from]
            .into_iter()
            .chain(self.everybody.primaries())
        {
            ok(cli(
                node.port,
                &["CLUSTER", "SETSLOT", &self.slot, "NODE", id.trim()],
            ));
        }
    }
}

fn ok(answer: String) {
    assert!(matches!(answer.trim(), "OK" | "NOKEY"), "{answer}");
}

fn now() -> Timestamp {
    SystemClock.now()
}

async fn connect(cluster: &Cluster, timeout: Duration) -> RedisStore {
    RedisStore::builder(Server::cluster(cluster.urls()))
        .eviction(Eviction::Possible)
        .timeout(timeout)
        .connect()
        .await
        .expect("the cluster is there")
}

async fn sign_in(store: &RedisStore, subject: &Subject) -> Record {
    let record = signed_in(store, subject, now());
    let outcome = store.create(&create(&record), now()).await.unwrap();
    assert!(matches!(outcome, CreateOutcome::Created { .. }));
    record
}

async fn lives(store: &RedisStore, record: &Record) -> bool {
    let loaded = store.load(record.id(), now()).await.expect("it loads");
    matches!(loaded, LoadOutcome::Found(_))
}

/// What a change may end in while a slot is half-moved: it is done, or not, and that is said.
fn done<T>(outcome: Result<T, Error>) -> Option<T> {
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            assert!(error.is_retryable(), "{error:?}");
            None
        }
    }
}

/// With the set on one node and records on the other, either way round: a change is done as a whole, or a
/// retryable error with nothing written; and afterwards everything works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_torn_while_a_slot_is_half_moved() {
    let cluster = Cluster::start();
    let store = connect(&cluster, Duration::from_millis(400)).await;
    let around = support::tamper::Around::at(&[cluster.nodes[0].url()], "cloakroom").await;
    for (n, set_moves) in [false, true].into_iter().enumerate() {
        for revoked in [true, false] {
            let ada = subject(&format!("ada-{n}-{revoked}"));
            let records = [
                sign_in(&store, &ada).await,
                sign_in(&store, &ada).await,
                sign_in(&store, &ada).await,
            ];
            let half = Move::begin(&cluster, &around.set(&ada));
            match set_moves {
                true => half.key(&around.set(&ada)),
                false => half.key(&around.id(records[0].id())),
            }
            let all = revoke(&ada, RevokeKind::All);
            let ended = match revoked {
                true => done(store.revoke(&all, now()).await),
                false => None,
            };
            let one = delete(&records[1]);
            let gone = match revoked {
                true => None,
                false => done(store.delete(&one, now()).await),
            };
            let change = update(&records[2], "changed");
            let saved = match revoked {
                true => None,
                false => done(store.update(&change, now()).await),
            };
            let late = signed_in(&store, &ada, now());
            let joined = done(store.create(&create(&late), now()).await);
            half.finish();

            let was_revoked = ended.is_some_and(|revoked| revoked.ended.len() == 3);
            let was_deleted = matches!(gone, Some(DeleteOutcome::Deleted { .. }));
            let was_saved = matches!(saved, Some(UpdateOutcome::Saved { .. }));
            let has_joined = matches!(joined, Some(CreateOutcome::Created { .. }));
            for (at, record) in records.iter().enumerate() {
                let over = was_revoked || (at == 1 && was_deleted);
                assert_eq!(
                    lives(&store, record).await,
                    !over,
                    "record {at}, set moves: {set_moves}"
                );
            }
            assert_eq!(lives(&store, &late).await, has_joined);
            if !was_revoked {
                let again = store.update(&change, now()).await.unwrap();
                let revision = records[2].revision().next();
                assert_eq!(
                    again,
                    UpdateOutcome::Saved { revision },
                    "saved before: {was_saved}"
                );
            }
            let _ = store
                .revoke(&revoke(&ada, RevokeKind::All), now())
                .await
                .unwrap();
            for record in records.iter().chain([&late]) {
                assert!(!lives(&store, record).await, "it cannot be revoked");
            }
        }
    }
}

/// Its old home sends on whoever asks, this once, and the new one answers nobody who was not sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_have_moved_before_their_slot_are_found() {
    let cluster = Cluster::start_without_failovers();
    let patience = Duration::from_secs(10);
    let store = connect(&cluster, patience).await;
    let waiting = RedisStore::builder(Server::cluster(cluster.urls()))
        .wait_for_replicas(1, patience)
        .timeout(patience)
        .connect()
        .await
        .unwrap();
    let around = support::tamper::Around::at(&[cluster.nodes[0].url()], "cloakroom").await;
    let placement = visit(now()).id().placement();
    let visits = [(); 4].map(|()| {
        let id = random_id(placement);
        Record::anonymous(id, now(), Timeouts::default(), payload("data"))
    });
    for record in &visits {
        let _ = store.create(&create(record), now()).await.unwrap();
    }
    let moving = Move::begin(&cluster, &around.id(visits[0].id()));
    for record in &visits {
        moving.key(&around.id(record.id()));
    }
    for record in &visits {
        assert!(lives(&store, record).await);
        assert!(lives(&waiting, record).await);
    }
    // At once, so that some share a connection, and each has an answer of its own.
    let absent = Record::anonymous(
        random_id(placement),
        now(),
        Timeouts::default(),
        payload("data"),
    );
    let requests: Vec<_> = [&visits[0], &absent, &visits[1], &visits[2]]
        .map(delete)
        .into();
    let endings = requests
        .iter()
        .map(|request| waiting.delete(request, now()));
    let endings = join_all(endings).await;
    for (at, ending) in endings.into_iter().enumerate() {
        match ending.unwrap() {
            DeleteOutcome::Missing => assert_eq!(at, 1),
            DeleteOutcome::Deleted { replicas } => assert!(replicas.is_some() && at != 1),
            conflict @ DeleteOutcome::Conflict { .. } => panic!("{conflict:?}"),
        }
    }
    moving.finish();
    for (at, record) in visits.iter().enumerate() {
        assert_eq!(lives(&store, record).await, at == 3);
    }
}

/// A session whose slot has moved to where was looked before would be overlooked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_ends_where_slots_move() {
    let cluster = Cluster::start_without_failovers();
    let store = connect(&cluster, Duration::from_secs(10)).await;
    let around = support::tamper::Around::at(&[cluster.nodes[0].url()], "cloakroom").await;
    for n in 0..30 {
        sign_in(&store, &subject(&format!("user-{n}"))).await;
    }
    let page = |after: Option<&Cursor>| Page {
        after: after.cloned(),
        limit: 1,
    };
    let first = store.scan(&page(None), now()).await.unwrap().next;
    let first = first.expect("there are more");
    let is_lost = async |after| {
        let page = store.scan(&page(after), now()).await;
        page.is_err_and(|error| error.kind() == ErrorKind::CursorLost)
    };
    assert!(!is_lost(Some(&first)).await);
    let moving = Move::begin(&cluster, &around.set(&subject("user-0")));
    assert!(is_lost(Some(&first)).await && is_lost(None).await);
    let counted = store.count(now()).await.unwrap_err();
    assert_eq!(counted.kind(), ErrorKind::CursorLost);
    moving.finish();
    assert!(is_lost(Some(&first)).await);
    assert!(!is_lost(None).await);
    assert_eq!(store.count(now()).await.unwrap(), 30);
}

/// Slots move while the workload runs; nobody notices but by the time it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_move_under_work() {
    let cluster = Cluster::start();
    let store = connect(&cluster, Duration::from_secs(20)).await;
    let around = support::tamper::Around::at(&[cluster.nodes[0].url()], "cloakroom").await;
    let mut workload = Workload::start(&store, 4, 0);
    workload.goes_on(20).await;
    for task in 0..4 {
        let key = around.set(&subject(&format!("user-0-{task}")));
        for _ in 0..2 {
            Move::begin(&cluster, &key).finish();
            workload.goes_on(5).await;
        }
    }
    let told = workload.stop().await;
    let report = account(&store, &told, std::time::Instant::now()).await;
    assert_eq!(report.lost, 0, "{report:?}");
    assert!(report.created > 100, "{report:?}");
}

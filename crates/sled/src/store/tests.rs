use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::store::{Cap, EndReason, OnCap, Replaces, RevokeKind};
use cloakroom_core::{Clock as _, ManualClock, Payload, Record, Timeouts, WriteId};

use super::*;
use crate::Durability;
use crate::engine::Step;
use crate::scratch::Scratch;

mod ends;
mod failures;
mod large;
mod power;
mod reads;
mod scans;
mod sweeps;

fn open(dir: &Scratch) -> SledStore {
    SledStore::builder(dir.path().join("store"))
        .without_sweeper()
        .open()
        .unwrap()
}

fn now() -> Timestamp {
    ManualClock::new().now()
}

fn subject() -> Subject {
    Subject::new("ada").unwrap()
}

fn id(store: &SledStore, number: u8) -> SessionId {
    let mut bytes = [number; SessionId::LEN];
    bytes[..2].copy_from_slice(&store.placement_key().place(&subject()).to_bytes());
    SessionId::from_stored(bytes)
}

fn create(store: &SledStore, number: u8, len: usize) -> Create {
    let payload = Payload {
        codec: 1,
        bytes: Bytes::from(vec![number; len]),
    };
    let id = id(store, number);
    Create {
        record: Arc::new(Record::signed_in(
            id,
            subject(),
            now(),
            Timeouts::default(),
            payload,
        )),
        cap: Cap::new(3, OnCap::EvictOldest).unwrap(),
        generation: None,
        replaces: None,
        over: None,
    }
}

fn delete(store: &SledStore, number: u8) -> Delete {
    Delete {
        id: id(store, number),
        subject: Some(subject()),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    }
}

fn renew(store: &SledStore, old: u8, new: u8, grace: Duration) -> Renew {
    Renew {
        old: id(store, old),
        new: id(store, new),
        subject: Some(subject()),
        grace,
    }
}

/// The first change of a session, to so many data that they take several keys.
fn update(store: &SledStore, number: u8) -> Update {
    Update {
        id: id(store, number),
        subject: Some(subject()),
        expected: cloakroom_core::Revision::FIRST,
        payload: create(store, 9, 50_000).record.payload().clone(),
        label: None,
        touch: true,
        write_id: WriteId::random(),
    }
}

/// The steps that the disk sees.
fn watch(store: &SledStore) -> Arc<Mutex<Vec<Step>>> {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&steps);
    store.core.engine.hook.set(move |step| {
        seen.lock().unwrap().push(step);
        Ok(())
    });
    steps
}

/// A crash can come between two batches, and never within one: so no operation may take two.
#[tokio::test]
async fn every_operation_is_one_batch() {
    let dir = Scratch::new();
    let store = open(&dir);
    let steps = watch(&store);
    let one_batch = |what: &str| {
        let seen = std::mem::take(&mut *steps.lock().unwrap());
        let batches = seen.iter().filter(|step| **step == Step::Apply).count();
        assert_eq!(batches, 1, "{what}: {seen:?}");
    };
    store.begin(&subject(), now(), now()).await.unwrap();
    one_batch("begin");
    for number in 1..=4 {
        // The last evicts the first.
        let _ = store
            .create(&create(&store, number, 10_000), now())
            .await
            .unwrap();
        one_batch("create");
    }
    let mut replacing = create(&store, 5, 10);
    let revision = cloakroom_core::Revision::FIRST;
    replacing.replaces = Some(Replaces {
        id: id(&store, 2),
        revision,
    });
    let _ = store.create(&replacing, now()).await.unwrap();
    one_batch("replace");
    let _ = store.update(&update(&store, 3), now()).await.unwrap();
    one_batch("update");
    let later = now().plus(Duration::from_secs(1));
    let _ = store
        .touch(id(&store, 3), Some(&subject()), later)
        .await
        .unwrap();
    one_batch("touch");
    let _ = store
        .renew(&renew(&store, 3, 6, Duration::ZERO), later)
        .await
        .unwrap();
    one_batch("renew");
    let _ = store.delete(&delete(&store, 6), later).await.unwrap();
    one_batch("delete");
    let all = Revoke {
        subject: subject(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    assert_eq!(store.revoke(&all, later).await.unwrap().ended.len(), 2);
    one_batch("revoke");
}

#[tokio::test]
async fn a_retry_waits_until_what_its_first_try_ended_is_on_disk() {
    for durability in [
        Durability::Immediate,
        Durability::Interval(Duration::from_secs(3_600)),
    ] {
        let dir = Scratch::new();
        let store = SledStore::builder(dir.path().join("store"))
            .durability(durability)
            .without_sweeper()
            .open()
            .unwrap();
        let _ = store.create(&create(&store, 1, 10), now()).await.unwrap();
        let (held, is_held) = mpsc::channel();
        let (let_go, go) = mpsc::channel::<()>();
        let go = Mutex::new(go);
        store.core.engine.hook.set(move |step| {
            if step == Step::Sync {
                let _ = held.send(());
                let _ = go.lock().unwrap().recv();
            }
            Ok(())
        });
        let request = delete(&store, 1);
        let first = tokio::spawn({
            let (store, request) = (store.clone(), request.clone());
            async move { store.delete(&request, now()).await }
        });
        tokio::task::spawn_blocking(move || is_held.recv())
            .await
            .unwrap()
            .unwrap();
        // Applied, and not on disk. The caller loses patience.
        first.abort();
        let mut retry = tokio::spawn({
            let store = store.clone();
            async move { store.delete(&request, now()).await }
        });
        for _ in 0..100 {
            tokio::task::yield_now().await;
            assert!(!retry.is_finished(), "told to be on disk, and is not");
        }
        drop(let_go);
        let told = (&mut retry).await.unwrap().unwrap();
        assert_eq!(told, DeleteOutcome::Deleted { replicas: None });
    }
}

#[tokio::test]
async fn the_index_after_a_restart_is_the_one_before() {
    let dir = Scratch::new();
    let store = open(&dir);
    for number in 1..=4 {
        let _ = store
            .create(&create(&store, number, 5_000), now())
            .await
            .unwrap();
    }
    let later = now().plus(Duration::from_secs(60));
    let _ = store
        .touch(id(&store, 3), Some(&subject()), later)
        .await
        .unwrap();
    let _ = store
        .renew(&renew(&store, 3, 6, Duration::from_secs(5)), later)
        .await
        .unwrap();
    let _ = store.delete(&delete(&store, 4), later).await.unwrap();
    let before = store.core.index.listings();
    assert_eq!(
        before.0.len(),
        5,
        "1 ended by the cap, 2, 3 renewed, 4 ended, 6"
    );
    store.close().unwrap();
    assert_eq!(open(&dir).core.index.listings(), before);
}

#[tokio::test]
async fn the_sweeper_sweeps_and_stops_with_the_store() {
    let dir = Scratch::new();
    let clock = ManualClock::new();
    let (report, swept) = mpsc::channel();
    let store = SledStore::builder(dir.path().join("store"))
        .clock(clock.clone())
        .sweep_every(Duration::from_millis(1))
        .on_sweep(move |result| {
            let _ = report.send(result.unwrap());
        })
        .open()
        .unwrap();
    let _ = store.create(&create(&store, 1, 10), now()).await.unwrap();
    assert_eq!(swept.recv().unwrap(), 0);
    clock.advance(Duration::from_secs(86_400));
    while swept.recv().unwrap() == 0 {}
    assert!(store.core.index.listings().0.is_empty());
    drop(store);
    while swept.recv().is_ok() {}
}

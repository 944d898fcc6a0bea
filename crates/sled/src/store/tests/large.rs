//! Large sets, large records, and readers beside large writes.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use cloakroom_core::semantics::{Entry, Shelf as _};

use super::*;
use crate::shelf::PlacementView;

const MEMBERS: u32 = 10_000;

fn numbered(store: &SledStore, number: u32) -> SessionId {
    let mut bytes = *id(store, 9).as_bytes();
    bytes[2..6].copy_from_slice(&number.to_be_bytes());
    SessionId::from_stored(bytes)
}

/// All at once: one after the other would take its time.
async fn sign_in_all(store: &SledStore) {
    let placement = store.placement_key().place(&subject());
    let payload = create(store, 1, 10).record.payload().clone();
    let write = |view: &mut PlacementView<'_>| {
        let _ = semantics::begin(view, &subject(), now(), now())?;
        for number in 0..MEMBERS {
            let id = numbered(store, number);
            let timeouts = Timeouts::default();
            let record = Record::signed_in(id, subject(), now(), timeouts, payload.clone());
            view.put_entry(id, Entry::Live(Arc::new(record)));
            view.add_member(&subject(), id);
        }
        Ok(())
    };
    let written = store
        .core
        .write(placement, Operation::Create, Waits::Lazy, write);
    written.await.unwrap();
}

/// Ten thousand sessions end together, and nobody ever sees a part of them alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sessions_end_in_one_batch() {
    let dir = Scratch::new();
    let store = SledStore::builder(dir.path().join("store"))
        .durability(crate::Durability::Interval(Duration::from_secs(3_600)))
        .without_sweeper()
        .open()
        .unwrap();
    sign_in_all(&store).await;
    let steps = watch(&store);
    let is_over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn({
        let (store, is_over) = (store.clone(), Arc::clone(&is_over));
        let (first, last) = (numbered(&store, 0), numbered(&store, MEMBERS - 1));
        async move {
            while !is_over.load(SeqCst) {
                // The one that is read second cannot be alive where the first is dead.
                let before = store.load(first, now()).await.unwrap();
                let after = store.load(last, now()).await.unwrap();
                let lives = |load| matches!(load, LoadOutcome::Found(_));
                assert!(lives(before) || !lives(after), "a part has ended");
                tokio::task::yield_now().await;
            }
        }
    });
    let all = Revoke {
        subject: subject(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let revoked = store.revoke(&all, now()).await.unwrap();
    is_over.store(true, SeqCst);
    watching.await.unwrap();
    assert_eq!(revoked.ended.len(), MEMBERS as usize);
    let batches = steps
        .lock()
        .unwrap()
        .iter()
        .filter(|step| **step == Step::Apply)
        .count();
    assert_eq!(batches, 1);
    store.close().unwrap();
    let store = open(&dir);
    assert_eq!(store.count(now()).await.unwrap(), 0);
}

/// A record in many parts is read whole: as it was, or as it is, never a part of each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_updates_of_many_parts() {
    let dir = Scratch::new();
    let store = SledStore::builder(dir.path().join("store"))
        .session_cache_bytes(0)
        .durability(crate::Durability::Interval(Duration::from_secs(3_600)))
        .without_sweeper()
        .open()
        .unwrap();
    let _ = store
        .create(&create(&store, 1, 400_000), now())
        .await
        .unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let (store, is_over) = (store.clone(), Arc::clone(&is_over));
        async move {
            let mut reads = 0;
            while !is_over.load(SeqCst) {
                let load = store.load(id(&store, 1), now()).await.unwrap();
                let LoadOutcome::Found(record) = load else {
                    panic!("{load:?}");
                };
                let bytes = &record.payload().bytes;
                assert!(
                    bytes.iter().all(|byte| *byte == bytes[0]),
                    "two revisions in one"
                );
                assert_eq!(bytes.len(), 400_000 + usize::from(bytes[0]) - 1);
                reads += 1;
                tokio::task::yield_now().await;
            }
            reads
        }
    });
    let mut revision = cloakroom_core::Revision::FIRST;
    for number in 2..40_u8 {
        let len = 400_000 + usize::from(number) - 1;
        let update = Update {
            id: id(&store, 1),
            subject: Some(subject()),
            expected: revision,
            payload: create(&store, number, len).record.payload().clone(),
            label: None,
            touch: false,
            write_id: WriteId::random(),
        };
        let saved = store.update(&update, now()).await.unwrap();
        let UpdateOutcome::Saved { revision: next } = saved else {
            panic!("{saved:?}");
        };
        revision = next;
    }
    is_over.store(true, SeqCst);
    assert!(reading.await.unwrap() > 0);
}

/// Nobody would ever find them.
#[tokio::test]
async fn the_parts_of_a_record_go_with_what_they_were_parts_of() {
    let dir = Scratch::new();
    let store = open(&dir);
    let has_parts = || {
        !store
            .core
            .engine
            .pairs(&[2], Some(&[3]), 1)
            .unwrap()
            .is_empty()
    };
    for shrinks in [true, false] {
        let number = 1 + u8::from(shrinks);
        let _ = store
            .create(&create(&store, number, 20_000), now())
            .await
            .unwrap();
        assert!(has_parts());
        if shrinks {
            let update = Update {
                id: id(&store, number),
                subject: Some(subject()),
                expected: cloakroom_core::Revision::FIRST,
                payload: create(&store, number, 10).record.payload().clone(),
                label: None,
                touch: false,
                write_id: WriteId::random(),
            };
            let _ = store.update(&update, now()).await.unwrap();
        } else {
            let _ = store.delete(&delete(&store, number), now()).await.unwrap();
        }
        assert!(!has_parts(), "shrinks: {shrinks}");
    }
}

#[tokio::test]
async fn what_the_format_cannot_hold_is_too_large() {
    let dir = Scratch::new();
    let store = open(&dir);
    let _ = store.create(&create(&store, 1, 10), now()).await.unwrap();
    let payload = Payload {
        codec: 1,
        bytes: Bytes::from(vec![0; MAX_RECORD]),
    };
    let update = Update {
        id: id(&store, 1),
        subject: Some(subject()),
        expected: cloakroom_core::Revision::FIRST,
        payload,
        label: None,
        touch: false,
        write_id: WriteId::random(),
    };
    let error = store.update(&update, now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let error = store
        .create(&create(&store, 2, MAX_RECORD), now())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

//! Sessions that are kept in memory, while they change.

use super::*;
use crate::layout::keys;
use crate::layout::value::Value;
use crate::read;

/// Whoever reads while a batch is being applied finds what was before, and that is not what those find
/// who read after it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_while_it_changes_is_not_found_afterwards() {
    let dir = Scratch::new();
    let store = open(&dir);
    let created = create(&store, 1, 100);
    let _ = store.create(&created, now()).await.unwrap();
    let LoadOutcome::Found(before) = store.load(id(&store, 1), now()).await.unwrap() else {
        panic!("it lives");
    };

    let (reached, is_reached) = mpsc::channel();
    let (let_go, go) = mpsc::channel::<()>();
    let go = Mutex::new(go);
    store.core.engine.hook.set(move |step| {
        if step == Step::Apply {
            let _ = reached.send(());
            let _ = go.lock().unwrap().recv();
        }
        Ok(())
    });
    let update = Update {
        id: id(&store, 1),
        subject: Some(subject()),
        expected: cloakroom_core::Revision::FIRST,
        payload: create(&store, 2, 100).record.payload().clone(),
        label: None,
        touch: false,
        write_id: WriteId::random(),
    };
    let updater = store.clone();
    let updated = tokio::spawn(async move { updater.update(&update, now()).await.unwrap() });
    is_reached.recv().unwrap();
    let LoadOutcome::Found(meanwhile) = store.load(id(&store, 1), now()).await.unwrap() else {
        panic!("it lives");
    };
    assert_eq!(meanwhile, before);
    assert!(!Arc::ptr_eq(&meanwhile, &before), "it was kept until then");
    let_go.send(()).unwrap();
    let UpdateOutcome::Saved { revision } = updated.await.unwrap() else {
        panic!("it was at its first revision");
    };
    for _ in 0..2 {
        let LoadOutcome::Found(found) = store.load(id(&store, 1), now()).await.unwrap() else {
            panic!("it lives");
        };
        assert_eq!(found.revision(), revision);
    }

    let ender = store.clone();
    let ending = delete(&store, 1);
    let ended = tokio::spawn(async move { ender.delete(&ending, now()).await.unwrap() });
    is_reached.recv().unwrap();
    let found = store.load(id(&store, 1), now()).await.unwrap();
    assert!(matches!(found, LoadOutcome::Found(_)));
    drop(let_go);
    let _ = ended.await.unwrap();
    for _ in 0..2 {
        let found = store.load(id(&store, 1), now()).await.unwrap();
        assert!(!matches!(found, LoadOutcome::Found(_)));
    }
}

/// A second reading gives the very record of the first, with the data that a handle may have decoded: of a
/// session that was written by this process, and of one that was there.
#[tokio::test]
async fn a_session_that_is_read_again_is_the_same_record() {
    let dir = Scratch::new();
    for (bytes, is_kept) in [(1 << 20, true), (0, false)] {
        let open = || {
            SledStore::builder(dir.path().join(bytes.to_string()))
                .without_sweeper()
                .session_cache_bytes(bytes)
                .open()
                .unwrap()
        };
        let store = open();
        let created = create(&store, 1, 9_000);
        let _ = store.create(&created, now()).await.unwrap();
        let of_this_process = twice(&store).await;
        drop(store);
        let of_another = twice(&open()).await;
        for [first, second] in [of_this_process, of_another] {
            assert_eq!(first.payload(), created.record.payload());
            assert_eq!(first, second);
            assert_eq!(Arc::ptr_eq(&first, &second), is_kept, "{bytes} bytes");
        }
    }
}

async fn twice(store: &SledStore) -> [Arc<Record>; 2] {
    let first = store.load(id(store, 1), now()).await.unwrap();
    let second = store.load(id(store, 1), now()).await.unwrap();
    [first, second].map(|found| match found {
        LoadOutcome::Found(record) => record,
        other => panic!("{other:?}"),
    })
}

/// A record in parts is kept without the room that its buffer had left.
#[tokio::test]
async fn a_record_that_was_put_together_takes_no_more_than_its_bytes() {
    let dir = Scratch::new();
    let store = open(&dir);
    let created = create(&store, 1, 9_000);
    let _ = store.create(&created, now()).await.unwrap();
    let key = keys::entry(id(&store, 1));
    let value = store.core.engine.get(&key).unwrap().unwrap();
    let Value::Record { chunks, part } = Value::read(id(&store, 1), &value) else {
        panic!("it is a record");
    };
    assert_eq!(chunks, 2);
    let bytes = read::record(&store.core.engine, id(&store, 1), chunks, part);
    let bytes = bytes.unwrap().unwrap();
    let len = bytes.len();
    assert_eq!(bytes.try_into_mut().unwrap().capacity(), len);
}

#[tokio::test]
async fn what_is_over_is_kept_no_longer_once_it_was_asked_for() {
    let dir = Scratch::new();
    let store = open(&dir);
    let _ = store.create(&create(&store, 1, 10), now()).await.unwrap();
    let [record, _] = twice(&store).await;
    // The store, and this test.
    assert_eq!(Arc::strong_count(&record), 2);
    let over = record.deadline().instant();
    assert_eq!(
        store.load(id(&store, 1), over).await.unwrap(),
        LoadOutcome::Absent
    );
    assert_eq!(Arc::strong_count(&record), 1);
}

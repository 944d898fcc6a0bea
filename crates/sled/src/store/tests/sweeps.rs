//! What a sweep takes away, and how far it goes.

use std::sync::Arc;

use cloakroom_core::semantics::{Entry, Shelf as _};

use super::*;
use crate::layout::keys;

/// They are looked at again later: else the first of them would be all that it ever looks at.
#[tokio::test]
async fn sets_that_live_on_do_not_keep_a_sweep_from_those_that_are_over() {
    let dir = Scratch::new();
    let store = open(&dir);
    for number in 0..65_u8 {
        let lives = Subject::new(format!("subject {number}")).unwrap();
        let mut bytes = [number; SessionId::LEN];
        let placement = store.placement_key().place(&lives);
        bytes[..2].copy_from_slice(&placement.to_bytes());
        let id = SessionId::from_stored(bytes);
        let request = create(&store, 1, 10);
        let payload = request.record.payload().clone();
        let request = Create {
            record: Arc::new(Record::signed_in(
                id,
                lives,
                now(),
                Timeouts::default(),
                payload,
            )),
            ..request
        };
        let _ = store.create(&request, now()).await.unwrap();
    }
    let until = now().plus(Duration::from_secs(1));
    store.begin(&subject(), until, now()).await.unwrap();
    let head = keys::head(store.placement_key().place(&subject()), &subject());
    assert!(store.core.engine.contains(&head).unwrap());
    let later = now().plus(Duration::from_secs(60));
    assert_eq!(store.purge_expired(1_000, later).await.unwrap(), 1);
    assert!(!store.core.engine.contains(&head).unwrap());
    assert_eq!(store.count(later).await.unwrap(), 65);
}

#[tokio::test]
async fn a_sweep_goes_on_until_nothing_is_over() {
    const VISITORS: u16 = 1_100;
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
    let payload = create(&store, 1, 10).record.payload().clone();
    let placement = id(&store, 1).placement();
    let written = store
        .core
        .write(placement, Operation::Create, Waits::Lazy, |view| {
            for number in 0..VISITORS {
                let mut bytes = *id(&store, 1).as_bytes();
                bytes[2..4].copy_from_slice(&number.to_be_bytes());
                let id = SessionId::from_stored(bytes);
                let record = Record::anonymous(id, now(), Timeouts::default(), payload.clone());
                view.put_entry(id, Entry::Live(Arc::new(record)));
            }
            Ok(())
        });
    written.await.unwrap();
    clock.advance(Duration::from_secs(86_400));
    let first = swept.iter().find(|swept| *swept > 0);
    assert_eq!(first, Some(VISITORS.into()), "in one sweep");
}

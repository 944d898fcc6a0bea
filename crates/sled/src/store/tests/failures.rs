//! What is left of a store that has failed.

use super::*;
use crate::fault::Fault;

/// What is in memory may be half of a batch.
#[tokio::test]
async fn after_a_batch_that_failed_nothing_is_read() {
    let dir = Scratch::new();
    let store = open(&dir);
    for number in [1, 2] {
        let created = create(&store, number, 10);
        let _ = store.create(&created, now()).await.unwrap();
    }
    store.core.engine.hook.set(|step| match step {
        Step::Apply => Err(Fault::Io("gone".to_owned())),
        Step::Flush | Step::Sync | Step::Witness => Ok(()),
    });
    let error = store.delete(&delete(&store, 1), now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let page = Page {
        after: None,
        limit: 10,
    };
    let refused = [
        store.load(id(&store, 1), now()).await.map(|_| ()),
        // Which is kept in memory.
        store.load(id(&store, 2), now()).await.map(|_| ()),
        store.token_set(&subject(), &page, now()).await.map(|_| ()),
        store.scan(&page, now()).await.map(|_| ()),
        store.count(now()).await.map(|_| ()),
        store.purge_expired(10, now()).await.map(|_| ()),
    ];
    for (number, refused) in refused.into_iter().enumerate() {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "read {number}");
    }
}

//! What a scan reads.

use cloakroom_core::semantics::{Entry, Shelf as _};
use cloakroom_core::store::Listed;

use super::*;

const SESSIONS: u16 = 1000;

/// In this placement, and under this number in it.
fn placed(placement: u16, number: u16) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    bytes[..2].copy_from_slice(&placement.to_be_bytes());
    bytes[2..4].copy_from_slice(&number.to_be_bytes());
    SessionId::from_stored(bytes)
}

async fn put(store: &SledStore, ids: impl Iterator<Item = SessionId>) {
    for id in ids {
        let payload = create(store, 1, 10).record.payload().clone();
        let record = Record::anonymous(id, now(), Timeouts::default(), payload);
        let write = store
            .core
            .write(id.placement(), Operation::Create, Waits::Lazy, |view| {
                view.put_entry(id, Entry::Live(Arc::new(record)));
                Ok(())
            });
        write.await.unwrap();
    }
}

async fn scanned(store: &SledStore, limit: usize) -> Vec<SessionId> {
    let mut ids = Vec::new();
    let mut page = Page { after: None, limit };
    loop {
        let scan = store.scan(&page, now()).await.unwrap();
        ids.extend(scan.sessions.iter().map(Listed::id));
        match scan.next {
            Some(next) => page.after = Some(next),
            None => return ids,
        }
    }
}

/// Most visitors have a placement to themselves. Whoever reads on beyond it reads all of them again
/// and again.
#[tokio::test]
async fn a_scan_reads_each_session_once_or_twice() {
    let dir = Scratch::new();
    let store = open(&dir);
    let ids: Vec<_> = (0..SESSIONS).map(|number| placed(number, 1)).collect();
    put(&store, ids.iter().copied()).await;
    let before = store.core.engine.hook.pairs();
    assert_eq!(scanned(&store, 100).await, ids);
    let read = store.core.engine.hook.pairs() - before;
    assert!(read <= 2 * usize::from(SESSIONS), "{read} for {SESSIONS}");
}

/// Also where it takes several reads, and is the last there can be.
#[tokio::test]
async fn a_page_ends_where_a_placement_does() {
    let dir = Scratch::new();
    let store = open(&dir);
    let ids: Vec<_> = [(1, 3), (2, 600), (3, 1), (u16::MAX, 256)]
        .into_iter()
        .flat_map(|(placement, count)| (0..count).map(move |number| placed(placement, number)))
        .collect();
    put(&store, ids.iter().copied()).await;
    for limit in [1, 3, 4, 10_000] {
        assert_eq!(scanned(&store, limit).await, ids, "pages of {limit}");
    }
    let page = Page {
        after: None,
        limit: 4,
    };
    let first = store.scan(&page, now()).await.unwrap();
    assert_eq!(first.sessions.len(), 603, "the second placement whole");
}

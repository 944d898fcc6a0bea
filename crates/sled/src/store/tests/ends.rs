//! What is on disk when something ends.

use super::*;
use crate::Durability;

/// A token that somebody else issued comes again, and its new session is over already: the old one
/// goes, and no memory of it stays.
#[tokio::test]
async fn a_session_that_gives_way_to_one_that_is_over_is_gone_on_disk() {
    let dir = Scratch::new();
    let store = SledStore::builder(dir.path().join("store"))
        .durability(Durability::Interval(Duration::MAX))
        .without_sweeper()
        .open()
        .unwrap();
    let mut again = create(&store, 1, 10);
    let later = now().plus(Duration::from_secs(3_600));
    let timeouts = Timeouts::default();
    let payload = again.record.payload().clone();
    let old = Create {
        record: Record::signed_in(id(&store, 1), subject(), later, timeouts, payload),
        ..again.clone()
    };
    let _ = store.create(&old, later).await.unwrap();
    again.replaces = Some(Replaces {
        id: id(&store, 1),
        revision: old.record.revision(),
    });
    let over = again.record.deadline().instant();
    assert!(!old.record.deadline().is_over(over), "the old one lives");
    let created = store.create(&again, over).await.unwrap();
    assert!(
        matches!(created, CreateOutcome::Created { .. }),
        "{created:?}"
    );
    let load = store.load(id(&store, 1), over).await.unwrap();
    assert!(matches!(load, LoadOutcome::Absent), "{load:?}");
    assert!(store.core.journal.is_on_disk(), "a crash brings it back");
}

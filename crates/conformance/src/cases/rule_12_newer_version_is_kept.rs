//! Rule 12: a record of a newer version is refused as such, and never updated or purged.

use crate::suite::prelude::*;

/// Rule 12: a record of a newer version is not changed, and no purge takes it, however long ago.
pub async fn a_newer_version_stays_as_it_is<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let record = unreadable(&stage, &subject("from-the-future"), true).await;
    let visitor = store.visit(now).await;
    make_newer(&stage, visitor.id()).await;
    for record in [&record, &visitor] {
        let before = stored(&stage, record.id()).await;
        let _ = store.raw().update(&update(record, "late"), now).await;
        let _ = store.raw().touch(record.id(), record.subject(), now).await;
        let _ = store.raw().renew(&renew(record, hours(1)), now).await;
        store.purge_all(100, now.plus(days(3650))).await;
        assert_eq!(
            stored(&stage, record.id()).await,
            before,
            "it was written over"
        );
        let error = store.raw().load(record.id(), now.plus(days(3650))).await;
        let kind = error.expect_err("a newer version cannot be read").kind();
        assert_eq!(kind, ErrorKind::NewerVersion);
    }
}

/// Rules 7 and 12: at a cap, damaged records give way first, and those of a newer version last.
pub async fn what_cannot_be_read_counts_for_the_cap<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for on_cap in [OnCap::EvictOldest, OnCap::EvictLeastRecentlySeen] {
        let subject = subject(&format!("{on_cap:?}"));
        let newer = unreadable(&stage, &subject, true).await;
        // Older than the damaged one, so that only the damage lets that one go first.
        let before = Timestamp::from_millis(now.as_millis() - 1_000);
        let readable = store.sign_in(&subject, before).await;
        let damaged = unreadable(&stage, &subject, false).await;
        for (max, gone) in [(3, &damaged), (2, &readable)] {
            let next = store.record(&subject, now.plus(seconds(1)));
            let request = Create {
                cap: cap(max, on_cap),
                ..create(&next)
            };
            let outcome = store.create(&request, now).await;
            let CreateOutcome::Created { evicted, .. } = outcome else {
                panic!("{outcome:?}");
            };
            assert!(
                evicted.contains(&gone.id()),
                "at a cap of {max}: {evicted:?}"
            );
            assert!(
                !evicted.contains(&newer.id()),
                "at a cap of {max}: {evicted:?}"
            );
        }
        let refused = Create {
            cap: cap(1, OnCap::Refuse),
            ..create(&store.record(&subject, now))
        };
        assert_eq!(store.create(&refused, now).await, CreateOutcome::CapReached);
    }
}

//! A future that is dropped half-way leaves every rule true: the operation has happened, or will
//! have, or it has not.

use crate::suite::prelude::*;
use crate::suite::tasks::drop_after;

/// After how many turns of the others a future is dropped, unless it is ready before.
const TURNS: std::ops::Range<usize> = 0..8;

/// A create that was dropped is finished by its retry: a session, and one member.
pub async fn a_dropped_create_is_finished_by_its_retry<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for turns in TURNS {
        let subject = subject(&format!("dropped after {turns}"));
        let old = store.sign_in(&subject, now).await;
        let next = store.record(&subject, now);
        let request = Create {
            cap: cap(1, OnCap::Refuse),
            replaces: at_revision(&old),
            ..create(&next)
        };
        let _ = drop_after(turns, store.create(&request, now)).await;
        let outcome = store.create(&request, now).await;
        assert!(
            matches!(outcome, CreateOutcome::Created { .. }),
            "{turns}: {outcome:?}"
        );
        assert_eq!(*store.found(next.id(), now).await, next, "{turns}");
        assert_eq!(
            store.load(old.id(), now).await,
            LoadOutcome::Replaced { at: now },
            "{turns}"
        );
        assert_eq!(
            store.ids(&subject, now).await,
            [next.id()].into(),
            "{turns}"
        );
    }
}

/// An update that was dropped is finished by its retry, once.
pub async fn a_dropped_update_is_finished_by_its_retry<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for turns in TURNS {
        let record = store.visit(now).await;
        let request = update(&record, "dropped");
        let _ = drop_after(turns, store.update(&request, now)).await;
        let revision = record.revision().next();
        let saved = UpdateOutcome::Saved { revision };
        assert_eq!(store.update(&request, now).await, saved, "{turns}");
        let stored = store.found(record.id(), now).await;
        assert_eq!(*stored, record.updated(&request, true, now), "{turns}");
    }
}

/// A renewal that was dropped is finished by its retry; the session is never without an id.
pub async fn a_dropped_renewal_is_finished_by_its_retry<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for turns in TURNS {
        let subject = subject(&format!("dropped after {turns}"));
        let record = store.sign_in(&subject, now).await;
        let request = renew(&record, hours(1));
        let _ = drop_after(turns, store.renew(&request, now)).await;
        assert!(
            store.lives(record.id(), now).await,
            "{turns}: the old id names nothing"
        );
        assert_eq!(
            store.renew(&request, now).await,
            RenewOutcome::Renewed,
            "{turns}"
        );
        for id in [record.id(), request.new] {
            assert_eq!(store.found(id, now).await.id(), request.new, "{turns}");
        }
        assert_eq!(
            store.ids(&subject, now).await,
            [request.new].into(),
            "{turns}"
        );
    }
}

/// A deletion that was dropped is finished by its retry.
pub async fn a_dropped_deletion_is_finished_by_its_retry<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for turns in TURNS {
        let subject = subject(&format!("dropped after {turns}"));
        let record = store.sign_in(&subject, now).await;
        let request = delete(&record);
        let _ = drop_after(turns, store.delete(&request, now)).await;
        let outcome = store.delete(&request, now).await;
        assert!(
            matches!(outcome, DeleteOutcome::Deleted { .. }),
            "{turns}: {outcome:?}"
        );
        assert_eq!(
            store.load(record.id(), now).await,
            LoadOutcome::Ended { at: now },
            "{turns}"
        );
        assert_eq!(store.ids(&subject, now).await.len(), 0, "{turns}");
        let ended_by = Some(request.write_id);
        let late = store.create(&create(&record), now).await;
        assert_eq!(late, CreateOutcome::Duplicate { ended_by }, "{turns}");
    }
}

/// A revocation that was dropped is finished by its retry: nobody escapes.
pub async fn a_dropped_revocation_is_finished_by_its_retry<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for turns in TURNS {
        let subject = subject(&format!("dropped after {turns}"));
        let began_with = store.begin(&subject, now.plus(minutes(10)), now).await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(store.sign_in(&subject, now).await.id());
        }
        let request = revoke(&subject, RevokeKind::All);
        let _ = drop_after(turns, store.revoke(&request, now)).await;
        let _ = store.revoke(&request, now).await;
        for id in ids {
            assert_eq!(
                store.load(id, now).await,
                LoadOutcome::Ended { at: now },
                "{turns}"
            );
        }
        assert_eq!(store.ids(&subject, now).await.len(), 0, "{turns}");
        let late = Create {
            generation: Some(began_with),
            ..create(&store.record(&subject, now))
        };
        assert_eq!(
            store.create(&late, now).await,
            CreateOutcome::Superseded,
            "{turns}"
        );
    }
}

/// Reads and sweeps that were dropped change nothing, and block nobody.
pub async fn a_dropped_read_changes_nothing<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("read");
    let record = store.sign_in(&subject, now).await;
    for turns in TURNS {
        let _ = drop_after(turns, store.load(record.id(), now)).await;
        let _ = drop_after(turns, store.ids(&subject, now)).await;
        let _ = drop_after(turns, store.all_ids(now)).await;
        let _ = drop_after(turns, store.count(now)).await;
        let _ = drop_after(turns, store.purge(100, now)).await;
        let _ = drop_after(turns, store.begin(&subject, now, now)).await;
        let _ = drop_after(turns, store.touch(&record, now)).await;
        assert_eq!(*store.found(record.id(), now).await, record, "{turns}");
        assert_eq!(
            store.ids(&subject, now).await,
            [record.id()].into(),
            "{turns}"
        );
    }
}

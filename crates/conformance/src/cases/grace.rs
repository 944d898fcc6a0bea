//! Until its grace ends, an old id names the same session in every operation.

use crate::suite::prelude::*;

/// An old id in grace loads the session, under its present id.
pub async fn load_takes_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let present = store.found(old.present, now).await;
        assert_eq!(store.found(old.record.id(), now).await, present);
    }
}

/// An update through an old id in grace changes the session.
pub async fn update_takes_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let request = update(&old.record, "by the old id");
        let revision = old.record.revision().next();
        for _ in 0..2 {
            assert_eq!(
                store.update(&request, now).await,
                UpdateOutcome::Saved { revision }
            );
        }
        let stored = store.found(old.present, now).await;
        assert_eq!(*stored.payload(), payload("by the old id"));
    }
}

/// A touch through an old id in grace keeps the session alive.
pub async fn touch_takes_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let later = now.plus(minutes(9));
        assert_eq!(store.touch(&old.record, later).await, TouchOutcome::Touched);
        assert_eq!(store.found(old.present, later).await.last_seen(), later);
    }
}

/// A deletion through an old id in grace ends the session, and so does its retry.
pub async fn delete_takes_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let request = Delete {
            expected: Some(old.record.revision()),
            ..delete(&old.record)
        };
        for _ in 0..2 {
            let outcome = store.delete(&request, now).await;
            assert!(
                matches!(outcome, DeleteOutcome::Deleted { .. }),
                "{outcome:?}"
            );
        }
        old.is_dead(store, now).await;
    }
}

/// A revocation by an old id in grace ends the session, and so does its retry.
pub async fn revoke_takes_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let Some(subject) = old.record.subject() else {
            continue;
        };
        let request = revoke(subject, RevokeKind::One(old.record.id()));
        let revoked = store.revoke(&request, now).await;
        assert_eq!(
            (revoked.ended, revoked.repeated),
            (vec![old.present], false)
        );
        assert!(
            store.revoke(&request, now).await.repeated,
            "the retry met its own write"
        );
        old.is_dead(store, now).await;
    }
}

/// A revocation of all others by an old id in grace spares the session.
pub async fn revoke_spares_by_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let Some(subject) = old.record.subject() else {
            continue;
        };
        let other = store.sign_in(subject, now).await;
        let request = revoke(subject, RevokeKind::AllExcept(old.record.id()));
        let revoked = store.revoke(&request, now).await;
        assert_eq!(revoked.ended, [other.id()]);
        assert!(store.lives(old.record.id(), now).await);
    }
}

/// A sign-in replaces a session by its old id in grace.
pub async fn create_replaces_by_the_old_id<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for old in olds(store, now).await {
        let Some(subject) = old.record.subject() else {
            continue;
        };
        let request = Create {
            replaces: at_revision(&old.record),
            ..create(&store.record(subject, now))
        };
        let outcome = store.create(&request, now).await;
        assert!(
            matches!(outcome, CreateOutcome::Created { .. }),
            "{outcome:?}"
        );
        for id in [old.record.id(), old.present] {
            let replaced = LoadOutcome::Replaced { at: now };
            assert_eq!(store.load(id, now).await, replaced);
        }
    }
}

/// A session, and its record by an old id in grace.
struct Old {
    record: Record,
    present: SessionId,
}

/// Sessions that were renewed once and thrice, of a subject and of nobody.
async fn olds<S: SessionStore>(store: &Client<S>, now: Timestamp) -> Vec<Old> {
    let mut olds = Vec::new();
    for renewals in [1, 3] {
        let subject = subject(&format!("renewed {renewals} times"));
        for record in [store.sign_in(&subject, now).await, store.visit(now).await] {
            let mut present = record.clone();
            for _ in 0..renewals {
                let request = renew(&present, minutes(10));
                assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
                present = (*store.found(request.new, now).await).clone();
                assert_eq!(store.touch(&present, now).await, TouchOutcome::Touched);
            }
            let present = present.id();
            olds.push(Old { record, present });
        }
    }
    olds
}

impl Old {
    async fn is_dead<S: SessionStore>(&self, store: &Client<S>, now: Timestamp) {
        for id in [self.record.id(), self.present] {
            assert_eq!(store.load(id, now).await, LoadOutcome::Ended { at: now });
        }
        assert!(!store.all_ids(now).await.contains(&self.present));
        if let Some(subject) = self.record.subject() {
            assert_eq!(store.ids(subject, now).await.len(), 0);
        }
    }
}

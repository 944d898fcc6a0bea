//! Until its grace ends, an old id names the same session in every operation; afterwards in none.

use cloakroom_core::store::{REUSE_MEMORY, Reused};

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
            assert_eq!(store.load(id, now).await, LoadOutcome::Replaced);
        }
    }
}

/// A grace is exact: the old id works in its last millisecond, and is told apart at its end.
pub async fn a_grace_is_exact<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("exact-grace");
    for grace in [millis(1), millis(999), seconds(30), minutes(29)] {
        let record = store.sign_in(&subject, now).await;
        let request = renew(&record, grace);
        assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
        let over = now.plus(grace);
        let last = just_before(over);
        assert!(store.lives(record.id(), last).await, "a grace of {grace:?}");
        assert_eq!(store.touch(&record, last).await, TouchOutcome::Touched);
        let reused = Reused {
            successor: request.new,
            subject: Some(subject.clone()),
        };
        assert_eq!(
            store.load(record.id(), over).await,
            LoadOutcome::Reused(reused)
        );
        assert_eq!(store.touch(&record, over).await, TouchOutcome::Missing);
        let late = update(&record, "late");
        assert_eq!(store.update(&late, over).await, UpdateOutcome::Missing);
        assert_eq!(
            store.delete(&delete(&record), over).await,
            DeleteOutcome::Missing
        );
        assert!(
            store.lives(request.new, over).await,
            "a use of the old id ended the session"
        );
    }
}

/// Of a session that was renewed twice, each old id has the grace that it was given.
pub async fn each_old_id_has_its_own_grace<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for (of_first, of_second) in [(10, 1), (1, 10)] {
        let first = store.visit(now).await;
        let request = renew(&first, minutes(of_first));
        assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
        let second = store.found(request.new, now).await;
        assert_eq!(store.touch(&second, now).await, TouchOutcome::Touched);
        let request = renew(&second, minutes(of_second));
        assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
        let third = request.new;
        for (id, grace) in [(first.id(), of_first), (second.id(), of_second)] {
            let over = now.plus(minutes(grace));
            assert_eq!(store.found(id, just_before(over)).await.id(), third);
            let reused = Reused {
                successor: third,
                subject: None,
            };
            assert_eq!(store.load(id, over).await, LoadOutcome::Reused(reused));
        }
    }
}

/// Reuse is told for a day, or until the session ends overall; then the old id is one that never was.
pub async fn reuse_is_told_for_a_day<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("old-token-found");
    let long = Timeouts::new(days(30), days(30)).expect("days");
    let record = store.add(store.record_for(&subject, long, now), now).await;
    let request = renew(&record, minutes(1));
    assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
    let forgotten = now.plus(REUSE_MEMORY);
    let last = just_before(forgotten);
    store.purge_all(100, last).await;
    assert!(matches!(
        store.load(record.id(), last).await,
        LoadOutcome::Reused(_)
    ));
    assert_eq!(
        store.load(record.id(), forgotten).await,
        LoadOutcome::Absent
    );
    assert!(store.lives(request.new, forgotten).await);

    let record = store.sign_in(&subject, now).await;
    let request = renew(&record, REUSE_MEMORY);
    assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
    let over = store.found(request.new, now).await.deadline().instant();
    assert_eq!(
        store.load(record.id(), over).await,
        LoadOutcome::Absent,
        "beyond its session"
    );
}

/// Rule 9: no grace outlives the session.
pub async fn no_grace_outlives_the_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.visit(now).await;
    let request = renew(&record, REUSE_MEMORY);
    assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
    let over = record.deadline().instant();
    assert!(store.lives(record.id(), just_before(over)).await);
    assert_eq!(store.load(record.id(), over).await, LoadOutcome::Absent);
    assert_eq!(store.touch(&record, over).await, TouchOutcome::Missing);
    let _ = store
        .revoke(&revoke(&subject("nobody"), RevokeKind::All), over)
        .await;
    assert_eq!(store.count(over).await, 0);
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
            assert_eq!(store.load(id, now).await, LoadOutcome::Absent);
        }
        assert!(!store.all_ids(now).await.contains(&self.present));
        if let Some(subject) = self.record.subject() {
            assert_eq!(store.ids(subject, now).await.len(), 0);
        }
    }
}

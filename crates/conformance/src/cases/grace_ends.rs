//! When a grace ends, and what an old id is then.

use cloakroom_core::store::{MAX_FOLLOWED_RENEWALS, REUSE_MEMORY, Reused};

use crate::suite::prelude::*;

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

/// An old id in grace is followed through so many renewals, and not through one more.
pub async fn an_old_id_is_followed_so_far<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for record in [
        store.sign_in(&subject("renews-often"), now).await,
        store.visit(now).await,
    ] {
        let mut ids = vec![record.id()];
        let mut present = record.clone();
        for _ in 0..MAX_FOLLOWED_RENEWALS {
            let renewal = renew(&present, hours(1));
            assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
            present = (*store.found(renewal.new, now).await).clone();
            ids.push(present.id());
        }
        for id in &ids {
            assert_eq!(store.found(*id, now).await.id(), present.id());
        }
        let renewal = renew(&present, hours(1));
        assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
        assert_eq!(store.load(record.id(), now).await, LoadOutcome::Absent);
        for id in ids.iter().skip(1) {
            assert_eq!(store.found(*id, now).await.id(), renewal.new);
        }
    }
}

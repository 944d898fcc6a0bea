//! Rule 4: a session of a subject lives only while the token set holds it.

use crate::suite::prelude::*;

/// Rule 4: what a listing shows can be loaded, and what lives is listed, whatever happened before.
pub async fn listing_and_loading_agree<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("in-and-out");
    let mut living = std::collections::BTreeSet::new();
    let mut dead = Vec::new();
    for ending in [
        Ending::Deleted,
        Ending::Revoked,
        Ending::Replaced,
        Ending::HandedOver,
    ] {
        living.insert(store.sign_in(&subject, now).await.id());
        let before = store.ids(&subject, now).await;
        let record = store.sign_in(&subject, now).await;
        ending.end(store, &record, now).await;
        dead.push(record.id());
        // A reauthentication leaves its successor.
        living.extend(store.ids(&subject, now).await.difference(&before));
    }
    assert_eq!(store.ids(&subject, now).await, living);
    assert_eq!(store.all_ids(now).await, living);
    assert_eq!(store.count(now).await, living.len() as u64);
    for id in living {
        assert!(store.lives(id, now).await, "listed, but not there");
    }
    for id in dead {
        assert!(!store.lives(id, now).await, "not listed, but there");
    }
}

/// Rule 4: a renewed session is a member by its new id, and by that alone.
pub async fn membership_follows_a_renewal<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("renewed-member");
    let record = store.sign_in(&subject, now).await;
    let renewal = renew(&record, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    assert_eq!(store.ids(&subject, now).await, [renewal.new].into());
    assert_eq!(store.all_ids(now).await, [renewal.new].into());
    assert_eq!(store.count(now).await, 1);
}

/// Rule 4. Failure 6 of its peers: where the index is lost, "revoke all" does nothing, and the
/// sessions go on unrevocable. Here they end with it.
pub async fn a_lost_set_ends_its_sessions<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("evicted-set");
    let record = store.sign_in(&subject, now).await;
    let visitor = store.visit(now).await;
    stage.tamper().lose_token_set(&subject).await;

    is_dead(store, &record, now).await;
    assert_eq!(store.all_ids(now).await, [visitor.id()].into());
    assert_eq!(store.count(now).await, 1);
    assert!(
        store.lives(visitor.id(), now).await,
        "an anonymous session needs no set"
    );
}

/// Rule 4: a session that has left its set never rejoins it, whoever signs in afterwards.
pub async fn a_session_never_rejoins<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("signs-in-again");
    let lost = store.sign_in(&subject, now).await;
    stage.tamper().lose_token_set(&subject).await;
    let next = store.sign_in(&subject, now).await;
    is_dead(store, &lost, now).await;
    assert_eq!(store.ids(&subject, now).await, [next.id()].into());
    let revoked = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
    assert_eq!(revoked.ended, [next.id()]);
    is_dead(store, &lost, now).await;
}

/// Rules 1 and 4: nor by the retry of the very create that made it, revoked in between or not.
pub async fn a_retry_never_rejoins<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for revoked in [false, true] {
        let subject = subject(&format!("impatient-{revoked}"));
        let lost = store.record(&subject, now);
        let request = create(&lost);
        let made = store.create(&request, now).await;
        assert!(matches!(made, CreateOutcome::Created { .. }), "{made:?}");
        stage.tamper().lose_token_set(&subject).await;
        if revoked {
            let _ = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
        }
        assert_eq!(
            store.create(&request, now).await,
            CreateOutcome::Duplicate { ended_by: None }
        );
        is_dead(store, &lost, now).await;
    }
}

/// Rule 4: a session that was lost with its set holds its id against nobody: a token that someone else issued
/// signs in again.
pub async fn a_lost_session_gives_up_its_id<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("same-token");
    let lost = store.sign_in(&subject, now).await;
    stage.tamper().lose_token_set(&subject).await;

    let (id, data) = (lost.id(), payload("again"));
    let again = Record::signed_in(id, subject.clone(), now, Timeouts::default(), data);
    let again = store.add(again, now).await;
    assert_eq!(*store.found(id, now).await, again);
    assert_eq!(store.ids(&subject, now).await, [id].into());
}

/// Rules 3 and 4: a sign-in that began before the set was lost is superseded: what was revoked in
/// between is lost as well.
pub async fn a_lost_generation_supersedes<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("evicted-attempt");
    let until = now.plus(minutes(10));
    let began_with = store.begin(&subject, until, now).await;
    stage.tamper().lose_token_set(&subject).await;
    for _ in 0..2 {
        let request = Create {
            generation: Some(began_with),
            ..create(&store.record(&subject, now))
        };
        assert_eq!(store.create(&request, now).await, CreateOutcome::Superseded);
        assert_ne!(store.begin(&subject, until, now).await, began_with);
    }
}

/// Rules 4 and 7: a member whose record was lost alone is neither listed nor counted.
pub async fn a_member_without_a_record_is_none<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("evicted-record");
    let lost = store.sign_in(&subject, now).await;
    stage.tamper().lose_record(lost.id()).await;
    is_dead(store, &lost, now).await;
    assert_eq!(store.count(now).await, 0);
    let next = store.record(&subject, now);
    let request = Create {
        cap: cap(1, OnCap::Refuse),
        ..create(&next)
    };
    let outcome = store.create(&request, now).await;
    let created = CreateOutcome::Created {
        evicted: Vec::new(),
        repeated: false,
    };
    assert_eq!(
        outcome, created,
        "a member without a record counts for the cap"
    );
    let revoked = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
    assert_eq!(
        revoked.ended,
        [next.id()],
        "nothing was there to end but the next"
    );
}

async fn is_dead<S: SessionStore>(store: &Client<S>, record: &Record, now: Timestamp) {
    let subject = record.subject().expect("the session of a subject");
    assert_eq!(store.load(record.id(), now).await, LoadOutcome::Absent);
    let late = update(record, "late");
    assert_eq!(store.update(&late, now).await, UpdateOutcome::Missing);
    assert_eq!(store.touch(record, now).await, TouchOutcome::Missing);
    let renewal = renew(record, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Missing);
    assert_eq!(store.load(renewal.new, now).await, LoadOutcome::Absent);
    assert!(!store.ids(subject, now).await.contains(&record.id()));
}

//! `renew`: a new id for the same session.

use cloakroom_core::store::Reused;

use crate::suite::prelude::*;

/// A renewed session is the same by its new id: data, label, revision and deadlines.
pub async fn a_renewed_session_is_the_same<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let labelled = store
        .record(&subject("renews"), now)
        .with_label(Some(label("Laptop")));
    for record in [store.add(labelled, now).await, store.visit(now).await] {
        let at = now.plus(minutes(20));
        for grace in [Duration::ZERO, hours(1)] {
            let before = match store.load(record.id(), at).await {
                LoadOutcome::Found(before) => before,
                LoadOutcome::Reused(reused) => store.found(reused.successor, at).await,
                other => panic!("{other:?}"),
            };
            let request = renew(&before, grace);
            assert_eq!(store.renew(&request, at).await, RenewOutcome::Renewed);
            let after = store.found(request.new, at).await;
            assert_eq!(*after, before.renewed(request.new, at));
            assert_eq!(after.deadline(), record.deadline(), "a renewal is no use");
        }
    }
}

/// Without grace the old id stops working at once, for everything, and is told apart.
pub async fn without_grace_the_old_id_dies_at_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("at-once");
    let record = store.sign_in(&subject, now).await;
    let request = renew(&record, Duration::ZERO);
    assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
    names_nothing(store, &record, now).await;
    let reused = Reused {
        successor: request.new,
        subject: Some(subject.clone()),
    };
    assert_eq!(
        store.load(record.id(), now).await,
        LoadOutcome::Reused(reused)
    );
    assert_eq!(store.ids(&subject, now).await, [request.new].into());
    assert!(
        store.lives(request.new, now).await,
        "the use of the old id ended the session"
    );
}

/// Rule 6: a new id that is or was in use is refused, and nothing is written.
pub async fn a_used_new_id_is_refused<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("collides");
    let record = store.sign_in(&subject, now).await;
    let living = store.sign_in(&subject, now).await;
    let ended = store.sign_in(&subject, now).await;
    let _ = store.delete(&delete(&ended), now).await;
    let old = store.sign_in(&subject, now).await;
    let renewal = renew(&old, Duration::ZERO);
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    let renewed = store.found(renewal.new, now).await;
    for (from, new) in [
        (&record, living.id()),
        (&record, ended.id()),
        (&record, old.id()),
        (&record, renewal.new),
        (&*renewed, old.id()),
    ] {
        let request = Renew {
            new,
            ..renew(from, hours(1))
        };
        assert_eq!(
            store.renew(&request, now).await,
            RenewOutcome::Duplicate,
            "{new:?}"
        );
        assert_eq!(*store.found(from.id(), now).await, *from);
    }
    assert_eq!(*store.found(living.id(), now).await, living);
    assert_eq!(
        store.load(ended.id(), now).await,
        LoadOutcome::Ended { at: now }
    );
    let all = [record.id(), living.id(), renewal.new];
    assert_eq!(store.ids(&subject, now).await, all.into());
}

/// Every operation but `load` and `renew` takes the id for one that is not there.
async fn names_nothing<S: SessionStore>(store: &Client<S>, record: &Record, now: Timestamp) {
    let subject = record.subject().expect("the session of a subject");
    assert_eq!(
        store.update(&update(record, "late"), now).await,
        UpdateOutcome::Missing
    );
    assert_eq!(store.touch(record, now).await, TouchOutcome::Missing);
    assert_eq!(
        store.delete(&delete(record), now).await,
        DeleteOutcome::Missing
    );
    let request = revoke(subject, RevokeKind::One(record.id()));
    assert!(store.revoke(&request, now).await.ended.is_empty());
    let request = Create {
        replaces: at_revision(record),
        ..create(&store.record(subject, now))
    };
    assert_eq!(store.create(&request, now).await, CreateOutcome::Missing);
}

//! Rule 6: an id that this store did not issue is never adopted, and the id of before a sign-in is
//! dead when the sign-in returns.

use cloakroom_core::store::ENDED_MEMORY;

use crate::suite::prelude::*;

/// Rule 6. Failure 25 of its peers: an unknown id is adopted. Failure 8: what a write does to a
/// missing session is upsert here, an error there; here no operation makes one.
pub async fn an_unknown_id_is_never_adopted<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("victim");
    for made_up in [store.record(&subject, now), store.anonymous(now)] {
        let id = made_up.id();
        assert_eq!(store.load(id, now).await, LoadOutcome::Absent);
        let request = update(&made_up, "planted");
        assert_eq!(store.update(&request, now).await, UpdateOutcome::Missing);
        assert_eq!(store.touch(&made_up, now).await, TouchOutcome::Missing);
        let renewal = renew(&made_up, hours(1));
        assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Missing);
        assert_eq!(
            store.delete(&delete(&made_up), now).await,
            DeleteOutcome::Missing
        );
        let request = revoke(&subject, RevokeKind::One(id));
        assert!(store.revoke(&request, now).await.ended.is_empty());
        let request = revoke(&subject, RevokeKind::AllExcept(id));
        assert!(store.revoke(&request, now).await.ended.is_empty());

        for id in [id, renewal.new] {
            assert_eq!(store.load(id, now).await, LoadOutcome::Absent, "adopted");
        }
        assert_eq!(store.count(now).await, 0);
        assert_eq!(store.all_ids(now).await.len(), 0);
    }
}

/// Rule 6: what a sign-in says to replace has to be there.
pub async fn an_unknown_id_is_not_replaced<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("victim");
    let made_up = store.record(&subject, now);
    let next = store.record(&subject, now);
    let request = Create {
        replaces: at_revision(&made_up),
        ..create(&next)
    };
    assert_eq!(store.create(&request, now).await, CreateOutcome::Missing);
    assert_eq!(store.load(next.id(), now).await, LoadOutcome::Absent);
    assert_eq!(store.count(now).await, 0);
}

/// Rule 6: nobody's session can be taken over by creating one with its id. Failure 9 of its peers: a
/// duplicate id silently drops the new data; here it is refused, and the old data stay.
pub async fn an_id_in_use_is_never_created_over<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("victim");
    for taken in [store.sign_in(&subject, now).await, store.visit(now).await] {
        let id = taken.id();
        let attackers = Record::anonymous(id, now, Timeouts::default(), payload("planted"));
        let outcome = store.create(&create(&attackers), now).await;
        assert_eq!(outcome, CreateOutcome::Duplicate { ended_by: None });
        let request = Create {
            over: Some(taken.write_id()),
            ..create(&attackers)
        };
        let outcome = store.create(&request, now).await;
        assert_eq!(
            outcome,
            CreateOutcome::Duplicate { ended_by: None },
            "over what lives"
        );
        assert_eq!(*store.found(id, now).await, taken);
    }
    assert_eq!(store.count(now).await, 2);
}

/// Rule 6: an old id in grace, and one whose grace is over, are in use as well.
pub async fn a_renewed_id_is_never_created_over<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("victim");
    let record = store.sign_in(&subject, now).await;
    let renewal = renew(&record, minutes(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    for at in [now, now.plus(minutes(1))] {
        let again = Record::anonymous(record.id(), at, Timeouts::default(), payload("planted"));
        let outcome = store.create(&create(&again), at).await;
        assert_eq!(outcome, CreateOutcome::Duplicate { ended_by: None });
        assert_eq!(store.found(renewal.new, at).await.subject(), Some(&subject));
    }
}

/// Rule 6: when a reauthentication returns, the old id is dead for every operation, and told apart
/// from one that never was. Failure 4 of its peers: a slow request lands back on it.
pub async fn the_replaced_id_is_dead<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("signs-in-again");
    let old = store.sign_in(&subject, now).await;
    let next = store.record(&subject, now);
    let request = Create {
        replaces: at_revision(&old),
        ..create(&next)
    };
    assert!(matches!(
        store.create(&request, now).await,
        CreateOutcome::Created { .. }
    ));

    let replaced = LoadOutcome::Replaced { at: now };
    assert_eq!(store.load(old.id(), now).await, replaced);
    assert_eq!(
        store.update(&update(&old, "late"), now).await,
        UpdateOutcome::Missing
    );
    assert_eq!(store.touch(&old, now).await, TouchOutcome::Missing);
    let renewal = renew(&old, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Missing);
    assert_eq!(
        store.delete(&delete(&old), now).await,
        DeleteOutcome::Missing
    );
    assert_eq!(store.ids(&subject, now).await, [next.id()].into());
    assert_eq!(*store.found(next.id(), now).await, next);
}

/// Rule 6: a session that is replaced by an old id in grace is dead by both.
pub async fn the_replaced_id_is_dead_by_all_its_names<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("renewed-then-signed-in");
    let old = store.sign_in(&subject, now).await;
    let renewal = renew(&old, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    let next = store.record(&subject, now);
    let request = Create {
        replaces: at_revision(&old),
        ..create(&next)
    };
    assert!(matches!(
        store.create(&request, now).await,
        CreateOutcome::Created { .. }
    ));
    for id in [old.id(), renewal.new] {
        let replaced = LoadOutcome::Replaced { at: now };
        assert_eq!(store.load(id, now).await, replaced);
    }
    assert_eq!(store.ids(&subject, now).await, [next.id()].into());
}

/// Rule 6: a session that a sign-in elsewhere has replaced says so, and since when, and one that was
/// signed out does not; after five minutes neither is told from one that never was.
pub async fn replaced_is_told_from_ended_for_a_while<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let (replaced, ended) = (store.visit(now).await, store.visit(now).await);
    let request = Delete {
        reason: EndReason::Replaced,
        ..delete(&replaced)
    };
    let _ = store.delete(&request, now).await;
    let _ = store.delete(&delete(&ended), now).await;
    let forgotten = now.plus(ENDED_MEMORY);
    for at in [now, now.plus(millis(1)), just_before(forgotten)] {
        let since = LoadOutcome::Replaced { at: now };
        assert_eq!(store.load(replaced.id(), at).await, since);
        assert_eq!(
            store.load(ended.id(), at).await,
            LoadOutcome::Ended { at: now }
        );
    }
    assert_eq!(
        store.load(replaced.id(), forgotten).await,
        LoadOutcome::Absent
    );
}

/// Rule 6: an id that has ended is used again only by who names the write that ended it: an
/// externally issued token that is added anew.
pub async fn an_ended_id_is_used_again_by_name_only<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("external");
    let first = store.sign_in(&subject, now).await;
    let ending = delete(&first);
    let _ = store.delete(&ending, now).await;

    let timeouts = Timeouts::default();
    let again = Record::signed_in(first.id(), subject, now, timeouts, payload("again"));
    let ended_by = Some(ending.write_id);
    for over in [None, Some(WriteId::random()), Some(first.write_id())] {
        let request = Create {
            over,
            ..create(&again)
        };
        assert_eq!(
            store.create(&request, now).await,
            CreateOutcome::Duplicate { ended_by }
        );
    }
    let request = Create {
        over: ended_by,
        ..create(&again)
    };
    assert!(matches!(
        store.create(&request, now).await,
        CreateOutcome::Created { .. }
    ));
    assert_eq!(*store.found(first.id(), now).await, again);
}

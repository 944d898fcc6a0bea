//! Rule 8: the same token twice is one member, and removing one that is absent is fine.

use crate::suite::prelude::*;

/// Rule 8: the retry of a create whose answer was lost finds its own write.
pub async fn a_retried_create_is_one_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("impatient");
    for record in [store.record(&subject, now), store.anonymous(now)] {
        let request = create(&record);
        for repeated in [false, true, true] {
            let evicted = Vec::new();
            let outcome = store.create(&request, now).await;
            assert_eq!(outcome, CreateOutcome::Created { evicted, repeated });
        }
        assert_eq!(*store.found(record.id(), now).await, record);
    }
    assert_eq!(store.ids(&subject, now).await.len(), 1);
    assert_eq!(store.count(now).await, 2);
}

/// Rules 7 and 8: the retry of a sign-in at the cap evicts nobody again.
pub async fn a_retried_create_evicts_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("impatient-at-the-cap");
    let old = store.sign_in(&subject, now).await;
    let other = store.sign_in(&subject, now.plus(minutes(1))).await;
    let at = now.plus(minutes(2));
    let next = store.record(&subject, at);
    let request = Create {
        cap: cap(2, OnCap::EvictOldest),
        ..create(&next)
    };
    let first = CreateOutcome::Created {
        evicted: vec![old.id()],
        repeated: false,
    };
    assert_eq!(store.create(&request, at).await, first);
    let retried = store.create(&request, at).await;
    assert!(
        matches!(retried, CreateOutcome::Created { repeated: true, .. }),
        "{retried:?}"
    );
    assert_eq!(
        store.ids(&subject, at).await,
        [other.id(), next.id()].into()
    );
}

/// Rule 8: the retry of a reauthentication finds its own write, though what it replaced has gone.
pub async fn a_retried_reauthentication_is_one<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("impatient-again");
    let until = now.plus(minutes(10));
    let began_with = store.begin(&subject, until, now).await;
    let old = store.sign_in(&subject, now).await;
    let next = store.record(&subject, now);
    let request = Create {
        generation: Some(began_with),
        replaces: at_revision(&old),
        ..create(&next)
    };
    for repeated in [false, true] {
        let evicted = Vec::new();
        let outcome = store.create(&request, now).await;
        assert_eq!(outcome, CreateOutcome::Created { evicted, repeated });
    }
    assert_eq!(store.ids(&subject, now).await, [next.id()].into());
}

/// Rule 8: the tries of one create, all at the same time, are one session, and one of them made it.
pub async fn parallel_retries_are_one_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("very-impatient");
    for round in 0..20 {
        let request = create(&stage.store.record(&subject, now));
        let tries = (0..6).map(|_| {
            let (store, request) = (stage.store.clone(), request.clone());
            async move { store.create(&request, now).await }
        });
        let mut made = 0;
        for outcome in together(tries).await {
            match outcome {
                CreateOutcome::Created { repeated, .. } => made += usize::from(!repeated),
                other => panic!("round {round}: {other:?}"),
            }
        }
        assert_eq!(made, 1, "round {round}");
        assert_eq!(
            stage.store.ids(&subject, now).await.len(),
            1,
            "round {round}"
        );
        let _ = stage
            .store
            .revoke(&revoke(&subject, RevokeKind::All), now)
            .await;
    }
}

/// Rules 6 and 8: of several that want one id at the same time, one has it, and its data stay.
pub async fn parallel_creates_of_one_id_make_one<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("collides");
    for round in 0..20 {
        let id = stage.store.new_id(&subject);
        let creates = (0..6).map(|n| {
            let data = payload(format!("from {n}"));
            let record = Record::signed_in(id, subject.clone(), now, Timeouts::default(), data);
            let (store, request) = (stage.store.clone(), create(&record));
            async move { (store.create(&request, now).await, record) }
        });
        let mut winners = Vec::new();
        for (outcome, record) in together(creates).await {
            match outcome {
                CreateOutcome::Created { .. } => winners.push(record),
                other => assert_eq!(other, CreateOutcome::Duplicate { ended_by: None }),
            }
        }
        let stored = stage.store.found(id, now).await;
        assert_eq!(
            winners,
            [(*stored).clone()],
            "round {round}: one has it, and is stored"
        );
        let _ = stage
            .store
            .revoke(&revoke(&subject, RevokeKind::All), now)
            .await;
    }
}

/// Rule 8: removing what is not there is an outcome, not an error, and changes nothing.
pub async fn removing_what_is_absent_is_fine<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("tidy");
    let never = store.record(&subject, now);
    for _ in 0..2 {
        assert_eq!(
            store.delete(&delete(&never), now).await,
            DeleteOutcome::Missing
        );
        for kind in [RevokeKind::One(never.id()), RevokeKind::All] {
            let revoked = store.revoke(&revoke(&subject, kind), now).await;
            assert!(
                revoked.ended.is_empty() && !revoked.repeated,
                "{kind:?}: {revoked:?}"
            );
        }
    }
    store.add(never, now).await;
}

//! What a store that outlives a restart still knows after one; and that one that forgets is empty.

use crate::suite::prelude::*;

/// Sessions are there after a restart as they were before; a store that forgets by design begins
/// with nothing.
pub async fn sessions_are_still_there<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("still-signed-in");
    let record = stage
        .store
        .record(&subject, now)
        .with_label(Some(label("Laptop")));
    let record = stage.store.add(record, now).await;
    let visitor = stage.store.visit(now).await;
    let touched = stage.store.sign_in(&subject, now).await;
    let at = now.plus(minutes(1));
    assert_eq!(stage.store.touch(&touched, at).await, TouchOutcome::Touched);
    let change = update(&visitor, "changed");
    assert!(matches!(
        stage.store.update(&change, at).await,
        UpdateOutcome::Saved { .. }
    ));

    let Some(stage) = stage.reopen().await else {
        let empty = Stage::<H>::new().await;
        assert_eq!(
            empty.store.load(record.id(), now).await,
            LoadOutcome::Absent
        );
        assert_eq!(
            empty.store.count(now).await,
            0,
            "a store that forgets begins with nothing"
        );
        return;
    };
    let store = &stage.store;
    assert_eq!(*store.found(record.id(), at).await, record);
    assert_eq!(
        *store.found(touched.id(), at).await,
        touched.touched(true, at)
    );
    assert_eq!(
        *store.found(visitor.id(), at).await,
        visitor.updated(&change, true, at)
    );
    assert_eq!(
        store.ids(&subject, at).await,
        [record.id(), touched.id()].into()
    );
    assert_eq!(store.count(at).await, 3);
}

/// Rule 1: what was ended before a restart is ended after it, and a late retry is refused.
pub async fn endings_are_still_known<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let mut ended = Vec::new();
    for ending in Ending::ALL {
        let record = stage
            .store
            .sign_in(&subject(&format!("{ending:?}")), now)
            .await;
        let (at, by) = ending.end(&stage.store, &record, now).await;
        ended.push((ending, record, at, by));
    }
    let Some(stage) = stage.reopen().await else {
        return;
    };
    for (ending, record, at, by) in ended {
        let answer = stage.store.load(record.id(), at).await;
        assert_eq!(answer, ending.answer(at), "{ending:?}");
        if by.is_some() {
            let outcome = stage.store.create(&create(&record), at).await;
            assert_eq!(
                outcome,
                CreateOutcome::Duplicate { ended_by: by },
                "{ending:?}"
            );
        }
    }
}

/// Rule 3: a generation is the same after a restart, and one that was replaced stays so.
pub async fn generations_are_still_known<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let (waiting, revoked) = (subject("waiting"), subject("revoked"));
    let until = now.plus(minutes(10));
    let began_with = stage.store.begin(&waiting, until, now).await;
    let superseded = stage.store.begin(&revoked, until, now).await;
    let request = revoke(&revoked, RevokeKind::All);
    let _ = stage.store.revoke(&request, now).await;
    let Some(stage) = stage.reopen().await else {
        return;
    };
    let store = &stage.store;
    assert_eq!(store.begin(&waiting, until, now).await, began_with);
    let late = Create {
        generation: Some(superseded),
        ..create(&store.record(&revoked, now))
    };
    assert_eq!(store.create(&late, now).await, CreateOutcome::Superseded);
    assert!(
        store.revoke(&request, now).await.repeated,
        "the retry met its own write"
    );
    let due = Create {
        generation: Some(began_with),
        ..create(&store.record(&waiting, now))
    };
    assert!(matches!(
        store.create(&due, now).await,
        CreateOutcome::Created { .. }
    ));
}

/// A renewal is the same after a restart: the grace of the old id, and the memory of its reuse.
pub async fn renewals_are_still_known<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let record = stage.store.sign_in(&subject("renewed"), now).await;
    let request = renew(&record, minutes(1));
    assert_eq!(
        stage.store.renew(&request, now).await,
        RenewOutcome::Renewed
    );
    let Some(stage) = stage.reopen().await else {
        return;
    };
    let store = &stage.store;
    assert_eq!(store.found(record.id(), now).await.id(), request.new);
    assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
    let over = now.plus(minutes(1));
    assert!(matches!(
        store.load(record.id(), over).await,
        LoadOutcome::Reused(_)
    ));
    assert!(store.lives(request.new, over).await);
}

/// Rule 5: what expired before a restart, or while the store was away, is swept after it.
pub async fn a_purge_finds_what_expired_before<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("expired-meanwhile");
    let record = stage.store.sign_in(&subject, now).await;
    let visitor = stage.store.visit(now).await;
    let Some(stage) = stage.reopen().await else {
        return;
    };
    let Tampering::Can(stage) = stage.tampering().await else {
        return;
    };
    let later = now.plus(days(1));
    stage.tamper().expire(later.plus(days(1))).await;
    stage.store.purge_all(1, later).await;
    for record in [record, visitor] {
        assert_eq!(
            stage.tamper().read_record(record.id()).await,
            None,
            "still stored"
        );
    }
    assert_eq!(stage.tamper().stored_members(&subject).await, 0);
}

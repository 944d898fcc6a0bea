//! Rule 7: who counts for a cap, and who gives way at it.

use crate::suite::prelude::*;

/// Rule 7: the one that authenticated the longest ago goes first, however much it is used.
pub async fn the_oldest_goes_first<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    let subject = subject("oldest-first");
    store.sign_in(&subject, stage.start.plus(minutes(3))).await;
    let oldest = store.sign_in(&subject, stage.start.plus(minutes(1))).await;
    let at = stage.start.plus(minutes(2));
    // A reauthenticated session was created long before, which does not make it older.
    let reauthenticated = store.record(&subject, at).with_created(stage.start);
    store.add(reauthenticated, at).await;
    let at = stage.start.plus(minutes(10));
    assert_eq!(store.touch(&oldest, at).await, TouchOutcome::Touched);
    assert_eq!(
        evictions(store, &subject, 3, OnCap::EvictOldest, at).await,
        [oldest.id()]
    );
}

/// Rule 7: the one that was used the longest ago goes first, however old it is.
pub async fn the_least_recently_seen_goes_first<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    let subject = subject("least-recently-seen-first");
    let first = store.sign_in(&subject, stage.start).await;
    let second = store.sign_in(&subject, stage.start.plus(minutes(1))).await;
    let third = store.sign_in(&subject, stage.start.plus(minutes(2))).await;
    let _ = store.touch(&first, stage.start.plus(minutes(5))).await;
    let at = stage.start.plus(minutes(6));
    let change = update(&second, "a use too");
    assert!(matches!(
        store.update(&change, at).await,
        UpdateOutcome::Saved { .. }
    ));
    let on_cap = OnCap::EvictLeastRecentlySeen;
    assert_eq!(
        evictions(store, &subject, 3, on_cap, at).await,
        [third.id()]
    );
    assert_eq!(
        evictions(store, &subject, 3, on_cap, at).await,
        [first.id()]
    );
}

/// Rule 7: of equals, the lowest id goes, so that every store decides alike.
pub async fn of_equals_the_lowest_id_goes<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for on_cap in [OnCap::EvictOldest, OnCap::EvictLeastRecentlySeen] {
        let subject = subject(&format!("{on_cap:?}"));
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(store.sign_in(&subject, now).await.id());
        }
        ids.sort_unstable();
        let lowest = ids.first().copied();
        assert_eq!(
            evictions(store, &subject, 4, on_cap, now).await,
            Vec::from_iter(lowest)
        );
    }
}

/// Rules 5 and 7: sessions that are over do not count, swept or not.
pub async fn what_is_over_does_not_count<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for on_cap in [
        OnCap::Refuse,
        OnCap::EvictOldest,
        OnCap::EvictLeastRecentlySeen,
    ] {
        let subject = subject(&format!("{on_cap:?}"));
        store.sign_in(&subject, now).await;
        store.sign_in(&subject, now).await;
        let later = now.plus(Timeouts::default().idle());
        assert!(
            evictions(store, &subject, 2, on_cap, later)
                .await
                .is_empty(),
            "{on_cap:?}"
        );
        assert!(
            evictions(store, &subject, 2, on_cap, later)
                .await
                .is_empty(),
            "{on_cap:?}"
        );
        assert_eq!(store.ids(&subject, later).await.len(), 2);
    }
}

/// Rules 7 and 9: a create that comes after the session's own deadline ends nobody else's session.
pub async fn a_late_create_evicts_nobody<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start.plus(Timeouts::default().idle()));
    for on_cap in [
        OnCap::Refuse,
        OnCap::EvictOldest,
        OnCap::EvictLeastRecentlySeen,
    ] {
        let subject = subject(&format!("{on_cap:?}"));
        let there = [
            store.sign_in(&subject, now).await.id(),
            store.sign_in(&subject, now).await.id(),
        ];
        let late = store.record(&subject, stage.start);
        let request = Create {
            cap: cap(2, on_cap),
            ..create(&late)
        };
        let created = CreateOutcome::Created {
            evicted: Vec::new(),
            repeated: false,
        };
        assert_eq!(store.create(&request, now).await, created, "{on_cap:?}");
        assert_eq!(store.load(late.id(), now).await, LoadOutcome::Absent);
        assert_eq!(store.ids(&subject, now).await, there.into());
    }
}

/// Rule 7: where the cap was lowered, the next sign-in brings the set down to it.
pub async fn a_lowered_cap_evicts_several<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    let subject = subject("lowered");
    let mut ids = Vec::new();
    for minute in 0..5 {
        let at = stage.start.plus(minutes(minute));
        ids.push(store.sign_in(&subject, at).await.id());
    }
    let now = stage.start.plus(minutes(6));
    let refused = Create {
        cap: cap(2, OnCap::Refuse),
        ..create(&store.record(&subject, now))
    };
    assert_eq!(store.create(&refused, now).await, CreateOutcome::CapReached);
    let mut oldest: Vec<_> = ids.iter().copied().take(4).collect();
    oldest.sort_unstable();
    let evicted = evictions(store, &subject, 2, OnCap::EvictOldest, now).await;
    assert_eq!(evicted, oldest, "all but the cap, in the order of the ids");
    assert_eq!(store.ids(&subject, now).await.len(), 2);
}

/// Rule 7: a session that is replaced is not counted beside its successor.
pub async fn a_reauthentication_counts_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for on_cap in [
        OnCap::Refuse,
        OnCap::EvictOldest,
        OnCap::EvictLeastRecentlySeen,
    ] {
        let subject = subject(&format!("{on_cap:?}"));
        let other = store.sign_in(&subject, now).await;
        let old = store.sign_in(&subject, now).await;
        let next = store.record(&subject, now);
        let request = Create {
            cap: cap(2, on_cap),
            replaces: at_revision(&old),
            ..create(&next)
        };
        let created = CreateOutcome::Created {
            evicted: Vec::new(),
            repeated: false,
        };
        assert_eq!(store.create(&request, now).await, created, "{on_cap:?}");
        assert_eq!(
            store.ids(&subject, now).await,
            [other.id(), next.id()].into()
        );
    }
}

/// Rule 7: above a cap that was lowered, a reauthentication adds nobody, and is not refused.
pub async fn a_reauthentication_above_the_cap_is_let_in<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("above-the-cap");
    let mut there = store.ids(&subject, now).await;
    for _ in 0..3 {
        there.insert(store.sign_in(&subject, now).await.id());
    }
    let old = store.sign_in(&subject, now).await;
    let next = store.record(&subject, now);
    let request = Create {
        cap: cap(2, OnCap::Refuse),
        replaces: at_revision(&old),
        ..create(&next)
    };
    let created = CreateOutcome::Created {
        evicted: Vec::new(),
        repeated: false,
    };
    assert_eq!(store.create(&request, now).await, created);
    there.insert(next.id());
    assert_eq!(store.ids(&subject, now).await, there);
}

/// Rule 7: a renewed session counts once, by its new id.
pub async fn a_renewed_session_counts_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("renewed");
    let record = store.sign_in(&subject, now).await;
    let renewal = renew(&record, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    assert!(
        evictions(store, &subject, 2, OnCap::Refuse, now)
            .await
            .is_empty()
    );
    let evicted = evictions(store, &subject, 1, OnCap::EvictOldest, now).await;
    assert!(evicted.contains(&renewal.new));
    assert!(
        !store.lives(record.id(), now).await,
        "evicted, and alive by its old id"
    );
}

/// Signs in once more, and says who had to go.
pub(crate) async fn evictions<S: SessionStore>(
    store: &Client<S>,
    subject: &Subject,
    max: u32,
    on_cap: OnCap,
    now: Timestamp,
) -> Vec<SessionId> {
    let request = Create {
        cap: cap(max, on_cap),
        ..create(&store.record(subject, now))
    };
    match store.create(&request, now).await {
        CreateOutcome::Created {
            evicted,
            repeated: false,
        } => evicted,
        other => panic!("a sign-in at a cap of {max}, {on_cap:?}: {other:?}"),
    }
}

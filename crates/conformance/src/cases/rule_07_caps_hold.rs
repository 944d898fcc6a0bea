//! Rule 7: a cap holds, whoever signs in at the same time.

use std::collections::BTreeSet;

use crate::suite::prelude::*;

/// Rule 7: many sign-ins at once leave as many as the cap, by evicting the oldest.
pub async fn parallel_sign_ins_evict_the_oldest<H: Harness>() {
    parallel_sign_ins::<H>(OnCap::EvictOldest).await;
}

/// Rule 7: many sign-ins at once leave as many as the cap, by evicting the least recently seen.
pub async fn parallel_sign_ins_evict_the_least_recently_seen<H: Harness>() {
    parallel_sign_ins::<H>(OnCap::EvictLeastRecentlySeen).await;
}

/// Rule 7: of many sign-ins at once, as many as the cap are let in where it refuses.
pub async fn parallel_sign_ins_are_refused<H: Harness>() {
    parallel_sign_ins::<H>(OnCap::Refuse).await;
}

async fn parallel_sign_ins<H: Harness>(on_cap: OnCap) {
    const CAP: usize = 3;
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    for round in 0..10 {
        let subject = subject(&format!("crowd-{round}"));
        let sign_ins = (0..12).map(|_| {
            let (store, record) = (stage.store.clone(), stage.store.record(&subject, now));
            let request = Create {
                cap: cap(CAP as u32, on_cap),
                ..create(&record)
            };
            async move { (record.id(), store.create(&request, now).await) }
        });
        let mut created = BTreeSet::new();
        let mut evicted = Vec::new();
        for (id, outcome) in together(sign_ins).await {
            match outcome {
                CreateOutcome::Created { evicted: gone, .. } => {
                    created.insert(id);
                    evicted.extend(gone);
                }
                other => assert_eq!(other, CreateOutcome::CapReached, "round {round}"),
            }
        }
        let alive = stage.store.ids(&subject, now).await;
        assert_eq!(alive.len(), CAP, "round {round}: not as many as the cap");
        let expected = if on_cap == OnCap::Refuse { CAP } else { 12 };
        assert_eq!(
            created.len(),
            expected,
            "round {round}: sign-ins that were let in"
        );
        for id in &evicted {
            assert!(
                created.remove(id),
                "round {round}: {id:?} was evicted twice"
            );
            assert_eq!(
                stage.store.load(*id, now).await,
                LoadOutcome::Absent,
                "evicted"
            );
        }
        assert_eq!(created, alive, "round {round}: who was not evicted lives");
        let living = together(alive.into_iter().map(|id| {
            let store = stage.store.clone();
            async move { store.lives(id, now).await }
        }));
        assert!(living.await.into_iter().all(|lives| lives), "round {round}");
    }
}

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

/// Rule 7: a sign-in beyond a cap that refuses writes nothing.
pub async fn a_refused_sign_in_writes_nothing<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("full");
    let there = store.sign_in(&subject, now).await;
    let refused = store.record(&subject, now);
    let request = Create {
        cap: cap(1, OnCap::Refuse),
        ..create(&refused)
    };
    assert_eq!(store.create(&request, now).await, CreateOutcome::CapReached);
    assert_eq!(store.load(refused.id(), now).await, LoadOutcome::Absent);
    assert_eq!(store.ids(&subject, now).await, [there.id()].into());
    // Its id is not spent: the same sign-in is let in once there is room.
    let _ = store.delete(&delete(&there), now).await;
    assert!(matches!(
        store.create(&request, now).await,
        CreateOutcome::Created { .. }
    ));
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

/// Rule 7: caps are one subject's each, and visitors have none.
pub async fn a_cap_is_one_subjects<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for name in ["one", "two", "three"] {
        assert!(
            evictions(store, &subject(name), 1, OnCap::Refuse, now)
                .await
                .is_empty()
        );
        let request = Create {
            cap: cap(1, OnCap::Refuse),
            ..create(&store.anonymous(now))
        };
        assert!(matches!(
            store.create(&request, now).await,
            CreateOutcome::Created { .. }
        ));
    }
    assert_eq!(store.count(now).await, 6);
}

/// Signs in once more, and says who had to go.
async fn evictions<S: SessionStore>(
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

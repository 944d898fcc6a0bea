//! Rule 7: a cap holds, whoever signs in at the same time.

use std::collections::BTreeSet;

use crate::cases::rule_07_who_gives_way::evictions;
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
                LoadOutcome::Ended { at: now },
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

/// Rule 7: where the cap was lowered, a session that takes the place of another brings the set down to
/// it, as any sign-in does.
pub async fn a_lowered_cap_holds_for_a_reauthentication<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    for on_cap in [OnCap::EvictOldest, OnCap::EvictLeastRecentlySeen] {
        let subject = subject(&format!("{on_cap:?}"));
        let mut there = Vec::new();
        for minute in 0..5 {
            let at = stage.start.plus(minutes(minute));
            there.push(store.sign_in(&subject, at).await);
        }
        let now = stage.start.plus(minutes(6));
        let next = store.record(&subject, now);
        // The oldest gives its place to its successor: three of the other four have to go.
        let request = Create {
            cap: cap(2, on_cap),
            replaces: at_revision(&there[0]),
            ..create(&next)
        };
        let mut evicted: Vec<_> = there[1..4].iter().map(Record::id).collect();
        evicted.sort_unstable();
        let created = CreateOutcome::Created {
            evicted,
            repeated: false,
        };
        assert_eq!(store.create(&request, now).await, created, "{on_cap:?}");
        let left = [there[4].id(), next.id()];
        assert_eq!(store.ids(&subject, now).await, left.into(), "{on_cap:?}");
    }
}

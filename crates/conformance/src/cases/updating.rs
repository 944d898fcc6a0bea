//! `update` and `touch`: what each changes, and what it leaves.

use crate::suite::prelude::*;

/// An update sets data and label, counts the revision, and changes nothing else, whoever's the session
/// is.
pub async fn an_update_sets_data_and_label<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for record in [
        store.record(&subject("labelled"), now),
        store.anonymous(now),
    ] {
        let mut record = store.add(record.with_remembered(true), now).await;
        for (n, text) in (1..).zip([Some("Phone"), Some("Telephone"), None]) {
            let at = now.plus(minutes(n));
            let request = Update {
                label: text.map(label),
                ..update(&record, &format!("data {n}"))
            };
            let revision = record.revision().next();
            assert_eq!(
                store.update(&request, at).await,
                UpdateOutcome::Saved { revision }
            );
            let stored = store.found(record.id(), at).await;
            assert_eq!(*stored, record.updated(&request, true, at));
            record = (*stored).clone();
        }
    }
}

/// Failure 10 of its peers: changes are detected by a checksum, and one that collides is answered as
/// saved, and is not. These two have the same CRC32.
pub async fn a_change_with_the_same_checksum_is_saved<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.visit(now).await;
    for data in ["plumless", "buckeroo", "plumless"] {
        let read = store.found(record.id(), now).await;
        let revision = read.revision().next();
        let outcome = store.update(&update(&read, data), now).await;
        assert_eq!(outcome, UpdateOutcome::Saved { revision });
        let stored = store.found(record.id(), now).await;
        assert_eq!(*stored.payload(), payload(data), "answered as saved");
    }
}

/// An update that counts as a use moves the idle deadline, and one that does not leaves it.
pub async fn an_update_is_a_use_where_it_says_so<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for (touch, moves) in [(true, true), (false, false)] {
        let record = store.sign_in(&subject("uses"), now).await;
        let at = now.plus(minutes(10));
        let request = Update {
            touch,
            ..update(&record, "used")
        };
        assert!(matches!(
            store.update(&request, at).await,
            UpdateOutcome::Saved { .. }
        ));
        assert_eq!(
            store.found(record.id(), at).await.last_seen(),
            if moves { at } else { now }
        );
        let later = now.plus(minutes(35));
        assert_eq!(
            store.lives(record.id(), later).await,
            moves,
            "after its first half hour"
        );
    }
}

/// Rule 2: the retry of an update whose answer was lost reports the success that it was, and
/// applies nothing twice.
pub async fn a_retried_update_is_applied_once<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for record in [
        store.sign_in(&subject("impatient"), now).await,
        store.visit(now).await,
    ] {
        let request = update(&record, "once");
        let revision = record.revision().next();
        for _ in 0..3 {
            assert_eq!(
                store.update(&request, now).await,
                UpdateOutcome::Saved { revision }
            );
        }
        let stored = store.found(record.id(), now).await;
        assert_eq!(stored.revision(), revision, "the retry counted a revision");
        // Another came between: the retry can no longer tell.
        let next = update(&stored, "twice");
        let current = revision.next();
        assert_eq!(
            store.update(&next, now).await,
            UpdateOutcome::Saved { revision: current }
        );
        assert_eq!(
            store.update(&request, now).await,
            UpdateOutcome::Conflict { current }
        );
        assert_eq!(
            *store.found(record.id(), now).await.payload(),
            payload("twice")
        );
    }
}

/// A touch moves the time of the last use, and changes nothing else.
pub async fn a_touch_changes_the_last_use_alone<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let labelled = store
        .record(&subject("reads"), now)
        .with_label(Some(label("Tablet")));
    for record in [store.add(labelled, now).await, store.visit(now).await] {
        let at = now.plus(minutes(29));
        assert_eq!(store.touch(&record, at).await, TouchOutcome::Touched);
        let stored = store.found(record.id(), at).await;
        assert_eq!(*stored, record.touched(true, at));
        // An update from the revision that was read before the touch is no conflict.
        let outcome = store.update(&update(&record, "after"), at).await;
        assert!(
            matches!(outcome, UpdateOutcome::Saved { .. }),
            "{outcome:?}"
        );
    }
}

/// Rule 9. Failure 19 of its peers: only writes count as activity, and a user who only reads is
/// logged out. Touches keep a session for as long as they come, up to its overall timeout.
pub async fn touches_keep_a_session_until_the_overall_timeout<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("reads-all-day");
    let record = store.sign_in(&subject, now).await;
    let overall = record.overall_deadline().instant();
    let mut at = now;
    while at.plus(minutes(29)) < overall {
        at = at.plus(minutes(29));
        assert_eq!(store.touch(&record, at).await, TouchOutcome::Touched);
    }
    let last = just_before(overall);
    assert_eq!(store.touch(&record, last).await, TouchOutcome::Touched);
    assert!(store.lives(record.id(), last).await);
    assert_eq!(store.touch(&record, overall).await, TouchOutcome::Missing);
    assert!(
        !store.lives(record.id(), overall).await,
        "a touch moved the overall deadline"
    );
    assert_eq!(store.ids(&subject, overall).await.len(), 0);
}

/// Rule 9: a touch that comes late, or from a host whose clock is behind, moves nothing back.
pub async fn a_touch_never_goes_backward<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.sign_in(&subject("two-clocks"), now).await;
    let later = now.plus(minutes(20));
    for at in [later, now, now.plus(minutes(19))] {
        assert_eq!(store.touch(&record, at).await, TouchOutcome::Touched);
        let behind = Update {
            touch: true,
            ..update(&*store.found(record.id(), at).await, "behind")
        };
        assert!(matches!(
            store.update(&behind, at).await,
            UpdateOutcome::Saved { .. }
        ));
    }
    assert_eq!(store.found(record.id(), later).await.last_seen(), later);
    let last = just_before(later.plus(record.timeouts().idle()));
    assert!(
        store.lives(record.id(), last).await,
        "the deadline moved back"
    );
}

/// Touches and updates at the same time end at the latest use.
pub async fn the_latest_of_many_touches_counts<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let record = stage
        .store
        .sign_in(&subject("many-readers"), stage.start)
        .await;
    for round in 0..20 {
        let base = stage.start.plus(seconds(10 * round));
        let touches = (0..8).map(|n| {
            let (store, record) = (stage.store.clone(), record.clone());
            async move { store.touch(&record, base.plus(seconds(n))).await }
        });
        for outcome in together(touches).await {
            assert_eq!(outcome, TouchOutcome::Touched);
        }
        let latest = base.plus(seconds(7));
        let stored = stage.store.found(record.id(), latest).await;
        assert_eq!(
            stored.last_seen(),
            latest,
            "round {round}: an earlier use was written last"
        );
    }
}

//! Rule 2: of two updates from one revision, one is told of the conflict.

use crate::suite::prelude::*;

/// Rule 2. Failure 7 of its peers: of two requests that overlap, the later save wins, and the other
/// one's change is lost.
pub async fn the_second_update_from_a_revision_conflicts<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for record in [
        store.sign_in(&subject("two-tabs"), now).await,
        store.visit(now).await,
    ] {
        let second = Revision::FIRST.next();
        let outcome = store.update(&update(&record, "first tab"), now).await;
        assert_eq!(outcome, UpdateOutcome::Saved { revision: second });
        let outcome = store.update(&update(&record, "second tab"), now).await;
        assert_eq!(outcome, UpdateOutcome::Conflict { current: second });

        let stored = store.found(record.id(), now).await;
        assert_eq!(
            *stored.payload(),
            payload("first tab"),
            "the refused update wrote"
        );
        assert_eq!(stored.revision(), second);
    }
}

/// Rule 2: a revision that was never there conflicts too.
pub async fn an_update_from_a_later_revision_conflicts<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.sign_in(&subject("ahead"), now).await;
    let request = Update {
        expected: Revision::FIRST.next(),
        ..update(&record, "ahead")
    };
    let current = Revision::FIRST;
    assert_eq!(
        store.update(&request, now).await,
        UpdateOutcome::Conflict { current }
    );
    assert_eq!(
        *store.found(record.id(), now).await.payload(),
        payload("first")
    );
}

/// Rule 2: of many updates from one revision, exactly one is saved, and its data are there.
pub async fn one_update_is_saved_for_each_revision<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let mut record = stage.store.sign_in(&subject("many-tabs"), now).await;
    for round in 0..20 {
        let tabs = (0..8).map(|tab| {
            let store = stage.store.clone();
            let request = update(&record, &format!("round {round}, tab {tab}"));
            async move { (store.update(&request, now).await, request.payload) }
        });
        let outcomes = together(tabs).await;
        let stored = stage.store.found(record.id(), now).await;
        let revision = record.revision().next();
        let mut saved = Vec::new();
        for (outcome, payload) in outcomes {
            match outcome {
                UpdateOutcome::Saved { revision: made } => {
                    assert_eq!(made, revision);
                    saved.push(payload);
                }
                other => assert_eq!(other, UpdateOutcome::Conflict { current: revision }),
            }
        }
        assert_eq!(
            saved,
            [stored.payload().clone()],
            "one is saved, and stored"
        );
        record = (*stored).clone();
    }
}

/// Rule 2: tasks that count together, each trying again when told of a conflict, lose no step.
pub async fn a_shared_counter_loses_no_step<H: Harness>() {
    const TASKS: usize = 8;
    const STEPS: usize = 10;
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let record = stage.store.sign_in(&subject("counter"), now).await;
    let counted = stage.store.update(&update(&record, "0"), now).await;
    assert!(matches!(counted, UpdateOutcome::Saved { .. }));

    let tasks = (0..TASKS).map(|_| {
        let (store, id) = (stage.store.clone(), record.id());
        async move {
            let mut steps = 0;
            while steps < STEPS {
                let read = store.found(id, now).await;
                let next = (number(&read) + 1).to_string();
                let outcome = store.update(&update(&read, &next), now).await;
                steps += usize::from(matches!(outcome, UpdateOutcome::Saved { .. }));
            }
        }
    });
    together(tasks).await;
    let stored = stage.store.found(record.id(), now).await;
    assert_eq!(
        number(&stored),
        TASKS * STEPS,
        "steps were lost, or taken twice"
    );
}

/// Rule 2: a touch, even one that runs at the same time, loses no update.
pub async fn a_touch_loses_no_update<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let record = stage
        .store
        .sign_in(&subject("reader-and-writer"), stage.start)
        .await;
    for round in 1..=20 {
        let now = stage.start.plus(seconds(round));
        let read = stage.store.found(record.id(), now).await;
        let request = update(&read, &format!("round {round}"));
        let (store, touched) = (stage.store.clone(), record.clone());
        let touches = async move { store.touch(&touched, now).await };
        let store = stage.store.clone();
        let expected = request.payload.clone();
        let (touch, update) = pair(touches, async move { store.update(&request, now).await }).await;
        assert_eq!(touch, TouchOutcome::Touched);
        let revision = read.revision().next();
        assert_eq!(update, UpdateOutcome::Saved { revision });
        let stored = stage.store.found(record.id(), now).await;
        assert_eq!(
            *stored.payload(),
            expected,
            "round {round}: the touch wrote older data"
        );
        assert_eq!(stored.revision(), revision);
    }
}

/// Rule 2: a renewal, even one that runs at the same time, loses no update through the old id.
pub async fn a_renewal_loses_no_update<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    for round in 0..20 {
        let record = stage
            .store
            .sign_in(&subject("renewer-and-writer"), now)
            .await;
        let (store, change) = (stage.store.clone(), update(&record, "kept"));
        let changes = async move { store.update(&change, now).await };
        let (store, request) = (stage.store.clone(), renew(&record, hours(1)));
        let new = request.new;
        let (changed, renewed) =
            pair(changes, async move { store.renew(&request, now).await }).await;
        let revision = record.revision().next();
        assert_eq!(changed, UpdateOutcome::Saved { revision }, "round {round}");
        assert_eq!(renewed, RenewOutcome::Renewed, "round {round}");
        let stored = stage.store.found(new, now).await;
        assert_eq!(
            *stored.payload(),
            payload("kept"),
            "round {round}: the update is lost"
        );
        let _ = stage.store.delete(&delete(&stored), now).await;
    }
}

/// Rule 2, across sign-in: a session is replaced only at the revision that was carried over, and
/// nothing is written otherwise.
pub async fn a_sign_in_replaces_what_it_read<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("filled-the-cart");
    let read = store.sign_in(&subject, now).await;
    let _ = store
        .update(&update(&read, "a cart filled late"), now)
        .await;

    let next = store.record(&subject, now);
    let request = Create {
        replaces: at_revision(&read),
        ..create(&next)
    };
    let current = read.revision().next();
    assert_eq!(
        store.create(&request, now).await,
        CreateOutcome::Conflict { current }
    );
    assert_eq!(store.load(next.id(), now).await, LoadOutcome::Absent);
    let stored = store.found(read.id(), now).await;
    assert_eq!(*stored.payload(), payload("a cart filled late"));
}

/// Rule 2, across sign-in: a deletion at a revision that has moved on is told so, and ends nothing.
pub async fn a_deletion_at_an_old_revision_conflicts<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for read in [
        store.sign_in(&subject("moved-on"), now).await,
        store.visit(now).await,
    ] {
        let _ = store.update(&update(&read, "late"), now).await;
        let current = read.revision().next();
        let request = Delete {
            expected: Some(read.revision()),
            ..delete(&read)
        };
        assert_eq!(
            store.delete(&request, now).await,
            DeleteOutcome::Conflict { current }
        );
        assert_eq!(
            *store.found(read.id(), now).await.payload(),
            payload("late")
        );
        let request = Delete {
            expected: Some(current),
            ..request
        };
        assert!(matches!(
            store.delete(&request, now).await,
            DeleteOutcome::Deleted { .. }
        ));
    }
}

/// Rule 2, across sign-in: an update and a replacement of what it updates never both succeed.
pub async fn an_update_racing_a_sign_in_is_carried_or_refused<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    for round in 0..20 {
        let subject = subject("races-to-sign-in");
        let read = stage.store.sign_in(&subject, now).await;
        let next = stage.store.record(&subject, now);
        let request = Create {
            replaces: at_revision(&read),
            ..create(&next)
        };
        let (store, change) = (stage.store.clone(), update(&read, "late"));
        let changes = async move { store.update(&change, now).await };
        let store = stage.store.clone();
        let outcome = pair(changes, async move { store.create(&request, now).await }).await;
        let one_won = matches!(
            outcome,
            (UpdateOutcome::Saved { .. }, CreateOutcome::Conflict { .. })
                | (UpdateOutcome::Missing, CreateOutcome::Created { .. })
        );
        assert!(one_won, "round {round}: {outcome:?}");
        let _ = stage
            .store
            .revoke(&revoke(&subject, RevokeKind::All), now)
            .await;
    }
}

fn number(record: &Record) -> usize {
    let text = std::str::from_utf8(&record.payload().bytes).expect("the text that was stored");
    text.parse().expect("the number that was stored")
}

//! A second renewal from one id: the same again, an answer that was lost, or too late.

use cloakroom_core::store::Reused;

use crate::suite::prelude::*;

/// Repeating a renewal is the same renewal: while the grace runs, when the new id has been used, and
/// when the grace is over.
pub async fn a_repeated_renewal_is_renewed<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for grace in [Duration::ZERO, minutes(1)] {
        let subject = subject(&format!("repeats {grace:?}"));
        let record = store.sign_in(&subject, now).await;
        let request = renew(&record, grace);
        for _ in 0..2 {
            assert_eq!(store.renew(&request, now).await, RenewOutcome::Renewed);
        }
        let renewed = store.found(request.new, now).await;
        assert_eq!(store.touch(&renewed, now).await, TouchOutcome::Touched);
        assert_eq!(
            store.renew(&request, now).await,
            RenewOutcome::Renewed,
            "after a use"
        );
        let later = now.plus(minutes(2));
        assert_eq!(
            store.renew(&request, later).await,
            RenewOutcome::Renewed,
            "after the grace"
        );
        assert_eq!(store.ids(&subject, later).await, [request.new].into());
    }
}

/// A second renewal from the old id, whose answer was lost, takes the place of the first while
/// nobody has used what that gave; the id that loses its place goes on until the first grace ends.
pub async fn a_lost_answer_is_renewed_again<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("lost-answer");
    let record = store.sign_in(&subject, now).await;
    let first = renew(&record, minutes(1));
    assert_eq!(store.renew(&first, now).await, RenewOutcome::Renewed);
    let second = renew(&record, hours(1));
    assert_eq!(
        store.renew(&second, now.plus(seconds(30))).await,
        RenewOutcome::Renewed
    );
    assert_eq!(store.ids(&subject, now).await, [second.new].into());

    let last = just_before(now.plus(minutes(1)));
    for id in [record.id(), first.new, second.new] {
        assert_eq!(
            store.found(id, last).await.id(),
            second.new,
            "{id:?} in the first grace"
        );
    }
    let over = now.plus(minutes(1));
    let reused = Reused {
        successor: second.new,
        subject: Some(subject),
    };
    for id in [record.id(), first.new] {
        let answer = store.load(id, over).await;
        assert_eq!(
            answer,
            LoadOutcome::Reused(reused.clone()),
            "the first grace was stretched"
        );
    }
    assert!(store.lives(second.new, over).await);
}

/// Once the new id has been touched or changed, by its own name, the client has it: a second renewal
/// from the old id is told so.
pub async fn a_used_renewal_is_not_displaced<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for by_update in [false, true] {
        let subject = subject(&format!("used, by update: {by_update}"));
        let record = store.sign_in(&subject, now).await;
        let first = renew(&record, hours(1));
        assert_eq!(store.renew(&first, now).await, RenewOutcome::Renewed);
        let renewed = store.found(first.new, now).await;
        assert!(!renewed.is_confirmed(), "nobody has used it yet");
        if by_update {
            let request = Update {
                touch: false,
                ..update(&renewed, "used")
            };
            assert!(matches!(
                store.update(&request, now).await,
                UpdateOutcome::Saved { .. }
            ));
        } else {
            assert_eq!(store.touch(&renewed, now).await, TouchOutcome::Touched);
        }
        assert!(store.found(first.new, now).await.is_confirmed());
        let second = renew(&record, hours(1));
        assert_eq!(
            store.renew(&second, now).await,
            RenewOutcome::AlreadyRenewed
        );
        assert_eq!(store.load(second.new, now).await, LoadOutcome::Absent);
        assert_eq!(store.ids(&subject, now).await, [first.new].into());
    }
}

/// A use through the old id does not show that the client has the new one.
pub async fn a_use_through_the_old_id_confirms_nothing<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.sign_in(&subject("still-old"), now).await;
    let first = renew(&record, hours(1));
    assert_eq!(store.renew(&first, now).await, RenewOutcome::Renewed);
    let at = now.plus(minutes(1));
    assert_eq!(store.touch(&record, at).await, TouchOutcome::Touched);
    let outcome = store.update(&update(&record, "by the old id"), at).await;
    assert!(
        matches!(outcome, UpdateOutcome::Saved { .. }),
        "{outcome:?}"
    );
    let renewed = store.found(first.new, at).await;
    assert!(!renewed.is_confirmed());
    assert_eq!(renewed.last_seen(), at, "it is a use all the same");
    let second = renew(&record, hours(1));
    assert_eq!(store.renew(&second, at).await, RenewOutcome::Renewed);
    // Nor does it take a confirmation back.
    let renewed = store.found(second.new, at).await;
    assert_eq!(store.touch(&renewed, at).await, TouchOutcome::Touched);
    assert_eq!(
        store.touch(&record, at.plus(minutes(1))).await,
        TouchOutcome::Touched
    );
    assert!(store.found(second.new, at).await.is_confirmed());
}

/// Once the grace is over, a second renewal from the old id is too late, used or not.
pub async fn after_the_grace_it_is_already_renewed<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for grace in [Duration::ZERO, minutes(1)] {
        let record = store.visit(now).await;
        let first = renew(&record, grace);
        assert_eq!(store.renew(&first, now).await, RenewOutcome::Renewed);
        let over = now.plus(grace);
        let second = renew(&record, hours(1));
        assert_eq!(
            store.renew(&second, over).await,
            RenewOutcome::AlreadyRenewed
        );
        assert_eq!(store.load(second.new, over).await, LoadOutcome::Absent);
        assert!(store.lives(first.new, over).await);
    }
}

/// Of many renewals without grace at the same time, one has the session.
pub async fn one_of_many_renewals_wins<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("renews-in-parallel");
    for round in 0..20 {
        let record = stage.store.sign_in(&subject, now).await;
        let renewals = (0..6).map(|_| {
            let (store, request) = (stage.store.clone(), renew(&record, Duration::ZERO));
            async move { (store.renew(&request, now).await, request.new) }
        });
        let mut winners = Vec::new();
        for (outcome, new) in together(renewals).await {
            match outcome {
                RenewOutcome::Renewed => winners.push(new),
                other => assert_eq!(other, RenewOutcome::AlreadyRenewed, "round {round}"),
            }
        }
        let listed = stage.store.ids(&subject, now).await;
        assert_eq!(
            Vec::from_iter(listed),
            winners,
            "round {round}: one id, one session"
        );
        let _ = stage
            .store
            .revoke(&revoke(&subject, RevokeKind::All), now)
            .await;
    }
}

/// Of many renewals with grace at the same time, every one that was answered names one session.
pub async fn many_renewals_in_grace_are_one_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("retries-in-parallel");
    for round in 0..20 {
        let record = stage.store.sign_in(&subject, now).await;
        let renewals = (0..6).map(|_| {
            let (store, request) = (stage.store.clone(), renew(&record, hours(1)));
            async move { (store.renew(&request, now).await, request.new) }
        });
        let answers = together(renewals).await;
        let listed = Vec::from_iter(stage.store.ids(&subject, now).await);
        assert_eq!(listed.len(), 1, "round {round}");
        for (outcome, new) in answers {
            assert_eq!(
                outcome,
                RenewOutcome::Renewed,
                "round {round}: nobody has used one"
            );
            assert_eq!(
                [stage.store.found(new, now).await.id()],
                *listed,
                "round {round}"
            );
        }
        let _ = stage
            .store
            .revoke(&revoke(&subject, RevokeKind::All), now)
            .await;
    }
}

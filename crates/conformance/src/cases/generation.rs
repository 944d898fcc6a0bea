//! What `begin` promises: a generation, and how long it is kept. Rules 3 and 5 need it.

use cloakroom_core::store::ENDED_MEMORY;

use crate::suite::prelude::*;

/// `begin` writes a generation where there is none, and gives the same one from then on.
pub async fn it_stays_the_same<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("begins-twice");
    let until = now.plus(minutes(10));
    let first = store.begin(&subject, until, now).await;
    assert_eq!(store.begin(&subject, until, now).await, first);
    let elsewhere = stage.second_host().await;
    assert_eq!(elsewhere.begin(&subject, until, now).await, first);
    store.sign_in(&subject, now).await;
    assert_eq!(
        store.begin(&subject, until, now).await,
        first,
        "a sign-in replaced it"
    );
}

/// Many hosts that begin at the same time are given one generation.
pub async fn all_who_begin_together_share_it<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    for round in 0..20 {
        let subject = subject(&format!("crowd-{round}"));
        let begins = (0..8).map(|_| {
            let (store, subject) = (stage.store.clone(), subject.clone());
            async move { store.begin(&subject, now.plus(minutes(10)), now).await }
        });
        let generations = together(begins).await;
        let first = generations.first().copied();
        assert!(
            generations.iter().all(|one| Some(*one) == first),
            "round {round}"
        );
    }
}

/// A set without members is kept until the end of the sign-in attempt, and no purge takes it before.
pub async fn it_is_kept_until_the_attempt_ends<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("second-factor");
    let until = now.plus(minutes(10));
    let began_with = store.begin(&subject, until, now).await;
    // A member that comes and goes does not take the set along.
    let record = store.sign_in(&subject, now).await;
    let _ = store.delete(&delete(&record), now).await;

    let last = just_before(until);
    store.purge_all(100, last).await;
    let record = store.record(&subject, last);
    let request = Create {
        generation: Some(began_with),
        ..create(&record)
    };
    let outcome = store.create(&request, last).await;
    assert!(
        matches!(outcome, CreateOutcome::Created { .. }),
        "{outcome:?}"
    );
}

/// A later attempt keeps the set for longer, and an earlier one not for less.
pub async fn the_latest_attempt_counts<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("slow-and-fast");
    let long = now.plus(minutes(10));
    let began_with = store.begin(&subject, now.plus(minutes(5)), now).await;
    assert_eq!(store.begin(&subject, long, now).await, began_with);
    assert_eq!(
        store.begin(&subject, now.plus(minutes(1)), now).await,
        began_with
    );
    let last = just_before(long);
    store.purge_all(100, last).await;
    assert_eq!(store.begin(&subject, last, last).await, began_with);
}

/// Rule 5: a set that holds nothing else goes away after that, and the next attempt finds another.
pub async fn an_empty_set_goes_away<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let until = now.plus(minutes(10));
    let later = until.plus(hours(24));

    let never_signed_in = subject("only-tried");
    let tried = store.begin(&never_signed_in, until, now).await;
    let signed_out = subject("signed-out");
    let of_signed_out = store.begin(&signed_out, until, now).await;
    let record = store.sign_in(&signed_out, now).await;
    let _ = store.delete(&delete(&record), now).await;
    let expired = subject("expired");
    let of_expired = store.begin(&expired, until, now).await;
    store.sign_in(&expired, now).await;

    store.purge_all(100, later).await;
    let again = later.plus(minutes(10));
    assert_ne!(store.begin(&never_signed_in, again, later).await, tried);
    assert_ne!(store.begin(&signed_out, again, later).await, of_signed_out);
    assert_ne!(store.begin(&expired, again, later).await, of_expired);
}

/// A set with a member is kept for as long as the member lives.
pub async fn a_member_keeps_the_set<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("stays-signed-in");
    let began_with = store.begin(&subject, now.plus(minutes(10)), now).await;
    let long = Timeouts::new(days(30), days(30)).expect("thirty days");
    let record = store.add(store.record_for(&subject, long, now), now).await;
    let last = just_before(record.deadline().instant());
    store.purge_all(100, last).await;
    assert_eq!(
        store.begin(&subject, last.plus(minutes(10)), last).await,
        began_with
    );
}

/// Rule 1: a replaced generation is kept so long that a retry of the revocation meets its own write.
pub async fn a_revocation_keeps_the_set_for_its_retry<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("revoked-empty");
    store.sign_in(&subject, now).await;
    let request = revoke(&subject, RevokeKind::All);
    let _ = store.revoke(&request, now).await;
    let last = just_before(now.plus(ENDED_MEMORY));
    store.purge_all(100, last).await;
    let record = store.sign_in(&subject, last).await;
    let retried = store.revoke(&request, last).await;
    assert!(retried.repeated, "the retry did not meet its own write");
    assert!(
        store.lives(record.id(), last).await,
        "the retry revoked what came after"
    );
}

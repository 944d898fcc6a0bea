//! Rule 5: expired members are never listed nor counted, and their space comes back.

use cloakroom_core::store::{ENDED_MEMORY, REUSE_MEMORY};

use crate::suite::prelude::*;

/// Rule 5: a session that is over is listed and counted no more, without any purge.
pub async fn expired_sessions_are_not_listed_nor_counted<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("left-open");
    for minute in [10, 20, 30] {
        let idle = Timeouts::new(minutes(minute), hours(1)).expect("minutes");
        store.add(store.record_for(&subject, idle, now), now).await;
    }
    store.visit(now).await; // for half an hour
    for (minute, living) in [(9, 3), (10, 2), (20, 1), (30, 0)] {
        let at = now.plus(minutes(minute));
        assert_eq!(
            store.ids(&subject, at).await.len(),
            living,
            "after {minute} minutes"
        );
        let visitors = usize::from(minute < 30);
        assert_eq!(store.all_ids(at).await.len(), living + visitors);
        assert_eq!(store.count(at).await, (living + visitors) as u64);
    }
}

/// Rule 5. Failure 12 of its peers: members whose session expired stay in the set for good. Failure 15:
/// only notifications of expired keys let go of them. Nobody reads this set, and nobody is notified; the
/// sweep alone gives the space back.
pub async fn the_space_of_expired_sessions_comes_back<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    let (short, mixed) = (subject("all-expired"), subject("one-lives-on"));
    let mut expired = vec![store.visit(now).await];
    for _ in 0..5 {
        expired.push(store.sign_in(&short, now).await);
        expired.push(store.sign_in(&mixed, now).await);
    }
    let long = Timeouts::new(days(3650), days(3650)).expect("ten years");
    let living = store.add(store.record_for(&mixed, long, now), now).await;

    let later = now.plus(days(1));
    stage.tamper().expire(later.plus(days(1))).await;
    store.purge_all(3, later).await;
    for record in expired {
        let bytes = stage.tamper().read_record(record.id()).await;
        assert_eq!(bytes, None, "an expired record is still stored");
    }
    assert_eq!(stage.tamper().stored_members(&short).await, 0);
    assert_eq!(
        stage.tamper().stored_members(&mixed).await,
        1,
        "only one of them lives"
    );
    assert!(
        store.lives(living.id(), later).await,
        "the sweep took what lives"
    );
}

/// Rule 5: what was ended leaves the set at once, and so does an id that was renewed.
pub async fn the_space_of_ended_sessions_comes_back<H: Harness>() {
    let Tampering::Can(stage) = Stage::<H>::new().await.tampering().await else {
        return;
    };
    let (store, now) = (&stage.store, stage.start);
    for ending in Ending::ALL {
        let subject = subject(&format!("{ending:?}"));
        store.sign_in(&subject, now).await;
        let record = store.sign_in(&subject, now).await;
        let renewal = renew(&record, hours(1));
        assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
        let members = stage.tamper().stored_members(&subject).await;
        assert_eq!(
            members, 2,
            "the old id of a renewed session is still a member"
        );

        let renewed = store.found(renewal.new, now).await;
        let (later, by) = ending.end(store, &renewed, now).await;
        if by.is_none() {
            continue;
        }
        let bytes = stage.tamper().read_record(renewed.id()).await;
        assert_eq!(bytes, None, "the record is still stored after {ending:?}");
        let living = store.ids(&subject, later).await.len();
        let members = stage.tamper().stored_members(&subject).await;
        assert_eq!(
            members, living,
            "what ended is still a member after {ending:?}"
        );
    }
}

/// Rule 5: an engine's own expiry, and a purge, wait for the deadline.
pub async fn what_lives_is_not_swept<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("still-there");
    let record = store.sign_in(&subject, now).await;
    let visitor = store.visit(now).await;
    let renewed = store.sign_in(&subject, now).await;
    let renewal = renew(&renewed, minutes(20));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    let touched = store.sign_in(&subject, now).await;
    let later = now.plus(minutes(10));
    assert_eq!(store.touch(&touched, later).await, TouchOutcome::Touched);

    let in_grace = now.plus(minutes(19));
    sweep(&stage, in_grace).await;
    assert!(
        store.lives(renewed.id(), in_grace).await,
        "an old id in grace was swept"
    );
    let last = just_before(record.deadline().instant());
    sweep(&stage, last).await;
    for id in [record.id(), visitor.id(), renewal.new, touched.id()] {
        assert!(store.lives(id, last).await, "swept in its last millisecond");
    }
    let last = just_before(later.plus(touched.timeouts().idle()));
    sweep(&stage, last).await;
    assert!(
        store.lives(touched.id(), last).await,
        "swept though it was touched"
    );
    assert_eq!(store.ids(&subject, last).await, [touched.id()].into());
}

/// Rule 5: a purge takes at most as many as it is allowed to, and comes to an end.
pub async fn a_purge_is_bounded<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for n in 0..10 {
        store.sign_in(&subject(&format!("user-{n}")), now).await;
        store.visit(now).await;
    }
    let later = now.plus(days(1));
    assert_eq!(store.purge(0, later).await, 0, "nothing was allowed to go");
    for limit in [1, 2, 3] {
        let went = store.purge(limit, later).await;
        assert!(went <= limit, "{went} went where {limit} were allowed to");
    }
    store.purge_all(4, later).await;
    assert_eq!(
        store.purge(100, later).await,
        0,
        "the purge has come to an end"
    );
}

/// Rule 5: the memories of ended and of renewed ids go as well.
pub async fn memories_go_too<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("forgettable");
    let ended = store.sign_in(&subject, now).await;
    let _ = store.delete(&delete(&ended), now).await;
    let renewed = store.sign_in(&subject, now).await;
    let _ = store.renew(&renew(&renewed, hours(1)), now).await;

    let later = now.plus(ENDED_MEMORY).plus(REUSE_MEMORY);
    sweep(&stage, later.plus(days(1))).await;
    // Each id is free again: nothing is remembered of it.
    for record in [ended, renewed] {
        store.add(record, now).await;
    }
}

/// Rule 5. Failure 13 of its peers: an index with a fixed lifetime forgets longer sessions, which
/// are then unrevocable.
pub async fn an_index_outlives_a_long_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("ten-years");
    let long = Timeouts::new(days(3650), days(3650)).expect("ten years");
    let record = store.add(store.record_for(&subject, long, now), now).await;
    for year in 1..10 {
        let at = now.plus(days(365 * year));
        sweep(&stage, at).await;
        assert!(
            store.lives(record.id(), at).await,
            "dead after {year} years"
        );
        assert_eq!(
            store.ids(&subject, at).await,
            [record.id()].into(),
            "in year {year}"
        );
    }
    let at = now.plus(days(3649));
    let revoked = store.revoke(&revoke(&subject, RevokeKind::All), at).await;
    assert_eq!(revoked.ended, [record.id()]);
    assert_eq!(store.load(record.id(), at).await, LoadOutcome::Ended { at });
}

/// The engine's own expiry, where there is one, and a purge.
async fn sweep<H: Harness>(stage: &Stage<H>, now: Timestamp) {
    if let Some(tamper) = stage.try_tamper() {
        tamper.expire(now).await;
    }
    stage.store.purge_all(100, now).await;
}

//! Rule 3: when a revocation of all returns, every session of before is dead, and every sign-in that
//! began before is superseded.

use std::collections::HashSet;

use cloakroom_core::store::ENDED_MEMORY;

use crate::suite::prelude::*;

/// Rule 3: every session ends, by all of its ids, for every host.
pub async fn every_session_ends_everywhere<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let elsewhere = stage.second_host().await;
    let subject = subject("all-of-them");
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(store.sign_in(&subject, now).await.id());
    }
    let renewed = elsewhere.sign_in(&subject, now).await;
    let renewal = renew(&renewed, hours(1));
    assert_eq!(elsewhere.renew(&renewal, now).await, RenewOutcome::Renewed);
    ids.push(renewal.new);
    ids.sort_unstable();
    for id in &ids {
        assert!(elsewhere.lives(*id, now).await, "read there before the end");
    }
    let bystander = store
        .sign_in(&crate::suite::requests::subject("bystander"), now)
        .await;

    let revoked = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
    assert_eq!(
        revoked.ended, ids,
        "every session is reported, in the order of the ids"
    );
    assert!(!revoked.repeated);
    for id in ids.into_iter().chain([renewed.id()]) {
        for host in [store, &elsewhere] {
            assert_eq!(host.load(id, now).await, LoadOutcome::Ended { at: now });
        }
    }
    assert_eq!(elsewhere.ids(&subject, now).await.len(), 0);
    assert!(
        store.lives(bystander.id(), now).await,
        "somebody else's session ended too"
    );
}

/// Rule 3: of all others, the one that is named stays, by its present id and by an old one in grace.
pub async fn all_but_one_leaves_that_one<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("changed-the-password");
    let old = store.sign_in(&subject, now).await;
    let renewal = renew(&old, hours(1));
    assert_eq!(store.renew(&renewal, now).await, RenewOutcome::Renewed);
    for named in [renewal.new, old.id()] {
        let other = store.sign_in(&subject, now).await;
        let request = revoke(&subject, RevokeKind::AllExcept(named));
        assert_eq!(store.revoke(&request, now).await.ended, [other.id()]);
        assert!(
            store.lives(renewal.new, now).await,
            "the one to be kept ended"
        );
        assert!(store.lives(old.id(), now).await);
        assert!(!store.lives(other.id(), now).await);
    }
}

/// Rule 3: where the one to be kept is none of the subject's, all end.
pub async fn all_but_a_stranger_is_all<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("nothing-kept");
    let stranger = store
        .sign_in(&crate::suite::requests::subject("stranger"), now)
        .await;
    let visitor = store.visit(now).await;
    for kept in [stranger.id(), visitor.id(), store.new_id(&subject)] {
        let record = store.sign_in(&subject, now).await;
        let request = revoke(&subject, RevokeKind::AllExcept(kept));
        assert_eq!(store.revoke(&request, now).await.ended, [record.id()]);
    }
    assert!(store.lives(stranger.id(), now).await);
    assert!(store.lives(visitor.id(), now).await);
}

/// Rule 3. Failure 6 of its peers: a sign-in that began before "revoke all" survives it.
pub async fn a_sign_in_that_began_before_is_superseded<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for kind in [Some(RevokeKind::All), None] {
        let subject = subject(&format!("{kind:?}"));
        let began_with = store.begin(&subject, now.plus(minutes(10)), now).await;
        let kept = store.sign_in(&subject, now).await;
        let kind = kind.unwrap_or(RevokeKind::AllExcept(kept.id()));
        let _ = store.revoke(&revoke(&subject, kind), now).await;

        let record = store.record(&subject, now);
        let request = Create {
            generation: Some(began_with),
            ..create(&record)
        };
        assert_eq!(
            store.create(&request, now).await,
            CreateOutcome::Superseded,
            "{kind:?}"
        );
        assert_eq!(store.load(record.id(), now).await, LoadOutcome::Absent);
        assert!(!store.ids(&subject, now).await.contains(&record.id()));
    }
}

/// Rule 3: a sign-in that begins after a revocation completes, as does one that only single sessions
/// were revoked during.
pub async fn a_sign_in_that_began_after_completes<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("comes-back");
    let first = store.sign_in(&subject, now).await;
    let _ = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
    let began_with = store.begin(&subject, now.plus(minutes(10)), now).await;
    let other = store.sign_in(&subject, now).await;
    let _ = store
        .revoke(&revoke(&subject, RevokeKind::One(other.id())), now)
        .await;
    let record = store.record(&subject, now);
    let request = Create {
        generation: Some(began_with),
        ..create(&record)
    };
    let created = CreateOutcome::Created {
        evicted: Vec::new(),
        repeated: false,
    };
    assert_eq!(store.create(&request, now).await, created);
    assert!(store.lives(record.id(), now).await);
    assert!(!store.lives(first.id(), now).await);
}

/// Rule 3: a set without members has a generation to be replaced too.
pub async fn an_empty_set_supersedes_too<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("never-signed-in");
    let until = now.plus(minutes(10));
    for kind in [
        RevokeKind::All,
        RevokeKind::AllExcept(store.new_id(&subject)),
    ] {
        let began_with = store.begin(&subject, until, now).await;
        let revoked = store.revoke(&revoke(&subject, kind), now).await;
        assert!(revoked.ended.is_empty(), "nothing was there to end");
        let record = store.record(&subject, now);
        let request = Create {
            generation: Some(began_with),
            ..create(&record)
        };
        assert_eq!(
            store.create(&request, now).await,
            CreateOutcome::Superseded,
            "{kind:?}"
        );
        assert_ne!(store.begin(&subject, until, now).await, began_with);
    }
}

/// Rule 3: a generation that was never given to anybody supersedes, whether there is a set or not.
pub async fn an_unknown_generation_is_superseded<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let elsewhere = store
        .begin(&subject("elsewhere"), now.plus(minutes(10)), now)
        .await;
    let subject = subject("forged");
    for _ in 0..2 {
        let record = store.record(&subject, now);
        let request = Create {
            generation: Some(elsewhere),
            ..create(&record)
        };
        assert_eq!(store.create(&request, now).await, CreateOutcome::Superseded);
        assert_eq!(store.load(record.id(), now).await, LoadOutcome::Absent);
        store.sign_in(&subject, now).await;
    }
}

/// Rule 3: no generation comes twice, not even after its set has gone away.
pub async fn a_generation_never_comes_again<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    let subject = subject("again-and-again");
    let mut now = stage.start;
    let mut seen = HashSet::new();
    for round in 0..30 {
        let until = now.plus(minutes(10));
        let began_with = store.begin(&subject, until, now).await;
        assert!(
            seen.insert(began_with),
            "round {round}: the generation was there before"
        );
        if round % 3 == 0 {
            // Nothing holds the set: it goes away, and with it whatever was counted.
            now = until.plus(ENDED_MEMORY);
            store.purge_all(100, now).await;
        } else {
            let _ = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
        }
    }
}

/// Rule 3: a revocation that finds no set at all is remembered like any other: its retry ends nothing
/// that has come since.
pub async fn a_revocation_of_nothing_is_remembered<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let stranger = store.new_id(&subject("nobody-yet"));
    for kind in [RevokeKind::All, RevokeKind::AllExcept(stranger)] {
        let subject = subject(&format!("{kind:?}"));
        let request = revoke(&subject, kind);
        let revoked = store.revoke(&request, now).await;
        assert!(revoked.ended.is_empty() && !revoked.repeated, "{revoked:?}");
        let since = store.sign_in(&subject, now).await;
        for at in [now, just_before(now.plus(ENDED_MEMORY))] {
            assert!(store.revoke(&request, at).await.repeated);
            assert!(store.lives(since.id(), at).await, "{kind:?}");
        }
    }
}

/// Rule 3. Failure 14 of its peers: who lists the members and then deletes them lets a sign-in
/// between the two escape.
pub async fn no_sign_in_escapes_between<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("slips-through");
    for round in 0..30 {
        stage.store.sign_in(&subject, now).await;
        let began_with = stage
            .store
            .begin(&subject, now.plus(minutes(10)), now)
            .await;
        let sign_ins = (0..4).map(|_| {
            let (store, record) = (stage.store.clone(), stage.store.record(&subject, now));
            let request = Create {
                generation: Some(began_with),
                ..create(&record)
            };
            async move { store.create(&request, now).await }
        });
        let store = stage.store.clone();
        let request = revoke(&subject, RevokeKind::All);
        let revokes = async move { store.revoke(&request, now).await };
        let (revoked, _) = against(revokes, sign_ins).await;
        let left = stage.store.ids(&subject, now).await;
        assert!(
            left.is_empty(),
            "round {round}: {left:?} live on after {revoked:?}"
        );
    }
}

/// Rule 3: a session that is renewed while all are revoked ends by both of its ids.
pub async fn no_renewal_escapes<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("renews-away");
    for round in 0..30 {
        let record = stage.store.sign_in(&subject, now).await;
        let (store, renewal) = (stage.store.clone(), renew(&record, hours(1)));
        let new = renewal.new;
        let renews = async move { store.renew(&renewal, now).await };
        let (store, request) = (stage.store.clone(), revoke(&subject, RevokeKind::All));
        let revokes = async move { store.revoke(&request, now).await };
        let (_, revoked) = pair(renews, revokes).await;
        for id in [record.id(), new] {
            assert!(
                !stage.store.lives(id, now).await,
                "round {round}: {id:?}, {revoked:?}"
            );
        }
        assert_eq!(revoked.ended.len(), 1, "round {round}");
    }
}

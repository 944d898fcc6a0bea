//! `delete` and `revoke`: what ends, and what a retry is told.

use cloakroom_core::store::ENDED_MEMORY;

use crate::suite::prelude::*;

/// A deletion ends one session, and reports it.
pub async fn a_deletion_ends_one_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("signs-out");
    let other = store.sign_in(&subject, now).await;
    for record in [store.sign_in(&subject, now).await, store.visit(now).await] {
        let outcome = store.delete(&delete(&record), now).await;
        assert!(
            matches!(outcome, DeleteOutcome::Deleted { .. }),
            "{outcome:?}"
        );
        assert_eq!(
            store.load(record.id(), now).await,
            LoadOutcome::Ended { at: now }
        );
    }
    assert_eq!(*store.found(other.id(), now).await, other);
    assert_eq!(store.all_ids(now).await, [other.id()].into());
}

/// A session is deleted without its subject where that is not known, and leaves the set all the same.
pub async fn a_subject_need_not_be_known<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("not-known");
    let record = store.sign_in(&subject, now).await;
    let request = Delete {
        subject: None,
        ..delete(&record)
    };
    assert!(matches!(
        store.delete(&request, now).await,
        DeleteOutcome::Deleted { .. }
    ));
    assert_eq!(
        store.load(record.id(), now).await,
        LoadOutcome::Ended { at: now }
    );
    assert_eq!(store.ids(&subject, now).await.len(), 0);
    if let Some(tamper) = stage.try_tamper() {
        assert_eq!(tamper.stored_members(&subject).await, 0);
    }
}

/// The retry of a deletion whose answer was lost reports the success that it was; another deletion
/// finds nothing.
pub async fn a_retried_deletion_is_deleted<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("impatient");
    for reason in [EndReason::Ended, EndReason::Replaced] {
        for record in [store.sign_in(&subject, now).await, store.visit(now).await] {
            let request = Delete {
                reason,
                expected: Some(record.revision()),
                ..delete(&record)
            };
            for at in [now, now, just_before(now.plus(ENDED_MEMORY))] {
                let outcome = store.delete(&request, at).await;
                assert!(
                    matches!(outcome, DeleteOutcome::Deleted { .. }),
                    "{outcome:?}"
                );
            }
            assert_eq!(
                store.delete(&delete(&record), now).await,
                DeleteOutcome::Missing
            );
        }
    }
}

/// Of many deletions at the same time, each by another, one ended the session.
pub async fn one_of_many_deletions_ends_it<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    for round in 0..20 {
        let record = stage.store.sign_in(&subject("many-sign-outs"), now).await;
        let deletions = (0..6).map(|_| {
            let (store, request) = (stage.store.clone(), delete(&record));
            async move { store.delete(&request, now).await }
        });
        let outcomes = together(deletions).await;
        let ended = |outcome: &&DeleteOutcome| matches!(outcome, DeleteOutcome::Deleted { .. });
        assert_eq!(
            outcomes.iter().filter(ended).count(),
            1,
            "round {round}: {outcomes:?}"
        );
    }
}

/// One session is revoked within its own set only; by a stranger, a visitor's or an unknown id, nothing.
pub async fn one_is_revoked_within_its_set_only<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let subject = subject("owner");
    let stranger = crate::suite::requests::subject("stranger");
    let (mine, other) = (
        store.sign_in(&subject, now).await,
        store.sign_in(&subject, now).await,
    );
    let visitor = store.visit(now).await;
    for (whose, id) in [
        (&stranger, mine.id()),
        (&subject, visitor.id()),
        (&subject, store.new_id(&subject)),
    ] {
        let revoked = store.revoke(&revoke(whose, RevokeKind::One(id)), now).await;
        assert!(revoked.ended.is_empty() && !revoked.repeated, "{revoked:?}");
    }
    let revoked = store
        .revoke(&revoke(&subject, RevokeKind::One(mine.id())), now)
        .await;
    assert_eq!(revoked.ended, [mine.id()]);
    assert_eq!(store.all_ids(now).await, [other.id(), visitor.id()].into());
}

/// The retry of a revocation whose answer was lost says that it is one, and ends nothing that came
/// after.
pub async fn a_retried_revocation_ends_nothing_more<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    for name in ["one", "all", "others"] {
        let subject = subject(name);
        let (first, kept) = (
            store.sign_in(&subject, now).await,
            store.sign_in(&subject, now).await,
        );
        let kind = match name {
            "one" => RevokeKind::One(first.id()),
            "all" => RevokeKind::All,
            _ => RevokeKind::AllExcept(kept.id()),
        };
        let request = revoke(&subject, kind);
        let revoked = store.revoke(&request, now).await;
        assert!(
            revoked.ended.contains(&first.id()) && !revoked.repeated,
            "{revoked:?}"
        );
        let next = store.sign_in(&subject, now).await;
        let last = just_before(now.plus(ENDED_MEMORY));
        for at in [now, last] {
            let retried = store.revoke(&request, at).await;
            assert!(
                retried.repeated,
                "the retry of {kind:?} did not meet its own write"
            );
            assert!(
                store.lives(next.id(), at).await,
                "the retry of {kind:?} ended the next"
            );
        }
        // Another revocation is another one.
        let again = store.revoke(&revoke(&subject, RevokeKind::All), now).await;
        assert!(
            again.ended.contains(&next.id()) && !again.repeated,
            "{again:?}"
        );
    }
}

/// Revocations of one set at the same time report each session once.
pub async fn parallel_revocations_share_the_work<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("revoked-by-many");
    for round in 0..20 {
        let mut expected = Vec::new();
        for _ in 0..4 {
            expected.push(stage.store.sign_in(&subject, now).await.id());
        }
        let one = expected
            .first()
            .copied()
            .map_or(RevokeKind::All, RevokeKind::One);
        let kinds = [RevokeKind::All, one, RevokeKind::All, one];
        let revocations = kinds.map(|kind| {
            let (store, request) = (stage.store.clone(), revoke(&subject, kind));
            async move { store.revoke(&request, now).await.ended }
        });
        let mut ended = together(revocations).await.concat();
        ended.sort_unstable();
        expected.sort_unstable();
        assert_eq!(
            ended, expected,
            "round {round}: each session is ended by one of them"
        );
    }
}

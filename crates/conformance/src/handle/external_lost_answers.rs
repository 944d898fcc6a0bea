//! Adding a token that someone else issued, with answers lost on the way.

use cloakroom_core::ExternalToken;

use crate::handle::prelude::*;

struct Scene {
    host: Host,
    other: Host,
    ada: Subject,
    token: ExternalToken,
}

impl Scene {
    async fn of<H: Harness>(service: &Service<H>) -> Self {
        let (host, other) = (service.host().await, service.host().await);
        let ada = subject("ada");
        let token = host
            .sessions
            .tokens(&ada)
            .external("token")
            .expect("a token");
        Self {
            host,
            other,
            ada,
            token,
        }
    }

    async fn add(&self, host: &Host, note: &str) -> Result<AddOutcome<Account>, Error> {
        let tokens = host.sessions.tokens(&self.ada);
        tokens
            .add(&self.token, Account::noted(note), SessionOptions::new())
            .await
    }
}

/// An answer that is lost on the way costs a retry, which finds what it has done itself.
pub async fn adding_survives_lost_answers<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for before in ["absent", "live", "removed"] {
        for lost in 1..=2 {
            if before == "removed" {
                scene.other.revoke_all(&scene.ada).await;
            }
            // Where the token was removed, the first create is told so, and the second is the one.
            let skipped = u64::from(before == "removed");
            let create = Calls::to(Operation::Create).skip(skipped);
            scene.host.faults.lose_answer(create.times(lost));
            let added = scene.add(&scene.host, "mine").await;
            assert!(
                matches!(added, Ok(AddOutcome::Added { .. })),
                "{before}: {added:?}"
            );
            assert_eq!(scene.other.data(&scene.token).await.note, "mine");
            assert_eq!(scene.other.ids(&scene.ada).await.len(), 1);
        }
    }
}

/// Where the answer that is lost would have told that the token was removed before, it cannot be told
/// from a removal since: the outcome is unknown, and nothing was added.
pub async fn a_lost_refusal_adds_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    drop(
        scene
            .add(&scene.other, "before")
            .await
            .expect("add does not fail"),
    );
    scene.other.sign_out(&scene.token).await;
    scene.host.faults.lose_answer(Operation::Create);
    let added = scene.add(&scene.host, "mine").await;
    assert_eq!(failure(added), Some(ErrorKind::OutcomeUnknown));
    assert!(!scene.other.lives(&scene.token).await);
    let again = scene.add(&scene.host, "again").await;
    assert!(matches!(again, Ok(AddOutcome::Added { .. })), "{again:?}");
}

/// Rule 3: a revocation between a lost answer and its retry stands: the token is not added once more,
/// whether it was there before, had been removed, or neither.
pub async fn a_lost_answer_does_not_add_again_what_was_revoked_meanwhile<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for before in ["absent", "live", "removed"] {
        if before != "absent" {
            drop(
                scene
                    .add(&scene.other, "before")
                    .await
                    .expect("add does not fail"),
            );
        }
        if before == "removed" {
            scene.other.sign_out(&scene.token).await;
        }
        // The create that takes effect; where the token was removed, the first is refused.
        let skipped = u64::from(before == "removed");
        let create = Calls::to(Operation::Create).skip(skipped);
        let hold = scene.host.faults.hold_after(create);
        let adding = scene.add(&scene.host, "mine");
        let (added, ended) = while_lost(hold, adding, scene.other.revoke_all(&scene.ada)).await;
        assert_eq!(ended, 1, "{before}");
        assert_eq!(failure(added), Some(ErrorKind::OutcomeUnknown), "{before}");
        assert!(!scene.other.lives(&scene.token).await, "{before}");
        assert!(scene.other.ids(&scene.ada).await.is_empty(), "{before}");
        // What is unknown is settled by adding again, knowing so.
        drop(
            scene
                .add(&scene.host, "again")
                .await
                .expect("add does not fail"),
        );
        scene.other.revoke_all(&scene.ada).await;
        service.clock.advance(minutes(30));
    }
}

/// Rule 2: a change of the new session between a lost answer and its retry is not overwritten: the
/// token is not added a second time.
pub async fn a_lost_answer_does_not_add_again_over_a_later_change<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for live_before in [false, true] {
        if live_before {
            drop(
                scene
                    .add(&scene.other, "before")
                    .await
                    .expect("add does not fail"),
            );
        }
        let hold = scene.host.faults.hold_after(Operation::Create);
        let mut adding = Box::pin(scene.add(&scene.host, "mine"));
        tokio::select! {
            biased;
            () = hold.arrived() => {}
            _ = &mut adding => panic!("the create has to be held"),
        }
        scene.other.change(&scene.token, |a| a.visits = 7).await;
        hold.fail(ErrorKind::OutcomeUnknown);
        let added = adding.await;
        let stored = scene.other.data(&scene.token).await;
        assert_eq!(
            stored.visits, 7,
            "the change is kept; the answer was {added:?}"
        );
        assert_eq!(failure(added), Some(ErrorKind::OutcomeUnknown));
        scene.other.sign_out(&scene.token).await;
        service.clock.advance(minutes(30));
    }
}

/// Two hosts add the same token at once: there is one session, and it is one of theirs.
pub async fn adding_on_two_hosts_at_once_makes_one_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for removed_before in [false, true] {
        if removed_before {
            scene.other.sign_out(&scene.token).await;
        }
        let hold = scene.host.faults.hold_before(Operation::Create);
        let slow = scene.add(&scene.host, "slow");
        let (slow, quick) = while_held(hold, slow, scene.add(&scene.other, "quick")).await;
        assert!(matches!(quick, Ok(AddOutcome::Added { .. })), "{quick:?}");
        assert!(matches!(slow, Ok(AddOutcome::Added { .. })), "{slow:?}");
        // The slow one came last.
        assert_eq!(scene.host.data(&scene.token).await.note, "slow");
        assert_eq!(scene.host.ids(&scene.ada).await.len(), 1);
    }
}

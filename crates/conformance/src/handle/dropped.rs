//! Calls whose future is dropped half-way: before and after every call to the store.

use cloakroom_core::fault::Hold;

use crate::handle::prelude::*;

/// A point within a call of the handle.
#[derive(Debug, Clone, Copy)]
struct Point {
    call: u64,
    after: bool,
}

impl Point {
    /// More points than any call of the handle has in these cases: at the last ones it completes.
    fn all() -> impl Iterator<Item = Self> {
        (0..8).flat_map(|call| [false, true].map(|after| Self { call, after }))
    }

    fn hold<T>(self, host: &Host<T>) -> Hold {
        let calls = Calls::any().skip(self.call);
        match self.after {
            false => host.faults.hold_before(calls),
            true => host.faults.hold_after(calls),
        }
    }
}

struct Scene {
    host: Host,
    witness: Host,
    ada: Subject,
    bob: Subject,
}

impl Scene {
    async fn of<H: Harness>(service: &Service<H>) -> Self {
        let settings = |s: cloakroom_core::SessionsBuilder<Account>| s.cap(2, OnCap::EvictOldest);
        Self {
            host: service.host_with(settings).await,
            witness: service.host_with(settings).await,
            ada: subject("ada"),
            bob: subject("bob"),
        }
    }

    /// Whatever was dropped, all that is left is within its user's reach, or the visitor's, and ends.
    async fn clear(&self, point: Point, tokens: &[&Token]) {
        assert!(self.witness.ids(&self.ada).await.len() <= 2, "{point:?}");
        self.witness.revoke_all(&self.ada).await;
        self.witness.revoke_all(&self.bob).await;
        for token in tokens {
            self.witness.sign_out(*token).await;
            assert!(!self.witness.lives(*token).await, "{point:?}");
        }
        let left = self
            .witness
            .sessions
            .store()
            .count(self.witness.sessions.now())
            .await;
        assert_eq!(left.expect("count does not fail"), 0, "{point:?}");
    }
}

/// A change that is dropped is made once or not at all, and the next one is made.
pub async fn a_change_that_is_dropped_is_made_once_or_not_at_all<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for point in Point::all() {
        let visit = scene.witness.visit().await;
        service.clock.advance(minutes(5));
        let hold = point.hold(&scene.host);
        let change = scene.host.update(&visit.token, |a| a.visits += 1);
        let done = drop_when_held(hold, change).await.is_some();
        let visits = scene.witness.data(&visit.token).await.visits;
        assert!(visits == 1 || (visits == 0 && !done), "{point:?}: {visits}");
        let next = scene.witness.update(&visit.token, |a| a.visits += 1).await;
        assert_eq!(expect_found(next).data().visits, visits + 1, "{point:?}");
        scene.clear(point, &[&visit.token]).await;
    }
}

/// A sign-in that is dropped leaves the old token as it was, or dead; at most one session more, within
/// the cap; and nothing that cannot be revoked.
pub async fn a_sign_in_that_is_dropped_leaves_nothing_out_of_reach<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for (point, from) in Point::all().flat_map(|point| [(point, 0), (point, 1), (point, 2)]) {
        let old = match from {
            0 => scene.witness.visit().await,
            1 => scene.witness.sign_in(&scene.ada).await,
            _ => scene.witness.sign_in(&scene.bob).await,
        };
        let before = scene.witness.ids(&scene.ada).await;
        let hold = point.hold(&scene.host);
        let signing_in = scene.host.sign_in_from(&scene.ada, Some(&old.token));
        let done = drop_when_held(hold, signing_in).await;
        let after = scene.witness.ids(&scene.ada).await;
        let old_lives = scene.witness.lives(&old.token).await;
        match done {
            Some(issued) => {
                assert!(!old_lives, "{point:?} {from}");
                assert_eq!(after, [issued.session.id()].into(), "{point:?} {from}");
            }
            None => {
                let new = after.difference(&before).count();
                assert!(new <= 1, "{point:?} {from}");
                assert!(old_lives || new == 1, "one of them lives: {point:?} {from}");
                // The client still has the old token, and comes again.
                let again = scene
                    .host
                    .sign_in_from(&scene.ada, old_lives.then_some(&old.token));
                assert!(scene.witness.lives(&again.await.token).await);
            }
        }
        scene.clear(point, &[&old.token]).await;
    }
}

/// A sign-out or a revocation that is dropped has ended everything that it names, or nothing.
pub async fn an_ending_that_is_dropped_ends_all_or_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    let tokens = scene.host.sessions.tokens(&scene.ada);
    for (point, way) in Point::all().flat_map(|point| [(point, 0), (point, 1), (point, 2)]) {
        let here = scene.witness.sign_in(&scene.ada).await;
        let there = scene.witness.sign_in(&scene.ada).await;
        let attempt = scene.witness.begin(&scene.ada).await;
        let hold = point.hold(&scene.host);
        let ending = async {
            match way {
                0 => drop(scene.host.sign_out(&there.token).await),
                1 => drop(
                    tokens
                        .revoke_others(&here.token)
                        .await
                        .expect("revoke_others"),
                ),
                _ => drop(tokens.revoke_all().await.expect("revoke_all")),
            }
        };
        let done = drop_when_held(hold, ending).await.is_some();
        let ended = !scene.witness.lives(&there.token).await;
        assert!(ended || !done, "{point:?} {way}");
        assert_eq!(
            scene.witness.lives(&here.token).await,
            way < 2 || !ended,
            "{point:?} {way}"
        );
        if way > 0 {
            let completed = scene.witness.complete(attempt, None).await;
            assert_eq!(
                matches!(completed, SignIn::Superseded),
                ended,
                "{point:?} {way}"
            );
        }
        scene.clear(point, &[&here.token, &there.token]).await;
    }
}

/// A renewal that is dropped leaves the old token working in its grace, and it can be renewed again.
pub async fn a_renewal_that_is_dropped_can_be_made_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for point in Point::all() {
        let old = scene.witness.sign_in(&scene.ada).await;
        let hold = point.hold(&scene.host);
        let renewing = scene.host.sessions.renew(&old.token, minutes(1));
        drop(drop_when_held(hold, renewing).await);
        assert!(scene.witness.lives(&old.token).await, "{point:?}");
        let again = scene.host.sessions.renew(&old.token, minutes(1)).await;
        let Ok(Renewal::Renewed(new)) = again else {
            panic!("the old token renews again, and not {again:?}: {point:?}");
        };
        assert!(scene.witness.lives(&new.token).await, "{point:?}");
        assert_eq!(
            scene.witness.ids(&scene.ada).await,
            [new.session.id()].into(),
            "{point:?}"
        );
        scene.clear(point, &[&old.token, &new.token]).await;
    }
}

/// An external token whose adding is dropped is in the set, or not; adding it again adds it.
pub async fn an_external_token_whose_adding_is_dropped_can_be_added_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    let tokens = scene.host.sessions.tokens(&scene.ada);
    for point in Point::all() {
        let token = tokens.external(format!("{point:?}")).expect("a token");
        let adding = || tokens.add(&token, Account::noted("new"), SessionOptions::new());
        let hold = point.hold(&scene.host);
        drop(drop_when_held(hold, adding()).await);
        assert!(scene.witness.ids(&scene.ada).await.len() <= 1, "{point:?}");
        drop(adding().await.expect("add does not fail"));
        assert_eq!(scene.witness.data(&token).await.note, "new", "{point:?}");
        assert_eq!(
            scene.witness.ids(&scene.ada).await,
            [token.id()].into(),
            "{point:?}"
        );
        scene.clear(point, &[]).await;
    }
}

/// Ending everybody is dropped: calling it again ends the rest.
pub async fn ending_everybody_can_be_dropped_and_made_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for point in Point::all() {
        let issued = [
            scene.witness.visit().await,
            scene.witness.sign_in(&scene.ada).await,
            scene.witness.sign_in(&scene.bob).await,
        ];
        service.clock.advance(millis(1));
        let hold = point.hold(&scene.host);
        drop(drop_when_held(hold, scene.host.sessions.end_everyone()).await);
        let ended = scene.host.sessions.end_everyone().await;
        ended.expect("end_everyone does not fail");
        for issued in &issued {
            assert!(!scene.witness.lives(&issued.token).await, "{point:?}");
        }
        scene.clear(point, &[]).await;
    }
}

//! Signing in, renewing and revoking, with every call to the store going wrong in turn.

use crate::handle::faulty::{GoesWrong, Plan};
use crate::handle::prelude::*;

/// From which session a user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Nothing,
    Visitor,
    Own,
    Others,
}

const FROM: [From; 4] = [From::Nothing, From::Visitor, From::Own, From::Others];

struct Scene {
    host: Host,
    witness: Host,
    ada: Subject,
    bob: Subject,
}

impl Scene {
    async fn of<H: Harness>(service: &Service<H>) -> Self {
        Self {
            host: service.host().await,
            witness: service.host().await,
            ada: subject("ada"),
            bob: subject("bob"),
        }
    }

    async fn old(&self, from: From) -> Option<Issued<Account>> {
        Some(match from {
            From::Nothing => return None,
            From::Visitor => self.witness.create(Account::noted("carried")).await,
            From::Own => {
                let issued = self.witness.sign_in(&self.ada).await;
                let note = |a: &mut Account| a.note = "carried".to_owned();
                self.witness.change(&issued.token, note).await;
                issued
            }
            From::Others => self.witness.sign_in(&self.bob).await,
        })
    }

    async fn clear(&self) {
        self.host.faults.clear();
        self.witness.revoke_all(&self.ada).await;
        self.witness.revoke_all(&self.bob).await;
    }
}

/// A sign-in leaves one session, with what was carried over, and the old token dead, whichever call to
/// the store goes wrong in passing.
pub async fn a_sign_in_leaves_one_session_whatever_goes_wrong_in_passing<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for (plan, from) in Plan::passing().flat_map(|plan| FROM.map(|from| (plan, from))) {
        let old = scene.old(from).await;
        let old = old.as_ref().map(|issued| &issued.token);
        plan.arm(&scene.host.faults);
        let issued = scene.host.sign_in_from(&scene.ada, old).await;
        let carried = matches!(from, From::Visitor | From::Own);
        let data = scene.witness.data(&issued.token).await;
        assert_eq!(data.note == "carried", carried, "{plan:?} {from:?}");
        let ids = scene.witness.ids(&scene.ada).await;
        assert_eq!(ids, [issued.session.id()].into(), "{plan:?} {from:?}");
        if let Some(old) = old {
            assert!(!scene.witness.lives(old).await, "{plan:?} {from:?}");
        }
        scene.clear().await;
    }
}

/// Where it goes wrong at every try, nobody is signed in and the old session lives, unless the outcome
/// is unknown; and then there is one new session at most.
pub async fn a_sign_in_that_fails_signs_nobody_in_unless_it_says_unknown<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for (plan, from) in Plan::lasting().flat_map(|plan| FROM.map(|from| (plan, from))) {
        let old = scene.old(from).await;
        let attempt = scene.host.begin(&scene.ada).await;
        let before = scene.witness.ids(&scene.ada).await;
        plan.arm(&scene.host.faults);
        let from_token = old.as_ref().map(|issued| &issued.token);
        let completed = scene
            .host
            .sessions
            .complete(attempt, from_token, Account::carried)
            .await;
        scene.host.faults.clear();
        let ids = scene.witness.ids(&scene.ada).await;
        match completed {
            Ok(SignIn::SignedIn { issued, .. }) => {
                assert!(
                    scene.witness.lives(&issued.token).await,
                    "{plan:?} {from:?}"
                );
                assert_eq!(ids, [issued.session.id()].into(), "{plan:?} {from:?}");
            }
            Ok(other) => panic!("signed in or failed, and not {other:?}: {plan:?} {from:?}"),
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                assert_ne!(plan.what, GoesWrong::Unavailable, "{from:?}");
                assert!(ids.len() <= 1, "{plan:?} {from:?}");
            }
            Err(error) => {
                assert_eq!(error.kind(), plan.kind(), "{plan:?} {from:?}");
                assert_eq!(ids, before, "{plan:?} {from:?}");
                if let Some(old) = from_token {
                    assert!(scene.witness.lives(old).await, "{plan:?} {from:?}");
                }
            }
        }
        scene.clear().await;
    }
    // A lost answer, and a revocation before the next try, which then finds the attempt superseded.
    let attempt = scene.host.begin(&scene.ada).await;
    let hold = scene.host.faults.hold_after(Operation::Create);
    let completing = scene
        .host
        .sessions
        .complete(attempt, None, Account::carried);
    let (completed, ended) =
        while_lost(hold, completing, scene.witness.revoke_all(&scene.ada)).await;
    assert_eq!(ended, 1);
    assert_eq!(failure(completed), Some(ErrorKind::OutcomeUnknown));
    assert!(scene.witness.ids(&scene.ada).await.is_empty());
}

/// A renewal gives a token that works, to the only session there is; where it fails, the session is
/// there, by the old token or by one that its grace leads to.
pub async fn a_renewal_keeps_the_session_whatever_goes_wrong<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    for plan in Plan::passing().chain(Plan::lasting()) {
        let old = scene.witness.sign_in(&scene.ada).await;
        plan.arm(&scene.host.faults);
        let renewed = scene.host.sessions.renew(&old.token, minutes(1)).await;
        scene.host.faults.clear();
        assert!(scene.witness.lives(&old.token).await, "{plan:?}");
        assert_eq!(scene.witness.ids(&scene.ada).await.len(), 1, "{plan:?}");
        let new = match renewed {
            Ok(Renewal::Renewed(new)) => new,
            Ok(other) => panic!("renewed or failed, and not {other:?}: {plan:?}"),
            Err(error) => {
                assert_eq!(error.kind(), plan.kind(), "{plan:?}");
                // The client comes again with the old token, and is given one that works.
                match scene.host.sessions.renew(&old.token, minutes(1)).await {
                    Ok(Renewal::Renewed(new)) => new,
                    other => panic!("the old token renews again, and not {other:?}: {plan:?}"),
                }
            }
        };
        scene.witness.open(&new.token).await;
        scene.clear().await;
    }
}

/// Rule 3: when a revocation answers, what it names has ended; when it fails, calling again ends it.
pub async fn a_revocation_that_answers_has_ended_everything<H: Harness>() {
    let service = Service::<H>::start().await;
    let scene = Scene::of(&service).await;
    let tokens = scene.host.sessions.tokens(&scene.ada);
    for (plan, way) in Plan::passing()
        .chain(Plan::lasting())
        .flat_map(|p| [(p, 0), (p, 1), (p, 2)])
    {
        let here = scene.witness.sign_in(&scene.ada).await;
        let there = scene.witness.sign_in(&scene.ada).await;
        let attempt = scene.witness.begin(&scene.ada).await;
        plan.arm(&scene.host.faults);
        let revoked = match way {
            0 => tokens.revoke(&there.session.id()).await,
            1 => tokens.revoke_others(&here.token).await,
            _ => tokens.revoke_all().await,
        };
        scene.host.faults.clear();
        let completed = scene.witness.complete(attempt, None).await;
        match revoked {
            Ok(revoked) => {
                assert!(!scene.witness.lives(&there.token).await, "{plan:?} {way}");
                assert_eq!(
                    scene.witness.lives(&here.token).await,
                    way < 2,
                    "{plan:?} {way}"
                );
                let superseded = matches!(completed, SignIn::Superseded);
                assert_eq!(superseded, way > 0, "{plan:?} {way}");
                let told = revoked.repeated || revoked.ended.contains(&there.session.id());
                assert!(told, "{plan:?} {way}: {revoked:?}");
            }
            Err(error) => assert_eq!(error.kind(), plan.kind(), "{plan:?} {way}"),
        }
        scene.clear().await;
    }
}

/// Rule 7: a lost answer at the cap evicts one session, not one for each try.
pub async fn a_lost_answer_at_the_cap_evicts_once<H: Harness>() {
    let service = Service::<H>::start().await;
    let settings = |s: cloakroom_core::SessionsBuilder<Account>| s.cap(3, OnCap::EvictOldest);
    let host = service.host_with(settings).await;
    let ada = subject("ada");
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(host.sign_in(&ada).await);
        service.clock.advance(millis(1));
    }
    let attempt = host.begin(&ada).await;
    host.faults
        .lose_answer(Calls::to(Operation::Create).times(2));
    let completed = host.complete(attempt, None).await;
    all.push(completed.signed_in().expect("a sign-in"));
    let left = all.iter().skip(1).map(|issued| issued.session.id());
    assert_eq!(host.ids(&ada).await, left.collect());
}

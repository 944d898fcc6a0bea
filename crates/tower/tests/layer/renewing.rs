//! Renewing tokens.

use std::time::Duration;

use cloakroom_core::{Lookup, Operation};
use cloakroom_tower::{
    OnReused, Renewed, RequestSession, Result, SessionLayer, SessionLayerBuilder,
};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

const GRACE: Duration = Duration::from_secs(60);

fn renewing(world: &World<Data>) -> SessionLayerBuilder<Data> {
    SessionLayer::builder(world.sessions.clone()).renew_every(Duration::from_secs(300), GRACE)
}

async fn read(session: RequestSession<Data>) -> Result<String> {
    Ok(session.get().await?.is_some().to_string())
}

#[tokio::test]
async fn a_token_that_is_old_enough_is_renewed_with_the_response() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let app = app(renewing(&world).build().unwrap(), read);
    assert!(
        ask(&app, &[("cookie", &cookie(&old))])
            .await
            .set_cookies()
            .is_empty()
    );
    world.clock.advance(Duration::from_secs(300));
    let new = ask(&app, &[("cookie", &cookie(&old))])
        .await
        .token()
        .unwrap();
    assert!(new != old);
    // Others that were under way with the old one are served, and get no other.
    let late = ask(&app, &[("cookie", &cookie(&old))]).await;
    assert_eq!((late.body.as_str(), late.set_cookies().len()), ("true", 0));
    let next = ask(&app, &[("cookie", &cookie(&new))]).await;
    assert_eq!((next.body.as_str(), next.set_cookies().len()), ("true", 0));
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_old_token_and_the_response_as_they_are() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let app = app(renewing(&world).build().unwrap(), read);
    world.clock.advance(Duration::from_secs(300));
    let kind = cloakroom_core::ErrorKind::Unavailable;
    world.faults.fail_before(Operation::Renew, kind);
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
    assert!(world.sessions.load(&old).await.unwrap().is_found());
}

#[tokio::test]
async fn a_handler_can_renew_and_its_changes_follow() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        assert_eq!(session.renew(Duration::ZERO).await?, Renewed::Renewed);
        session.change(|data| data.push(2)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let new = ask(&app, &[("cookie", &cookie(&old))])
        .await
        .token()
        .unwrap();
    assert_eq!(world.data(&new).await.unwrap(), [1, 2]);
    assert!(matches!(
        world.sessions.load(&old).await,
        Ok(Lookup::Reused(_))
    ));
    // Without a session there is nothing to renew.
    let nothing = async |session: RequestSession<Data>| -> Result<()> {
        assert_eq!(session.renew(Duration::ZERO).await?, Renewed::NoSession);
        Ok(())
    };
    let nothing = crate::support::app(SessionLayer::new(world.sessions.clone()), nothing);
    assert_eq!(ask(&nothing, &[]).await.status, 200);
}

#[tokio::test]
async fn a_slow_renewal_does_not_bring_back_a_token_of_before_a_sign_in() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let sessions = world.sessions.clone();
    let presented = old.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        assert_eq!(session.renew(GRACE).await?, Renewed::Renewed);
        // Meanwhile another request reauthenticates with the old token, in its grace.
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = sessions.begin_sign_in(&ada).await.unwrap();
        let done = sessions.complete(attempt, Some(&presented), Option::unwrap_or_default);
        assert!(done.await.unwrap().signed_in().is_some());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
}

#[tokio::test]
async fn a_slow_renewal_does_not_bring_back_a_token_of_before_another_renewal() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        assert_eq!(session.renew(GRACE).await?, Renewed::Renewed);
        let mine = session.token().await?.unwrap();
        assert!(sessions.load(&mine).await.unwrap().is_found());
        let theirs = sessions.renew(&mine, GRACE).await.unwrap();
        assert!(matches!(theirs, cloakroom_core::Renewal::Renewed(_)));
        // The token still works, in its grace, and is the older one all the same.
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
}

#[tokio::test]
async fn what_a_reused_token_does_is_the_applications_choice() {
    for (policy, left) in [
        (OnReused::Nothing, 2),
        (OnReused::EndSession, 1),
        (OnReused::EndAllOfSubject, 0),
    ] {
        let world = World::<Data>::new();
        let old = world.signed_in("ada").await;
        let _other = world.signed_in("ada").await;
        let renewed = world.sessions.renew(&old, Duration::ZERO).await.unwrap();
        let cloakroom_core::Renewal::Renewed(renewed) = renewed else {
            panic!("not renewed");
        };
        assert!(
            world
                .sessions
                .load(&renewed.token)
                .await
                .unwrap()
                .is_found()
        );
        let handler = async |session: RequestSession<Data>| -> Result<String> {
            session.change(|data| data.push(1)).await?;
            Ok(session.subject().await?.is_none().to_string())
        };
        let layer = SessionLayer::builder(world.sessions.clone()).on_reused(policy);
        let app = app(layer.build().unwrap(), handler);
        let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
        assert_eq!(
            (answer.body.as_str(), answer.set_cookies().len()),
            ("true", 0)
        );
        assert_eq!(world.count_of("ada").await, left, "{policy:?}");
        assert_eq!(world.count().await, left as u64, "{policy:?}");
    }
}

#[tokio::test]
async fn signing_in_with_a_reused_token_is_not_undone_by_the_policy() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let renewed = world.sessions.renew(&old, Duration::ZERO).await.unwrap();
    let cloakroom_core::Renewal::Renewed(renewed) = renewed else {
        panic!("not renewed");
    };
    assert!(
        world
            .sessions
            .load(&renewed.token)
            .await
            .unwrap()
            .is_found()
    );
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        let outcome = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(outcome.is_signed_in());
        Ok(())
    };
    let layer = SessionLayer::builder(world.sessions.clone()).on_reused(OnReused::EndAllOfSubject);
    let app = app(layer.build().unwrap(), handler);
    let new = ask(&app, &[("cookie", &cookie(&old))])
        .await
        .token()
        .unwrap();
    assert!(world.sessions.load(&new).await.unwrap().is_found());
    assert_eq!(
        world.count_of("ada").await,
        1,
        "whoever held the other token is out"
    );
}

/// Only a client that comes with the new token has received it.
#[tokio::test]
async fn a_renewal_whose_response_is_lost_locks_nobody_out() {
    for replaces in [false, true] {
        let world = World::<Data>::new();
        let old = world.signed_in("ada").await;
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            assert_eq!(session.renew(GRACE).await?, Renewed::Renewed);
            if replaces {
                let _ = session.replace_if_unchanged(vec![1]).await?;
            } else {
                session.change(|data| data.push(1)).await?;
                let _ = session.save().await?;
            }
            // And once more, by which nothing changes.
            assert_eq!(session.renew(GRACE).await?, Renewed::Renewed);
            session.change(|data| data.push(2)).await?;
            Ok(())
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        let lost = ask(&app, &[("cookie", &cookie(&old))]).await;
        let lost = lost.token().unwrap();
        assert_eq!(world.data(&lost).await.unwrap(), [1, 2]);
        // The client comes again with the token that it has, and is given another.
        let read = crate::support::app(SessionLayer::new(world.sessions.clone()), renew);
        let answer = ask(&read, &[("cookie", &cookie(&old))]).await;
        let new = answer.token().expect("the client is locked out");
        world.clock.advance(GRACE);
        assert_eq!(world.data(&new).await.unwrap(), [1, 2]);
    }
}

async fn renew(session: RequestSession<Data>) -> Result<()> {
    let _ = session.renew(GRACE).await?;
    Ok(())
}

#[tokio::test]
async fn changes_are_saved_where_the_grace_ends_before_the_request_does() {
    for replaces in [false, true] {
        let world = World::<Data>::new();
        let old = world.signed_in("ada").await;
        let clock = world.clock.clone();
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            assert_eq!(session.renew(GRACE).await?, Renewed::Renewed);
            clock.advance(GRACE);
            if replaces {
                let replaced = session.replace_if_unchanged(vec![1]).await?;
                let expected = cloakroom_tower::Saved::Stored;
                assert!(matches!(replaced, cloakroom_tower::Replaced::Saved(s) if s == expected));
            } else {
                session.change(|data| data.push(1)).await?;
            }
            Ok(())
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
        let new = answer.token().unwrap();
        assert_eq!(world.data(&new).await.unwrap(), [1]);
    }
}

#[tokio::test]
async fn a_reused_token_is_answered_by_the_policy_also_where_it_renews_or_signs_in() {
    for signs_in in [false, true] {
        let world = World::<Data>::new();
        let old = world.signed_in("ada").await;
        let renewed = world.sessions.renew(&old, Duration::ZERO).await.unwrap();
        let cloakroom_core::Renewal::Renewed(renewed) = renewed else {
            panic!("not renewed");
        };
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            if signs_in {
                let bob = cloakroom_core::Subject::new("bob").unwrap();
                let attempt = session.begin_sign_in(&bob).await?;
                let done = session.complete(attempt, Option::unwrap_or_default).await?;
                assert!(done.is_signed_in());
            } else {
                assert_eq!(session.renew(GRACE).await?, Renewed::NoSession);
                // It is barred, not forgotten.
                session.change(|data| data.push(1)).await?;
                let dropped = cloakroom_tower::Saved::Dropped(cloakroom_tower::Dropped::Reused);
                assert_eq!(session.save().await?, dropped);
            }
            Ok(())
        };
        let layer = SessionLayer::builder(world.sessions.clone()).on_reused(OnReused::EndSession);
        let app = app(layer.build().unwrap(), handler);
        let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
        assert_eq!(answer.set_cookies().len(), usize::from(signs_in));
        let whoever = world.sessions.load(&renewed.token).await.unwrap();
        assert!(!whoever.is_found());
        assert_eq!(world.count_of("ada").await, 0);
    }
}

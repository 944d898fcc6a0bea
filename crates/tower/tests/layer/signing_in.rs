//! Signing in.

use cloakroom_core::{ErrorKind, Lookup, Operation, Subject, Timeouts};
use cloakroom_tower::{RequestSession, Result, SessionLayer, SignInOutcome};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

async fn sign_in(session: &RequestSession<Data>, name: &str) -> Result<SignInOutcome<Data>> {
    let attempt = session.begin_sign_in(&Subject::new(name).unwrap()).await?;
    session.complete(attempt, Option::unwrap_or_default).await
}

#[tokio::test]
async fn pending_changes_are_a_part_of_what_is_carried_over() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(vec![1]).await.unwrap();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(2)).await?;
        let SignInOutcome::SignedIn { view, .. } = sign_in(&session, "ada").await? else {
            panic!("not signed in");
        };
        assert_eq!(view.data(), &[1, 2]);
        session.change(|data| data.push(3)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let new = ask(&app, &[("cookie", &cookie(&visit.token))])
        .await
        .token()
        .unwrap();
    assert_eq!(world.data(&new).await.unwrap(), [1, 2, 3], "made once each");
    assert!(matches!(
        world.sessions.load(&visit.token).await,
        Ok(Lookup::Replaced)
    ));
}

#[tokio::test]
async fn a_visitor_without_a_session_carries_changes_over_too() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(2)).await?;
        assert!(sign_in(&session, "ada").await?.is_signed_in());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let new = ask(&app, &[]).await.token().unwrap();
    assert_eq!(world.data(&new).await.unwrap(), [2]);
    assert_eq!(world.count().await, 1, "no anonymous session besides");
}

#[tokio::test]
async fn nothing_is_carried_over_from_another_user() {
    let world = World::<Data>::new();
    let theirs = world.signed_in("bob").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(666)).await?;
        let SignInOutcome::SignedIn { view, .. } = sign_in(&session, "ada").await? else {
            panic!("not signed in");
        };
        assert!(view.data().is_empty());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let new = ask(&app, &[("cookie", &cookie(&theirs))])
        .await
        .token()
        .unwrap();
    assert!(world.data(&new).await.unwrap().is_empty());
    assert_eq!(world.count_of("bob").await, 0);
}

#[tokio::test]
async fn a_sign_in_that_is_refused_sets_no_cookie_and_keeps_the_changes() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(vec![]).await.unwrap();
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        let ada = Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        let _ = sessions.tokens(&ada).revoke_all().await.unwrap();
        let outcome = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(matches!(outcome, SignInOutcome::Superseded));
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert!(answer.set_cookies().is_empty());
    assert_eq!(world.data(&visit.token).await.unwrap(), [1]);
}

#[tokio::test]
async fn a_form_that_is_submitted_twice_signs_in_once() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(vec![]).await.unwrap();
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        let ada = Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        let token = session.token().await?;
        let other = sessions.complete(attempt.clone(), token.as_ref(), Option::unwrap_or_default);
        assert!(other.await.unwrap().signed_in().is_some());
        let outcome = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(matches!(outcome, SignInOutcome::Gone));
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert!(answer.set_cookies().is_empty());
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn a_remembered_session_has_a_cookie_until_its_overall_deadline() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let ada = Subject::new("ada").unwrap();
        let attempt = session
            .begin_sign_in(&ada)
            .await?
            .remembered(Timeouts::AAL1);
        let _ = session.complete(attempt, Option::unwrap_or_default).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[]).await;
    let month = 30 * 24 * 60 * 60;
    assert!(answer.set_cookies()[0].ends_with(&format!("; Max-Age={month}")));
}

#[tokio::test]
async fn a_slow_sign_in_sets_no_cookie_for_a_session_that_has_ended() {
    let world = World::<Data>::new();
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        assert!(sign_in(&session, "ada").await?.is_signed_in());
        // Meanwhile, from another device.
        let ada = Subject::new("ada").unwrap();
        let _ = sessions.tokens(&ada).revoke_all().await.unwrap();
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
}

#[tokio::test]
async fn a_session_that_cannot_be_read_keeps_nobody_from_signing_in() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let error = session.get().await.unwrap_err();
        assert_eq!(error.failure(), Some(cloakroom_tower::Failure::Corrupt));
        assert!(sign_in(&session, "ada").await?.is_signed_in());
        assert!(session.get().await?.unwrap().data().is_empty());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let visit = world.sessions.create(vec![1]).await.unwrap();
    let loads = cloakroom_core::fault::Calls::to(Operation::Load).times(3);
    world.faults.fail_before(loads, ErrorKind::Corrupt);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert_eq!(answer.status, 200);
    let token = answer.token().unwrap();
    assert!(world.data(&token).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_in_whose_answer_is_lost_is_not_begun_anew() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(vec![1]).await.unwrap();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.get().await?;
        assert!(
            sign_in(&session, "ada")
                .await
                .unwrap_err()
                .is_outcome_unknown()
        );
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let before = world.faults.calls(Operation::Create);
    world.faults.lose_answer(Operation::Create);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (503, 0)
    );
    assert_eq!(world.faults.calls(Operation::Create), before + 1);
    assert_eq!(world.data(&visit.token).await.unwrap(), [1], "it lives on");
}

#[tokio::test]
async fn a_token_that_is_handed_out_sets_no_cookie_not_even_of_a_session_before_it() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        session.change(|data| data.push(1)).await?;
        assert_eq!(session.save().await?, cloakroom_tower::Saved::Created);
        let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await?;
        let carry = Option::unwrap_or_default;
        let done = session.complete_without_cookie(attempt, carry).await?;
        Ok(done.signed_in().unwrap().token.expose().to_string())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[]).await;
    assert!(answer.set_cookies().is_empty());
    let token = cloakroom_core::Token::parse(&answer.body).unwrap();
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

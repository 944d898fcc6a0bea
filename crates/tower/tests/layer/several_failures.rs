//! More than one failure in a request, and what makes up for one.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use cloakroom_core::fault::Calls;
use cloakroom_core::{ErrorKind, Operation};
use cloakroom_tower::{
    Failure, OnLoadFailure, OnSaveFailure, RequestSession, Result, SessionLayer,
};

use super::kept_calls::Lazy;
use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

/// A sign-out that fails is answered like a failed save, also after a load that failed and was left to the handler.
#[tokio::test]
async fn a_sign_out_that_fails_after_a_load_that_was_left_to_the_handler() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let careless = async |session: RequestSession<Data>| {
        let _ = session.get().await;
        assert!(session.sign_out().await.is_err());
        "bye"
    };
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_load_failure(Failure::Unavailable, OnLoadFailure::LeaveToHandler);
    let app = app(layer.build().unwrap(), careless);
    world
        .faults
        .fail_before(Calls::any().always(), ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    world.faults.clear();
    assert!(world.sessions.load(&token).await.unwrap().is_found());
    assert_eq!(answer.status, 503, "it says: {}", answer.body);
}

/// The same where the changes cannot be saved, and that is left to the handler, for another failure.
#[tokio::test]
async fn a_sign_out_that_fails_beside_a_save_that_may_be_lost() {
    let world = World::<Data>::with(|builder| builder.max_data(64));
    let token = world.signed_in("ada").await;
    let careless = async |session: RequestSession<Data>| -> Result<&'static str> {
        assert!(session.revoke_others().await.is_err());
        session.change(|data| data.resize(1000, 7)).await?;
        Ok("the others are out")
    };
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_save_failure(Failure::Refused, OnSaveFailure::KeepResponse);
    let app = app(layer.build().unwrap(), careless);
    world.faults.fail_before(
        Calls::to(Operation::Revoke).always(),
        ErrorKind::Unavailable,
    );
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, 503, "it says: {}", answer.body);
}

/// What was done after all is not told as a failure.
#[tokio::test]
async fn a_sign_out_that_is_made_up_for_by_revoking_everything() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let careful = async |session: RequestSession<Data>| -> Result<&'static str> {
        if session.sign_out().await.is_err() {
            session.revoke_all().await?;
        }
        Ok("bye")
    };
    let app = app(SessionLayer::new(world.sessions.clone()), careful);
    world
        .faults
        .fail_before(Operation::Delete, ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert!(!world.sessions.load(&token).await.unwrap().is_found());
    assert_eq!(
        answer.status,
        200,
        "{:?}",
        answer.header("cloakroom-failure")
    );
}

/// A renewal that failed is nothing to tell once the session has ended.
#[tokio::test]
async fn a_renewal_that_failed_before_a_sign_out_that_worked() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<&'static str> {
        let _ = session.renew(Duration::from_secs(60)).await;
        session.sign_out().await?;
        Ok("bye")
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    world
        .faults
        .fail_before(Operation::Renew, ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert!(!world.sessions.load(&token).await.unwrap().is_found());
    assert_eq!(
        answer.status,
        200,
        "{:?}",
        answer.header("cloakroom-failure")
    );
}

/// A call that cannot be, such as a renewal without a cookie, does not make up for one that failed.
#[tokio::test]
async fn a_call_that_cannot_be_makes_up_for_none_that_failed() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let careless = async |session: RequestSession<Data>| {
        let grace = Duration::from_secs(60);
        assert!(session.renew_without_cookie(grace).await.is_err());
        assert!(session.renew(grace).await.unwrap_err().is_no_cookie());
        "renewed"
    };
    let layer = SessionLayer::builder(world.sessions.clone()).bearer();
    let app = app(layer.build().unwrap(), careless);
    world
        .faults
        .fail_before(Operation::Renew, ErrorKind::Unavailable);
    let bearer = format!("Bearer {}", &*token.expose());
    let answer = ask(&app, &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, 503, "it says: {}", answer.body);
}

/// The page of a handler that answers a sign-in of unknown outcome with a server error of its own.
#[tokio::test(start_paused = true)]
async fn a_server_error_of_the_handler_for_a_sign_in_that_may_have_been() {
    use axum::http::StatusCode;
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| {
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await.unwrap();
        let done = session.complete(attempt, Option::unwrap_or_default).await;
        assert!(done.is_err());
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "password changed, others may remain",
        )
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let hold = world
        .faults
        .hold_before(Calls::to(Operation::Create).always());
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    hold.release();
    assert_eq!(answer.body, "password changed, others may remain");
}

/// A request whose token was replaced by a sign-in sets no cookie and stores nothing.
#[tokio::test]
async fn a_request_whose_unreadable_session_was_replaced_by_a_sign_in() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let enter = async |session: RequestSession<Data>| -> Result<&'static str> {
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        let done = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(done.is_signed_in());
        Ok("in")
    };
    let entering = app(SessionLayer::new(world.sessions.clone()), enter);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Corrupt);
    let answer = ask(&entering, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.body, "in");
    assert_eq!(answer.set_cookies().len(), 1);
    // Its answer is still on the way when the browser sends another request.
    world.clock.advance(Duration::from_secs(2));
    let counts = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let counting = app(SessionLayer::new(world.sessions.clone()), counts);
    let answer = ask(&counting, &[("cookie", &cookie(&token))]).await;
    assert!(
        answer.set_cookies().is_empty(),
        "{:?}",
        answer.set_cookies()
    );
}

/// A late request by an old token in its grace, of a session that was signed out by the new one.
#[tokio::test]
async fn a_late_request_by_an_old_token_after_the_sign_out_by_the_new_one() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let grace = Duration::from_secs(60);
    let renewed = world.sessions.renew(&old, grace).await.unwrap();
    let cloakroom_core::Renewal::Renewed(issued) = renewed else {
        unreachable!()
    };
    let sessions = world.sessions.clone();
    let clock = world.clock.clone();
    let token = issued.token;
    let late = async move |session: RequestSession<Data>| -> Result<()> {
        clock.advance(Duration::from_secs(30));
        let _ = sessions.sign_out(&token).await.unwrap();
        clock.advance(Duration::from_secs(60));
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let late = app(SessionLayer::new(world.sessions.clone()), late);
    let answer = ask(&late, &[("cookie", &cookie(&old))]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.set_cookies().is_empty());
    assert_eq!(world.count().await, 0);
}

/// Each by its own policy: that the call is kept does not hide the other.
#[tokio::test(start_paused = true)]
async fn a_sign_out_that_fails_before_a_call_that_is_kept() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    world
        .faults
        .fail_before(Operation::Delete, ErrorKind::Unavailable);
    // The sign-out reads first.
    let hold = world.faults.hold_before(Calls::to(Operation::Load).skip(1));
    let hold = Arc::new(hold);
    let careless = async move |session: RequestSession<Data>| {
        let _ = session.sign_out().await;
        let mut call = Box::pin(async move { _ = session.get().await });
        tokio::select! {
            () = &mut call => panic!("it was held"),
            () = hold.arrived() => {}
        }
        Response::new(Body::new(Lazy(call)))
    };
    let layer = SessionLayer::builder(world.sessions.clone())
        .store_deadline(Duration::from_secs(2))
        .on_save_failure(Failure::Slow, OnSaveFailure::KeepResponse);
    let app = app(layer.build().unwrap(), careless);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, 503, "ada has not signed out");
    assert_eq!(answer.header("cloakroom-failure"), Some("unavailable"));
    assert_eq!(world.count_of("ada").await, 1);
}

//! Calls in tasks of their own that are given a token when their client has gone: never a session whose token
//! nobody has, and whoever has asked is told.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use cloakroom_core::fault::Calls;
use cloakroom_core::{ErrorKind, Operation, Subject, Token};
use cloakroom_tower::{
    Failure, OnSaveFailure, RequestSession, Result, Saved, SessionLayer, SignInOutcome,
};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::kept_calls::Lazy;
use crate::support::browser::Answer;
use crate::support::{SOON, World, app, ask, cookie, soon};

type Data = Vec<u32>;

const GRACE: Duration = Duration::from_secs(60);

/// What becomes of a call in a task of its own, whose request is given up before the store has done this.
async fn unheard<O, F>(
    world: &World<Data>,
    token: Option<&Token>,
    operation: Operation,
    call: impl Fn(RequestSession<Data>) -> F + Clone + Send + Sync + 'static,
) -> O
where
    O: Send + 'static,
    F: Future<Output = O> + Send + 'static,
{
    let hold = Arc::new(world.faults.hold_before(operation));
    let (tell, mut told) = mpsc::unbounded_channel();
    let held = Arc::clone(&hold);
    let handler = async move |session: RequestSession<Data>| {
        let (tell, call) = (tell.clone(), call(session));
        tokio::spawn(async move { _ = tell.send(call.await) });
        held.arrived().await;
        std::future::pending::<()>().await;
    };
    // A call that a test holds is not slow, however busy the machine is.
    let layer = SessionLayer::builder(world.sessions.clone()).store_deadline(2 * SOON);
    let app = app(layer.build().unwrap(), handler);
    let header = token.map(cookie);
    let headers = header.as_ref().map(|header| ("cookie", header.as_str()));
    tokio::select! {
        _ = ask(&app, headers.as_slice()) => panic!("it answered"),
        () = hold.arrived() => {}
    }
    drop(app);
    Arc::into_inner(hold).unwrap().release();
    soon(told.recv()).await.unwrap()
}

async fn sign_in(session: RequestSession<Data>) -> Result<SignInOutcome<Data>> {
    let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await?;
    session.complete(attempt, Option::unwrap_or_default).await
}

#[tokio::test]
async fn a_sign_in_whose_client_has_gone_is_ended() {
    let world = World::<Data>::new();
    let done = unheard(&world, None, Operation::Create, sign_in).await;
    let error = done.unwrap_err();
    assert!(error.is_too_late(), "{error}");
    assert_eq!(world.count_of("ada").await, 0);
}

#[tokio::test]
async fn where_it_cannot_be_ended_that_is_said() {
    let world = World::<Data>::new();
    let deletes = Calls::to(Operation::Delete).always();
    world.faults.fail_before(deletes, ErrorKind::Unavailable);
    let done = unheard(&world, None, Operation::Create, sign_in).await;
    let error = done.unwrap_err();
    assert_eq!(error.failure(), Some(Failure::Unavailable));
    assert!(error.is_outcome_unknown(), "ada is signed in");
    assert_eq!(world.count_of("ada").await, 1);
}

async fn save(session: RequestSession<Data>) -> Result<Saved> {
    session.change(|data| data.push(1)).await?;
    session.save().await
}

#[tokio::test]
async fn a_visitors_session_that_is_made_for_nobody_is_ended() {
    let world = World::<Data>::new();
    let error = unheard(&world, None, Operation::Create, save)
        .await
        .unwrap_err();
    assert!(error.is_too_late(), "{error}");
    assert_eq!(world.count().await, 0);
}

/// The old token works on for its grace. Without one it is dead, and the session is nobody's.
#[tokio::test]
async fn a_renewal_whose_client_has_gone_says_so_and_leaves_no_session_that_is_nobodys() {
    for (grace, left) in [(GRACE, 1), (Duration::ZERO, 0)] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let renew = move |session: RequestSession<Data>| async move { session.renew(grace).await };
        let done = unheard(&world, Some(&token), Operation::Renew, renew).await;
        let error = done.unwrap_err();
        assert!(error.is_too_late(), "{grace:?}: {error}");
        assert_eq!(world.count_of("ada").await, left, "{grace:?}");
        let lives = world.sessions.load(&token).await.unwrap().is_found();
        assert_eq!(lives, left == 1, "{grace:?}");
    }
}

/// The head of the response has left, and the renewal is in its body.
#[tokio::test(start_paused = true)]
async fn nor_does_a_renewal_that_is_done_behind_the_response() {
    for (grace, left) in [(GRACE, 1), (Duration::ZERO, 0)] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let hold = Arc::new(world.faults.hold_before(Operation::Renew));
        let (tell, mut told) = mpsc::unbounded_channel();
        let held = Arc::clone(&hold);
        let handler = async move |session: RequestSession<Data>| {
            let tell = tell.clone();
            let mut call = Box::pin(async move { _ = tell.send(session.renew(grace).await) });
            tokio::select! {
                () = &mut call => panic!("it was held"),
                () = held.arrived() => {}
            }
            Response::new(Body::new(Lazy(call)))
        };
        let layer = SessionLayer::builder(world.sessions.clone())
            .store_deadline(Duration::from_secs(2))
            .on_save_failure(Failure::Slow, OnSaveFailure::KeepResponse);
        let app = app(layer.build().unwrap(), handler);
        let request = Request::get("/").header("cookie", cookie(&token));
        let request = request.body(Body::empty()).unwrap();
        let response = soon(app.clone().oneshot(request)).await.unwrap();
        drop(app);
        Arc::into_inner(hold).unwrap().release();
        let answer = Answer::of(response).await;
        assert_eq!(
            (answer.status.as_u16(), answer.set_cookies().len()),
            (200, 0)
        );
        let error = told.recv().await.unwrap().unwrap_err();
        assert!(error.is_too_late(), "{grace:?}: {error}");
        assert_eq!(world.count_of("ada").await, left, "{grace:?}");
    }
}

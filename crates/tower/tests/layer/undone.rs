//! A sign-out, a revocation or a renewal that fails and that the handler passes over.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use cloakroom_core::fault::Calls;
use cloakroom_core::{ErrorKind, Operation};
use cloakroom_tower::{
    Failure, OnLoadFailure, OnSaveFailure, RequestSession, Result, SessionLayer,
};

use crate::support::browser::Answer;
use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

#[derive(Debug, Clone, Copy)]
enum Wish {
    SignOut,
    RevokeOthers,
    RevokeAll,
    Renew,
    RenewWithoutCookie,
}

impl Wish {
    const ALL: [(Self, Operation); 5] = [
        (Self::SignOut, Operation::Delete),
        (Self::RevokeOthers, Operation::Revoke),
        (Self::RevokeAll, Operation::Revoke),
        (Self::Renew, Operation::Renew),
        (Self::RenewWithoutCookie, Operation::Renew),
    ];

    async fn ask(self, session: &RequestSession<Data>) -> Result<()> {
        let grace = Duration::from_secs(60);
        match self {
            Self::SignOut => session.sign_out().await.map(drop),
            Self::RevokeOthers => session.revoke_others().await.map(drop),
            Self::RevokeAll => session.revoke_all().await.map(drop),
            Self::Renew => session.renew(grace).await.map(|_| ()),
            Self::RenewWithoutCookie => session.renew_without_cookie(grace).await.map(drop),
        }
    }
}

fn assert_closed(answer: &Answer, failure: &str, wish: Wish) {
    assert_eq!(answer.status, 503, "{wish:?}");
    assert_eq!(
        answer.header("cloakroom-failure"),
        Some(failure),
        "{wish:?}"
    );
    assert!(answer.set_cookies().is_empty(), "{wish:?}");
    assert_eq!(answer.body, "", "{wish:?}");
}

#[tokio::test]
async fn it_is_not_answered_as_if_it_were_done() {
    for (wish, operation) in Wish::ALL {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let careless = async move |session: RequestSession<Data>| {
            assert!(wish.ask(&session).await.is_err());
            "done"
        };
        let app = app(SessionLayer::new(world.sessions.clone()), careless);
        world.faults.fail_before(operation, ErrorKind::Unavailable);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_closed(&answer, "unavailable", wish);
        assert!(world.sessions.load(&token).await.unwrap().is_found());
        world.faults.lose_answer(operation);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_closed(&answer, "unavailable", wish);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_not_answered_as_if_it_were_done_where_the_store_hangs() {
    for (wish, operation) in Wish::ALL {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let careless = async move |session: RequestSession<Data>| {
            let error = wish.ask(&session).await.unwrap_err();
            assert!(error.is_outcome_unknown(), "{wish:?}");
            "done"
        };
        let layer = SessionLayer::builder(world.sessions.clone());
        let layer = layer.store_deadline(Duration::from_secs(2));
        let app = app(layer.build().unwrap(), careless);
        let hold = world.faults.hold_before(Calls::to(operation).always());
        let start = tokio::time::Instant::now();
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(start.elapsed().as_secs(), 2, "{wish:?}");
        assert_closed(&answer, "slow", wish);
        hold.release();
    }
}

#[tokio::test]
async fn it_is_not_answered_as_if_it_were_done_where_it_is_given_up_half_way() {
    for (wish, operation) in Wish::ALL {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let hold = Arc::new(world.faults.hold_after(operation));
        let hasty = async move |session: RequestSession<Data>| {
            tokio::select! {
                done = wish.ask(&session) => panic!("it was held: {done:?}"),
                () = hold.arrived() => "done",
            }
        };
        let app = app(SessionLayer::new(world.sessions.clone()), hasty);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_closed(&answer, "slow", wish);
    }
}

#[tokio::test]
async fn it_is_forgiven_where_it_is_done_after_all() {
    for (wish, operation) in Wish::ALL {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let stubborn = async move |session: RequestSession<Data>| -> Result<()> {
            assert!(wish.ask(&session).await.is_err());
            wish.ask(&session).await
        };
        let app = app(SessionLayer::new(world.sessions.clone()), stubborn);
        world.faults.fail_before(operation, ErrorKind::Unavailable);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(answer.status, 200, "{wish:?}");
    }
}

#[tokio::test]
async fn ending_the_others_is_done_by_ending_all_and_not_the_other_way_round() {
    for (first, second, status) in [
        (Wish::RevokeOthers, Wish::RevokeAll, 200),
        (Wish::RevokeAll, Wish::RevokeOthers, 503),
        (Wish::RevokeOthers, Wish::SignOut, 503),
    ] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            assert!(first.ask(&session).await.is_err());
            second.ask(&session).await
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        world
            .faults
            .fail_before(Operation::Revoke, ErrorKind::Unavailable);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(answer.status, status, "{first:?}, then {second:?}");
    }
}

#[tokio::test]
async fn a_handler_that_tells_of_it_has_the_last_word() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    // By a server error of its own; or by whatever it likes, where that is the policy.
    let told = async |session: RequestSession<Data>| match session.sign_out().await {
        Ok(_) => (StatusCode::OK, "bye"),
        Err(_) => (StatusCode::BAD_GATEWAY, "you are still signed in"),
    };
    let told = app(SessionLayer::new(world.sessions.clone()), told);
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_save_failure(Failure::Unavailable, OnSaveFailure::KeepResponse);
    let kept = async |session: RequestSession<Data>| match session.sign_out().await {
        Ok(_) => (StatusCode::OK, "bye"),
        Err(_) => (StatusCode::IM_A_TEAPOT, "you are still signed in"),
    };
    let kept = app(layer.build().unwrap(), kept);
    for (app, status) in [(told, 502), (kept, 418)] {
        world
            .faults
            .fail_before(Operation::Delete, ErrorKind::Unavailable);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (status, "you are still signed in")
        );
    }
}

#[tokio::test]
async fn a_session_that_could_not_be_loaded_is_not_renewed_either() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let careless = async |session: RequestSession<Data>| {
        let nobody = session.get().await.ok().flatten().is_none();
        let _ = session.renew(Duration::from_secs(60)).await;
        if nobody { "please sign in" } else { "hello" }
    };
    let closing = app(SessionLayer::new(world.sessions.clone()), careless);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    let answer = ask(&closing, &[("cookie", &cookie(&token))]).await;
    assert_closed(&answer, "unavailable", Wish::Renew);

    // Nor where the request goes on without it.
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_load_failure(Failure::Unavailable, OnLoadFailure::GoOnAnonymously);
    let anonymous = app(layer.build().unwrap(), careless);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    let answer = ask(&anonymous, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.body.as_str(), answer.set_cookies().len()),
        ("please sign in", 0)
    );
    assert_eq!(world.faults.calls(Operation::Renew), 0);
}

//! Tokens that a handler is given while another call comes to no end: never a session that is signed in, and
//! whose token nobody has.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use cloakroom_core::fault::{Calls, Hold};
use cloakroom_core::{Operation, Subject};
use cloakroom_tower::{
    Failure, OnSaveFailure, RequestSession, Result, SessionLayer, SessionLayerBuilder,
    SignInOutcome,
};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::kept_calls::Lazy;
use crate::support::browser::Answer;
use crate::support::{World, app, ask, cookie, soon};

type Data = Vec<u32>;
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

const DEADLINE: Duration = Duration::from_secs(2);

fn layer(world: &World<Data>) -> SessionLayerBuilder<Data> {
    SessionLayer::builder(world.sessions.clone()).store_deadline(DEADLINE)
}

async fn sign_in(session: &RequestSession<Data>) -> Result<SignInOutcome<Data>> {
    let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await?;
    session.complete(attempt, Option::unwrap_or_default).await
}

/// What a handler begins after it has signed in, and polls no more.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Save,
    SignOut,
    Renew,
    RevokeAll,
}

impl Kept {
    const ALL: [(Self, Operation); 4] = [
        (Self::Save, Operation::Update),
        (Self::SignOut, Operation::Delete),
        (Self::Renew, Operation::Renew),
        (Self::RevokeAll, Operation::Revoke),
    ];

    fn begin(self, session: RequestSession<Data>) -> Work {
        Box::pin(async move {
            match self {
                Self::Save => {
                    session.change(|data| data.push(1)).await.unwrap();
                    let _ = session.save().await;
                }
                Self::SignOut => _ = session.sign_out().await,
                Self::Renew => _ = session.renew(Duration::from_secs(60)).await,
                Self::RevokeAll => _ = session.revoke_all().await,
            }
        })
    }
}

/// A handler that signs in, begins this, and answers as soon as it is held.
fn forgetful(layer: SessionLayer<Data>, kept: Kept, hold: Hold) -> Router {
    let hold = Arc::new(hold);
    let work = Arc::new(Mutex::new(None));
    let handler = async move |session: RequestSession<Data>| {
        assert!(sign_in(&session).await.unwrap().is_signed_in());
        let mut call = kept.begin(session);
        tokio::select! {
            () = &mut call => panic!("it was held"),
            () = hold.arrived() => {}
        }
        // For as long as the application lives, and longer than the request.
        *work.lock().unwrap() = Some(call);
        "welcome"
    };
    app(layer, handler)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_to_no_end_does_not_keep_the_cookie_of_a_sign_in() {
    for (policy, status) in [
        (OnSaveFailure::Respond, 503),
        (OnSaveFailure::KeepResponse, 200),
    ] {
        for (kept, operation) in Kept::ALL {
            let world = World::<Data>::new();
            let before = world.sessions.create(vec![7]).await.unwrap().token;
            // The sign-in ends the visitor's session.
            let skip = u64::from(operation == Operation::Delete);
            let hold = world.faults.hold_before(Calls::to(operation).skip(skip));
            let layer = layer(&world).on_save_failure(Failure::Slow, policy);
            let app = forgetful(layer.build().unwrap(), kept, hold);
            let answer = ask(&app, &[("cookie", &cookie(&before))]).await;
            assert_eq!(answer.status, status, "{kept:?}");
            let token = answer.token().expect("the user has signed in");
            assert_eq!(world.data(&token).await.unwrap(), [7], "{kept:?}");
            assert_eq!(world.count().await, 1, "{kept:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nor_is_a_cookie_brought_back_that_the_call_has_made_worthless() {
    for (kept, operation) in Kept::ALL {
        let world = World::<Data>::new();
        let hold = world.faults.hold_after(operation);
        let app = forgetful(layer(&world).build().unwrap(), kept, hold);
        let answer = ask(&app, &[]).await;
        assert_eq!(answer.status, 503, "{kept:?}");
        match kept {
            Kept::SignOut | Kept::RevokeAll => assert!(answer.set_cookies().is_empty(), "{kept:?}"),
            // By the old token in its grace, where nobody has the new one.
            Kept::Save | Kept::Renew => {
                let token = answer.token().expect("the session lives");
                assert!(world.data(&token).await.is_some(), "{kept:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_store_hangs_altogether_the_cookie_goes_out_all_the_same() {
    let world = World::<Data>::new();
    let hold = world.faults.hold_before(Operation::Update);
    let app = forgetful(layer(&world).build().unwrap(), Kept::Save, hold);
    // The save reads first; what is read after that is the check.
    let loads = Calls::to(Operation::Load).skip(1).always();
    let check = world.faults.hold_before(loads);
    let start = tokio::time::Instant::now();
    let answer = ask(&app, &[]).await;
    assert_eq!(start.elapsed(), 2 * DEADLINE);
    assert_eq!(answer.status, 503);
    check.release();
    let token = answer.token().expect("the user has signed in");
    assert!(world.data(&token).await.is_some());
}

/// The sign-in itself is what is begun, and done when the head of the response has left without its cookie.
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_is_done_behind_the_response_is_ended() {
    let world = World::<Data>::new();
    let before = world.sessions.create(vec![7]).await.unwrap().token;
    let hold = Arc::new(world.faults.hold_before(Operation::Create));
    let (tell, mut told) = mpsc::unbounded_channel();
    let held = Arc::clone(&hold);
    let handler = async move |session: RequestSession<Data>| {
        let tell = tell.clone();
        let mut call = Box::pin(async move { tell.send(sign_in(&session).await).unwrap() });
        tokio::select! {
            () = &mut call => panic!("it was held"),
            () = held.arrived() => {}
        }
        Response::new(Body::new(Lazy(call)))
    };
    let layer = layer(&world).on_save_failure(Failure::Slow, OnSaveFailure::KeepResponse);
    let app = app(layer.build().unwrap(), handler);
    let request = Request::get("/").header("cookie", cookie(&before));
    let request = request.body(Body::empty()).unwrap();
    let response = soon(app.clone().oneshot(request)).await.unwrap();
    drop(app);
    Arc::into_inner(hold).unwrap().release();
    let answer = Answer::of(response).await;
    assert_eq!(answer.status, 200);
    assert!(answer.set_cookies().is_empty());
    let error = told.recv().await.unwrap().unwrap_err();
    assert!(error.is_too_late(), "{error}");
    assert_eq!(world.count().await, 0, "nobody has its token");
}

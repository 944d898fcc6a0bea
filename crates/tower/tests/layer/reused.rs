//! Sign-ins from a token that was used again after its grace, of which the policy ends what goes by it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use cloakroom_core::fault::Calls;
use cloakroom_core::{Operation, Renewal, Subject, Token};
use cloakroom_tower::{OnReused, RequestSession, SessionLayer, SessionLayerBuilder};

use super::kept_calls::Lazy;
use crate::support::{SOON, World, app, ask, cookie};

type Data = Vec<u32>;

const DEADLINE: Duration = Duration::from_secs(2);

/// Ada's old token. Whoever has the new one has used it.
async fn reused(world: &World<Data>) -> Token {
    let old = world.signed_in("ada").await;
    let renewed = world.sessions.renew(&old, Duration::ZERO).await.unwrap();
    let Renewal::Renewed(renewed) = renewed else {
        panic!("not renewed");
    };
    let used = world.sessions.load(&renewed.token).await.unwrap();
    assert!(used.is_found());
    old
}

async fn sign_in(session: RequestSession<Data>) {
    let bob = Subject::new("bob").unwrap();
    let attempt = session.begin_sign_in(&bob).await.unwrap();
    let done = session.complete(attempt, Option::unwrap_or_default).await;
    assert!(done.unwrap().is_signed_in());
}

fn layer(world: &World<Data>) -> SessionLayerBuilder<Data> {
    SessionLayer::builder(world.sessions.clone()).on_reused(OnReused::EndSession)
}

#[tokio::test]
async fn one_that_is_given_up_while_the_policy_is_carried_out_has_its_cookie() {
    let world = World::<Data>::new();
    let old = reused(&world).await;
    let hold = Arc::new(world.faults.hold_before(Operation::Delete));
    let handler = async move |session: RequestSession<Data>| {
        tokio::select! {
            () = sign_in(session) => panic!("it was held"),
            () = hold.arrived() => "please try again",
        }
    };
    // A call that a test holds is not slow, however busy the machine is.
    let app = app(
        layer(&world).store_deadline(2 * SOON).build().unwrap(),
        handler,
    );
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    let token = answer.token().expect("bob is signed in");
    assert!(world.data(&token).await.is_some());
    assert_eq!(world.count_of("bob").await, 1);
}

#[tokio::test(start_paused = true)]
async fn so_has_one_that_is_kept_there_and_not_gone_on_with() {
    let world = World::<Data>::new();
    let old = reused(&world).await;
    let deletes = Calls::to(Operation::Delete).always();
    let hold = Arc::new(world.faults.hold_before(deletes));
    let handler = async move |session: RequestSession<Data>| {
        let mut call = Box::pin(sign_in(session));
        tokio::select! {
            () = &mut call => panic!("it was held"),
            () = hold.arrived() => {}
        }
        Response::new(Body::new(Lazy(call)))
    };
    let app = app(
        layer(&world).store_deadline(DEADLINE).build().unwrap(),
        handler,
    );
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    let token = answer.token().expect("bob is signed in");
    assert!(world.data(&token).await.is_some());
}

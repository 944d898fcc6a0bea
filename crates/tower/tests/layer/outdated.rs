//! Cookies that were right when the handler was given them, and are no more when the response leaves, while
//! another of its calls comes to no end: none takes away what another request has given the browser.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use cloakroom_core::fault::{Calls, Hold};
use cloakroom_core::{Operation, Subject};
use cloakroom_tower::{Renewed, RequestSession, SessionLayer, SessionLayerBuilder};

use super::kept_calls::Lazy;
use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

const GRACE: Duration = Duration::from_secs(60);

fn layer(world: &World<Data>) -> SessionLayerBuilder<Data> {
    SessionLayer::builder(world.sessions.clone()).store_deadline(Duration::from_secs(2))
}

/// Begins a change and saves it, until that is held, and leaves the rest to whoever reads the response.
async fn keep_a_save(session: RequestSession<Data>, hold: &Hold) -> Response {
    let mut call = Box::pin(async move {
        session.change(|data| data.push(1)).await.unwrap();
        let _ = session.save().await;
    });
    tokio::select! {
        () = &mut call => panic!("it was held"),
        () = hold.arrived() => {}
    }
    Response::new(Body::new(Lazy(call)))
}

async fn renew(session: RequestSession<Data>) {
    assert_eq!(session.renew(GRACE).await.unwrap(), Renewed::Renewed);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_does_not_bring_back_a_token_of_before_another_renewal() {
    for is_overtaken in [true, false] {
        let world = World::<Data>::new();
        let old = world.signed_in("ada").await;
        let hold = Arc::new(world.faults.hold_before(Operation::Update));
        let sessions = world.sessions.clone();
        let presented = cookie(&old);
        let handler = async move |session: RequestSession<Data>| {
            renew(session.clone()).await;
            let response = keep_a_save(session, &hold).await;
            if is_overtaken {
                // Another request of the same browser, by the token that it has, and in its grace.
                let other = app(SessionLayer::new(sessions.clone()), renew);
                let theirs = ask(&other, &[("cookie", &presented)]).await.token();
                assert!(sessions.load(&theirs.unwrap()).await.unwrap().is_found());
            }
            response
        };
        let app = app(layer(&world).build().unwrap(), handler);
        let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.token().is_some(), !is_overtaken);
    }
}

/// The old token is dead, and nobody else can have renewed by it.
#[tokio::test(start_paused = true)]
async fn a_renewal_without_grace_goes_out_also_where_a_call_that_is_kept_has_renewed_again() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let hold = Arc::new(world.faults.hold_after(Calls::to(Operation::Renew).skip(1)));
    let handler = async move |session: RequestSession<Data>| {
        assert_eq!(
            session.renew(Duration::ZERO).await.unwrap(),
            Renewed::Renewed
        );
        let mut call = Box::pin(async move { _ = session.renew(GRACE).await });
        tokio::select! {
            () = &mut call => panic!("it was held"),
            () = hold.arrived() => {}
        }
        Response::new(Body::new(Lazy(call)))
    };
    let app = app(layer(&world).build().unwrap(), handler);
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    let token = answer.token().expect("the client is locked out");
    assert!(world.sessions.load(&token).await.unwrap().is_found());
}

#[tokio::test(start_paused = true)]
async fn a_sign_out_does_not_delete_the_cookie_of_a_later_sign_in() {
    let world = World::<Data>::new();
    let old = world.signed_in("ada").await;
    let hold = Arc::new(world.faults.hold_before(Operation::Create));
    let sessions = world.sessions.clone();
    let presented = cookie(&old);
    let handler = async move |session: RequestSession<Data>| {
        let _ = session.sign_out().await.unwrap();
        let response = keep_a_save(session, &hold).await;
        // In another tab, whose response may come first.
        let other = app(SessionLayer::new(sessions.clone()), sign_in);
        let theirs = ask(&other, &[("cookie", &presented)]).await;
        assert!(theirs.token().is_some());
        response
    };
    let app = app(layer(&world).build().unwrap(), handler);
    let answer = ask(&app, &[("cookie", &cookie(&old))]).await;
    assert_eq!(answer.status, 503);
    assert!(
        answer.set_cookies().is_empty(),
        "{:?}",
        answer.set_cookies()
    );
    assert_eq!(world.count_of("ada").await, 1);
}

async fn sign_in(session: RequestSession<Data>) {
    let ada = Subject::new("ada").unwrap();
    let attempt = session.begin_sign_in(&ada).await.unwrap();
    let done = session.complete(attempt, Option::unwrap_or_default).await;
    assert!(done.unwrap().is_signed_in());
}

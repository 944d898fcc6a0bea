//! Handlers that are dropped half-way, or panic.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use cloakroom_core::Subject;
use cloakroom_tower::{RequestSession, Result, SessionLayer};
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{World, ask, cookie};

type Data = Vec<u32>;

/// A timeout within the layer: it drops the handler, and answers in its place.
async fn impatient(request: Request, next: Next) -> Response {
    match tokio::time::timeout(Duration::from_secs(1), next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

async fn stuck(session: RequestSession<Data>) -> Result<()> {
    session.change(|data| data.push(1)).await?;
    std::future::pending::<()>().await;
    session.change(|data| data.push(2)).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_dropped_handler_had_changed_is_saved_unless_the_application_says_otherwise() {
    for (discards, expected) in [(false, vec![1]), (true, vec![])] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let mut layer = SessionLayer::builder(world.sessions.clone());
        if discards {
            layer = layer.discard_on(|status| status == StatusCode::REQUEST_TIMEOUT);
        }
        let app = Router::new()
            .route("/", any(stuck))
            .layer(from_fn(impatient))
            .layer(layer.build().unwrap());
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(answer.status, 408);
        assert_eq!(world.data(&token).await.unwrap(), expected);
        // A visitor gets no session of half a request either.
        let visitor = ask(&app, &[]).await;
        assert_eq!(visitor.set_cookies().is_empty(), discards);
    }
}

#[tokio::test]
async fn only_what_is_not_saved_yet_is_discarded_by_the_status() {
    let world = World::<Data>::new();
    let layer =
        SessionLayer::builder(world.sessions.clone()).discard_on(|status| status.is_client_error());
    let handler = async |session: RequestSession<Data>| -> Result<StatusCode> {
        session.change(|data| data.push(1)).await?;
        let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await?;
        let done = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(done.is_signed_in());
        session.change(|data| data.push(2)).await?;
        Ok(StatusCode::CONFLICT)
    };
    let app = crate::support::app(layer.build().unwrap(), handler);
    let answer = ask(&app, &[]).await;
    let token = answer.token().expect("the sign-in stays");
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

#[tokio::test]
async fn a_change_that_panics_changes_nothing_not_even_the_handlers_copy() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let seen = Arc::new(std::sync::Mutex::new(None));
    let note = Arc::clone(&seen);
    let panics = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        session
            .change(|data| {
                data.push(2);
                assert!(data.is_empty(), "half-way");
            })
            .await?;
        Ok(())
    };
    // Looks at the session after the panic, as a page of errors does.
    let looks = from_fn(move |request: Request, next: Next| {
        let note = Arc::clone(&note);
        async move {
            let session = request.extensions().get::<RequestSession<Data>>();
            let session = session.cloned().unwrap();
            let response = next.run(request).await;
            let view = session.get().await.unwrap().unwrap();
            *note.lock().unwrap() = Some(view.data().clone());
            response
        }
    });
    let app = Router::new()
        .route("/", any(panics))
        .layer(CatchPanicLayer::new())
        .layer(looks)
        .layer(SessionLayer::new(world.sessions.clone()));
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, 500);
    assert_eq!(seen.lock().unwrap().take().unwrap(), [1]);
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

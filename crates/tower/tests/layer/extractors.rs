//! The extractors of axum.

use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use cloakroom_core::{ErrorKind, Operation};
use cloakroom_tower::axum::{AuthenticatedWithin, SessionRejection, SignedIn};
use cloakroom_tower::{RequestSession, SessionLayer};
use http::Method;

use crate::support::{World, ask, cookie, send};

type Data = u32;

fn routes() -> Router {
    Router::new()
        .route(
            "/account",
            any(async |user: SignedIn<Data>| user.subject.to_string()),
        )
        .route(
            "/delete",
            any(
                async |AuthenticatedWithin(user): AuthenticatedWithin<5, Data>| {
                    user.subject.to_string()
                },
            ),
        )
        .route(
            "/home",
            get(async |user: Option<SignedIn<Data>>| match user {
                Some(user) => user.subject.to_string(),
                None => "visitor".to_owned(),
            }),
        )
}

#[tokio::test]
async fn who_is_not_signed_in_is_refused_or_sent_to_the_page() {
    let world = World::<Data>::new();
    let plain = routes().layer(SessionLayer::new(world.sessions.clone()));
    let refused = send(&plain, Method::GET, "/account", &[]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("location")),
        (401, None)
    );
    assert_eq!(refused.header("www-authenticate"), None);
    assert_eq!(send(&plain, Method::GET, "/delete", &[]).await.status, 401);
    assert_eq!(
        send(&plain, Method::GET, "/home", &[]).await.body,
        "visitor"
    );

    let bearer = SessionLayer::builder(world.sessions.clone())
        .bearer()
        .build()
        .unwrap();
    let refused = send(&routes().layer(bearer), Method::GET, "/account", &[]).await;
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));

    let layer = SessionLayer::builder(world.sessions.clone()).sign_in_page("/sign-in");
    let pages = routes().layer(layer.build().unwrap());
    for (method, path, location) in [
        (Method::GET, "/account", "/sign-in?return_to=/account"),
        (
            Method::GET,
            "/account?a=1&b=%0d%0a",
            "/sign-in?return_to=/account%3Fa%3D1%26b%3D%250d%250a",
        ),
        (Method::HEAD, "/delete", "/sign-in?return_to=/delete"),
        // What was posted cannot be gone back to.
        (Method::POST, "/account", "/sign-in"),
        (Method::PUT, "/account", "/sign-in"),
        (Method::DELETE, "/account", "/sign-in"),
    ] {
        let sent = send(&pages, method, path, &[]).await;
        assert_eq!(
            (sent.status.as_u16(), sent.header("location")),
            (303, Some(location))
        );
        assert_eq!(sent.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn an_anonymous_session_is_not_signed_in() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(1).await.unwrap();
    let app = routes().layer(SessionLayer::new(world.sessions.clone()));
    let headers = [("cookie", cookie(&visit.token))];
    let headers = headers.each_ref().map(|(n, v)| (*n, v.as_str()));
    assert_eq!(
        send(&app, Method::GET, "/account", &headers).await.status,
        401
    );
    assert_eq!(
        send(&app, Method::GET, "/home", &headers).await.body,
        "visitor"
    );
}

#[tokio::test]
async fn what_is_dangerous_asks_for_a_recent_authentication() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let header = cookie(&token);
    let headers = [("cookie", header.as_str())];
    let plain = routes().layer(SessionLayer::new(world.sessions.clone()));
    let layer = SessionLayer::builder(world.sessions.clone()).step_up_page("/confirm");
    let pages = routes().layer(layer.build().unwrap());
    world
        .clock
        .advance(Duration::from_secs(5 * 60) - Duration::from_millis(1));
    assert_eq!(
        send(&plain, Method::POST, "/delete", &headers).await.body,
        "ada"
    );
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(
        send(&plain, Method::POST, "/delete", &headers).await.status,
        403
    );
    assert_eq!(
        send(&plain, Method::POST, "/account", &headers)
            .await
            .status,
        200
    );
    let sent = send(&pages, Method::GET, "/delete", &headers).await;
    let location = sent.header("location");
    assert_eq!(
        (sent.status.as_u16(), location),
        (303, Some("/confirm?return_to=/delete"))
    );
}

#[tokio::test]
async fn a_store_that_is_down_signs_nobody_out() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let header = cookie(&token);
    let headers = [("cookie", header.as_str())];
    let layer = SessionLayer::builder(world.sessions.clone()).sign_in_page("/sign-in");
    let app = routes().layer(layer.build().unwrap());
    for path in ["/account", "/delete", "/home"] {
        world
            .faults
            .fail_before(Operation::Load, ErrorKind::Unavailable);
        let answer = send(&app, Method::GET, path, &headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (503, None),
            "{path}"
        );
        assert_eq!(answer.header("cloakroom-failure"), Some("unavailable"));
    }
}

#[tokio::test]
async fn the_way_back_is_the_whole_path_also_from_a_nested_router() {
    let world = World::<Data>::new();
    let layer = SessionLayer::builder(world.sessions.clone()).sign_in_page("/sign-in");
    let layer = layer.build().unwrap();
    let outside = Router::new().nest("/shop", routes()).layer(layer.clone());
    let inside = Router::new().nest("/shop", routes().layer(layer));
    for app in [outside, inside] {
        let sent = send(&app, Method::GET, "/shop/account?x=1", &[]).await;
        assert_eq!(
            sent.header("location"),
            Some("/sign-in?return_to=/shop/account%3Fx%3D1")
        );
    }
}

#[tokio::test]
async fn without_the_layer_the_log_says_what_to_do_and_the_visitor_nothing() {
    let app = Router::new()
        .merge(routes())
        .route("/", any(async |_: RequestSession<Data>| "hello"));
    for path in ["/", "/account", "/delete", "/home"] {
        let answer = send(&app, Method::GET, path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, ""));
    }
    // A layer for other data is another layer.
    let world = World::<String>::new();
    let app = app.layer(SessionLayer::new(world.sessions.clone()));
    assert_eq!(ask(&app, &[]).await.status, 500);
}

/// Addresses of old services may hold a token.
#[tokio::test]
async fn whoever_prints_a_refusal_prints_no_query() {
    let world = World::<Data>::new();
    let told = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let note = std::sync::Arc::clone(&told);
    let handler = async move |user: Result<SignedIn<Data>, SessionRejection>| {
        let refusal = user.unwrap_err();
        *note.lock().unwrap() = format!("{refusal} {refusal:?}");
        refusal
    };
    let layer = SessionLayer::builder(world.sessions.clone()).sign_in_page("/sign-in");
    let app = Router::new()
        .route("/account", get(handler))
        .layer(layer.build().unwrap());
    let path = "/account?access_token=secret";
    let sent = send(&app, Method::GET, path, &[]).await;
    let expected = "/sign-in?return_to=/account%3Faccess_token%3Dsecret";
    assert_eq!(sent.header("location"), Some(expected));
    let told = told.lock().unwrap().clone() + &format!("{:?}", sent.headers);
    assert!(told.contains("NotSignedIn"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

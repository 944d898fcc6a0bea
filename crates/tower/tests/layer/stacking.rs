//! The layer among others, and in stacks other than axum's.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use cloakroom_core::{ErrorKind, Operation};
use cloakroom_tower::{RequestSession, Result, SessionCookie, SessionLayer};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{Service as _, ServiceBuilder, ServiceExt as _, service_fn};

use crate::support::{World, ask, cookie, send};

type Data = u32;

async fn count(session: RequestSession<Data>) -> Result<String> {
    let view = session.change(|count| *count += 1).await?;
    Ok(view.data().to_string())
}

#[tokio::test]
async fn the_layer_goes_anywhere_among_others() {
    let world = World::<Data>::new();
    let layer = SessionLayer::new(world.sessions.clone());
    let timeout = || tower::timeout::TimeoutLayer::new(Duration::from_secs(60));
    let failed = || axum::error_handling::HandleErrorLayer::new(async |_: tower::BoxError| "late");
    let base = || Router::new().route("/", get(count));
    for app in [
        base()
            .layer(ServiceBuilder::new().layer(failed()).layer(timeout()))
            .layer(layer.clone()),
        base()
            .layer(layer.clone())
            .layer(ServiceBuilder::new().layer(failed()).layer(timeout())),
        base().layer(
            ServiceBuilder::new()
                .layer(failed())
                .layer(timeout())
                .layer(layer.clone()),
        ),
        base().layer(
            ServiceBuilder::new()
                .layer(layer.clone())
                .layer(failed())
                .layer(timeout()),
        ),
        base()
            .layer(tower::limit::ConcurrencyLimitLayer::new(1))
            .layer(layer.clone()),
        base().route_layer(layer.clone()),
        Router::new().merge(base()).layer(layer),
    ] {
        let token = ask(&app, &[]).await.token().unwrap();
        let second = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!((second.body.as_str(), second.set_cookies().len()), ("2", 0));
    }
}

/// Layers that wrap the body, in one stack with this one, in both orders.
#[tokio::test]
async fn the_layer_goes_around_any_body_and_into_any() {
    let world = World::<Data>::new();
    let layer = SessionLayer::new(world.sessions.clone());
    let wrapping = || {
        ServiceBuilder::new()
            .layer(tower_http::trace::TraceLayer::new_for_http())
            .layer(tower_http::compression::CompressionLayer::new())
            .layer(tower_http::catch_panic::CatchPanicLayer::new())
    };
    let base = || Router::new().route("/", get(count));
    for app in [
        base().layer(ServiceBuilder::new().layer(layer.clone()).layer(wrapping())),
        base().layer(ServiceBuilder::new().layer(wrapping()).layer(layer.clone())),
        base().layer(wrapping()).layer(layer.clone()),
        base().layer(layer).layer(wrapping()),
    ] {
        let token = ask(&app, &[]).await.token().unwrap();
        let header = cookie(&token);
        let second = ask(&app, &[("cookie", &header)]).await;
        assert_eq!((second.body.as_str(), second.set_cookies().len()), ("2", 0));
        world
            .faults
            .fail_before(Operation::Load, ErrorKind::Unavailable);
        let failed = ask(&app, &[("cookie", &header)]).await;
        assert_eq!((failed.status.as_u16(), failed.body.as_str()), (503, ""));
    }
}

#[tokio::test]
async fn two_layers_with_different_cookies_and_types_live_in_one_app() {
    let (numbers, texts) = (World::<Data>::new(), World::<String>::new());
    let handler =
        async |number: RequestSession<Data>, text: RequestSession<String>| -> Result<String> {
            number.change(|count| *count += 1).await?;
            let view = text.change(|text| text.push('x')).await?;
            Ok(view.data().clone())
        };
    let shop = SessionCookie::new().name("__Host-shop");
    let shop = SessionLayer::builder(texts.sessions.clone())
        .cookie(shop)
        .build()
        .unwrap();
    let app = Router::new()
        .nest("/both", Router::new().route("/", get(handler)).layer(shop))
        .route("/one", get(count))
        .layer(SessionLayer::new(numbers.sessions.clone()));
    let both = send(&app, http::Method::GET, "/both", &[]).await;
    let cookies = both.set_cookies();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    let pairs: Vec<_> = cookies
        .iter()
        .map(|c| c.split(';').next().unwrap())
        .collect();
    let header = pairs.join("; ");
    let again = send(&app, http::Method::GET, "/both", &[("cookie", &header)]).await;
    assert_eq!((again.body.as_str(), again.set_cookies().len()), ("xx", 0));
    let one = send(&app, http::Method::GET, "/one", &[("cookie", &header)]).await;
    assert_eq!(one.body, "3");
}

async fn by_hyper(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let session = request.extensions().get::<RequestSession<Data>>().unwrap();
    let text = match session.change(|count| *count += 1).await {
        Ok(view) => view.data().to_string(),
        Err(error) => error.to_string(),
    };
    Ok(Response::new(Full::new(Bytes::from(text))))
}

#[tokio::test]
async fn a_service_of_hypers_bodies_has_sessions_too() {
    let world = World::<Data>::new();
    let mut service = ServiceBuilder::new()
        .layer(SessionLayer::new(world.sessions.clone()))
        .service(service_fn(by_hyper));
    let request = |header: &str| Request::get("/").header("cookie", header).body(()).unwrap();
    let first = service
        .ready()
        .await
        .unwrap()
        .call(request("a=b"))
        .await
        .unwrap();
    let set = first.headers()["set-cookie"].to_str().unwrap().to_owned();
    let pair = set.split(';').next().unwrap();
    let second = service
        .ready()
        .await
        .unwrap()
        .call(request(pair))
        .await
        .unwrap();
    assert_eq!(second.into_body().collect().await.unwrap().to_bytes(), "2");

    // The response to a failure is made without the handler.
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    let failed = service
        .ready()
        .await
        .unwrap()
        .call(request(pair))
        .await
        .unwrap();
    assert_eq!(failed.status(), 503);
    assert_eq!(failed.headers()["cloakroom-failure"], "unavailable");
    assert!(
        failed
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .is_empty()
    );
}

async fn by_tonic(
    request: Request<tonic::body::Body>,
) -> Result<Response<tonic::body::Body>, Infallible> {
    let session = request.extensions().get::<RequestSession<Data>>().unwrap();
    Ok(match session.subject().await.ok().flatten() {
        Some(_) => Response::new(tonic::body::Body::empty()),
        None => tonic::Status::unauthenticated("sign in").into_http(),
    })
}

#[tokio::test]
async fn a_service_of_tonics_bodies_has_sessions_too() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let layer = SessionLayer::builder(world.sessions.clone())
        .without_cookie()
        .bearer();
    let mut service = ServiceBuilder::new()
        .layer(layer.build().unwrap())
        .service(service_fn(by_tonic));
    let request = |header: &str| {
        let request = Request::post("/").header("authorization", header);
        request.body(tonic::body::Body::empty()).unwrap()
    };
    let bearer = format!("Bearer {}", &*token.expose());
    let known = service
        .ready()
        .await
        .unwrap()
        .call(request(&bearer))
        .await
        .unwrap();
    assert!(!known.headers().contains_key("grpc-status"));
    let unknown = service
        .ready()
        .await
        .unwrap()
        .call(request("Bearer x"))
        .await
        .unwrap();
    assert_eq!(unknown.headers()["grpc-status"], "16");
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    let failed = service
        .ready()
        .await
        .unwrap()
        .call(request(&bearer))
        .await
        .unwrap();
    assert_eq!(failed.status(), 503, "which gRPC takes for unavailable");
}

/// A service that must be polled ready before each call, and only the one that was.
#[tokio::test]
async fn the_service_that_was_polled_ready_is_the_one_that_is_called() {
    let world = World::<Data>::new();
    let handler = service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let limited = tower::limit::ConcurrencyLimit::new(handler, 1);
    let mut service = ServiceBuilder::new()
        .layer(SessionLayer::new(world.sessions.clone()))
        .service(limited);
    for _ in 0..3 {
        // The limit panics where it is called without being ready.
        let call = service.ready().await.unwrap().call(Request::new(()));
        assert_eq!(call.await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_failing_layer_keeps_the_cookie_that_one_within_has_set() {
    let (outer, inner) = (World::<String>::new(), World::<Data>::new());
    let visit = inner.sessions.create(7).await.unwrap();
    let handler =
        async |cart: RequestSession<String>, session: RequestSession<Data>| -> Result<()> {
            cart.change(|cart| cart.push('x')).await?;
            let ada = cloakroom_core::Subject::new("ada").unwrap();
            let attempt = session.begin_sign_in(&ada).await?;
            let signed_in = session.complete(attempt, Option::unwrap_or_default).await?;
            assert!(signed_in.is_signed_in());
            Ok(())
        };
    let cart = SessionLayer::builder(outer.sessions.clone())
        .cookie(SessionCookie::new().name("__Host-cart"))
        .build()
        .unwrap();
    let app = Router::new()
        .route("/", axum::routing::any(handler))
        .layer(SessionLayer::new(inner.sessions.clone()))
        .layer(cart);
    outer
        .faults
        .fail_before(Operation::Create, ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert_eq!(answer.status.as_u16(), 503);
    let token = answer
        .token()
        .expect("the old token opens nothing any more");
    assert!(inner.sessions.load(&token).await.unwrap().is_found());
}

#[tokio::test]
async fn the_same_layer_twice_is_one() {
    let world = World::<Data>::new();
    let layer = SessionLayer::new(world.sessions.clone());
    let app = Router::new()
        .route("/", get(count))
        .layer(layer.clone())
        .layer(layer);
    let first = ask(&app, &[]).await;
    assert_eq!(first.set_cookies().len(), 1);
    let token = first.token().unwrap();
    let second = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!((second.body.as_str(), second.set_cookies().len()), ("2", 0));
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn two_layers_whose_cookies_have_one_name_are_refused() {
    let (numbers, texts) = (World::<Data>::new(), World::<String>::new());
    let one = || SessionLayer::new(numbers.sessions.clone());
    let other = SessionLayer::new(texts.sessions.clone());
    // Of other data; and of the same, with a layer between.
    let between = SessionLayer::builder(texts.sessions.clone())
        .cookie(SessionCookie::new().name("__Host-between"))
        .build()
        .unwrap();
    let route = || Router::new().route("/", get(count));
    for app in [
        route().layer(one()).layer(other.clone()),
        route().layer(other).layer(one()),
        route().layer(one()).layer(one()),
        route().layer(one()).layer(between).layer(one()),
    ] {
        let answer = ask(&app, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, ""));
        assert_eq!(answer.header("cloakroom-failure"), Some("same-cookie"));
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(numbers.count().await, 0);
    // Without cookies there is nothing to overwrite.
    let bearer = |world: &World<String>| {
        let layer = SessionLayer::builder(world.sessions.clone());
        layer.without_cookie().bearer().build().unwrap()
    };
    let app = route()
        .layer(bearer(&texts))
        .layer(one())
        .layer(bearer(&texts));
    assert_eq!(ask(&app, &[]).await.status, 200);
}

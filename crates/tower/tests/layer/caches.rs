//! What shared caches may keep.

use axum::response::IntoResponse;
use cloakroom_tower::{RequestSession, SessionLayer};
use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderName};

use crate::support::{World, app, ask, browser::Answer};

type Data = u32;

/// Answers with the headers that the request asks for, and changes the session where it is to.
async fn handler(headers: HeaderMap, session: RequestSession<Data>) -> impl IntoResponse {
    if headers.contains_key("x-change") {
        session.change(|count| *count += 1).await.unwrap();
    } else {
        session.get().await.unwrap();
    }
    let mut answer = HeaderMap::new();
    let echoed = [
        ("x-cache-control", CACHE_CONTROL),
        ("x-vary", VARY),
        ("x-cdn", HeaderName::from_static("cdn-cache-control")),
        (
            "x-vendor",
            HeaderName::from_static("acme-cdn-cache-control"),
        ),
        ("x-surrogate", HeaderName::from_static("surrogate-control")),
        ("x-edge", HeaderName::from_static("edge-control")),
        ("x-accel", HeaderName::from_static("x-accel-expires")),
    ];
    for (asked, name) in echoed {
        for value in headers.get_all(asked) {
            answer.append(name.clone(), value.clone());
        }
    }
    answer
}

async fn ask_with(headers: &[(&str, &str)]) -> Answer {
    let world = World::<Data>::new();
    ask(
        &app(SessionLayer::new(world.sessions.clone()), handler),
        headers,
    )
    .await
}

#[tokio::test]
async fn no_cookie_leaves_on_a_response_that_shared_caches_may_keep() {
    for (asked, expected) in [
        (None, "no-store"),
        (Some("public, max-age=3600"), "no-store"),
        (Some("max-age=3600"), "no-store"),
        // Qualified, it keeps only these headers out of caches.
        (Some("private=\"set-cookie\""), "no-store"),
        (Some("max-age=1, ext=\"a, private, b\""), "no-store"),
        (Some("ext=\"\\\", private\""), "no-store"),
        (Some("no-cache"), "no-store"),
        // What keeps it out already is kept.
        (Some("private"), "private"),
        (Some("max-age=60, Private"), "max-age=60, Private"),
        (Some("NO-STORE, max-age=0"), "NO-STORE, max-age=0"),
    ] {
        let mut headers = vec![("x-change", "1")];
        headers.extend(asked.map(|asked| ("x-cache-control", asked)));
        let answer = ask_with(&headers).await;
        assert_eq!(answer.set_cookies().len(), 1);
        assert_eq!(answer.header("cache-control"), Some(expected), "{asked:?}");
    }
    let two = [
        ("x-change", "1"),
        ("x-cache-control", "max-age=1"),
        ("x-cache-control", "private"),
    ];
    assert_eq!(
        ask_with(&two)
            .await
            .headers
            .get_all(CACHE_CONTROL)
            .iter()
            .count(),
        2
    );
}

#[tokio::test]
async fn a_response_that_asked_for_the_session_varies_by_its_cookie() {
    for (cache, vary, expected) in [
        (None, None, vec!["cookie"]),
        (None, Some("accept"), vec!["accept", "cookie"]),
        (None, Some("accept, Cookie"), vec!["accept, Cookie"]),
        (None, Some("*"), vec!["*"]),
        (Some("public"), None, vec!["cookie"]),
        (Some("private"), None, vec![]),
        (Some("no-store"), None, vec![]),
    ] {
        let mut headers = Vec::new();
        headers.extend(cache.map(|cache| ("x-cache-control", cache)));
        headers.extend(vary.map(|vary| ("x-vary", vary)));
        let answer = ask_with(&headers).await;
        let found: Vec<_> = answer.headers.get_all(VARY).iter().collect();
        assert_eq!(found, expected, "{cache:?} {vary:?}");
        assert_eq!(answer.header("cache-control"), cache);
    }
}

#[tokio::test]
async fn where_a_header_brings_tokens_responses_vary_by_it() {
    let world = World::<Data>::new();
    let sessions = world.sessions.clone();
    let vary = async |layer| {
        let answer = ask(&app(layer, handler), &[]).await;
        let values = answer.headers.get_all(VARY).iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let both = SessionLayer::builder(sessions.clone())
        .bearer()
        .build()
        .unwrap();
    assert_eq!(vary(both).await, ["cookie", "authorization"]);
    let only = SessionLayer::builder(sessions).without_cookie().bearer();
    assert_eq!(vary(only.build().unwrap()).await, ["authorization"]);
}

/// Caches that have a field of their own do not look at `Cache-Control`.
#[tokio::test]
async fn no_cookie_leaves_on_a_response_that_some_shared_caches_are_told_to_keep() {
    for (asked, name) in [
        ("x-cdn", "cdn-cache-control"),
        ("x-vendor", "acme-cdn-cache-control"),
        ("x-surrogate", "surrogate-control"),
        ("x-edge", "edge-control"),
        ("x-accel", "x-accel-expires"),
    ] {
        for (cache, expected) in [(None, "no-store"), (Some("private"), "private")] {
            let mut headers = vec![("x-change", "1"), (asked, "max-age=600")];
            headers.extend(cache.map(|cache| ("x-cache-control", cache)));
            let answer = ask_with(&headers).await;
            assert_eq!(answer.set_cookies().len(), 1);
            assert_eq!(answer.header(name), None, "{name}");
            assert_eq!(answer.header("cache-control"), Some(expected), "{name}");
        }
        // Without a cookie they may keep it, for those with the same one.
        let read = [(asked, "max-age=600"), ("x-cache-control", "private")];
        let answer = ask_with(&read).await;
        assert_eq!(answer.header(name), Some("max-age=600"));
        assert_eq!(answer.header("vary"), Some("cookie"), "{name}");
    }
}

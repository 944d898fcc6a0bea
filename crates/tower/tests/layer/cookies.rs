//! The cookie as it is set, and which cookies are taken.

use std::time::Duration;

use cloakroom_core::Timeouts;
use cloakroom_tower::{Persistence, RequestSession, Result, SameSite, SessionCookie, SessionLayer};

use crate::support::{World, app, ask, cookie};

type Data = u32;

async fn count(session: RequestSession<Data>) -> Result<String> {
    let view = session.change(|count| *count += 1).await?;
    Ok(view.data().to_string())
}

/// What a first visit sets, without the token.
async fn attributes(settings: SessionCookie) -> String {
    let world = World::<Data>::with(|sessions| sessions.timeouts(Timeouts::AAL1));
    let layer = SessionLayer::builder(world.sessions.clone()).cookie(settings);
    let answer = ask(&app(layer.build().unwrap(), count), &[]).await;
    let token = answer.token().unwrap();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.set_cookies()[0].replace(&*token.expose(), "TOKEN")
}

#[tokio::test]
async fn the_defaults_are_safe() {
    assert_eq!(
        attributes(SessionCookie::new()).await,
        "__Host-session=TOKEN; Path=/; Secure; HttpOnly; SameSite=Lax"
    );
}

#[tokio::test]
async fn every_attribute_can_be_changed() {
    let settings = SessionCookie::new()
        .name("__Secure-shop")
        .domain("example.com")
        .path("/shop")
        .http_only(false)
        .same_site(SameSite::None)
        .persistence(Persistence::Always);
    assert_eq!(
        attributes(settings).await,
        "__Secure-shop=TOKEN; Path=/shop; Domain=example.com; Secure; SameSite=None; Max-Age=2592000"
    );
    let strict = SessionCookie::new().same_site(SameSite::Strict);
    assert!(attributes(strict).await.ends_with("; SameSite=Strict"));
}

#[tokio::test]
async fn plain_http_on_localhost_has_to_be_asked_for() {
    assert_eq!(
        attributes(SessionCookie::plain_http_on_localhost()).await,
        "session=TOKEN; Path=/; HttpOnly; SameSite=Lax"
    );
}

#[tokio::test]
async fn a_cookie_is_kept_for_400_days_at_most_and_never_where_it_is_not_to_be() {
    let years = Duration::from_secs(3 * 365 * 24 * 60 * 60);
    let timeouts = Timeouts::new(years, years).unwrap();
    for (persistence, expected) in [
        (Persistence::Remembered, Some("; Max-Age=34560000")),
        (Persistence::Always, Some("; Max-Age=34560000")),
        (Persistence::Never, None),
    ] {
        let world = World::<Data>::new();
        let settings = SessionCookie::new().persistence(persistence);
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            let ada = cloakroom_core::Subject::new("ada").unwrap();
            let attempt = session.begin_sign_in(&ada).await?.remembered(timeouts);
            let _ = session.complete(attempt, Option::unwrap_or_default).await?;
            Ok(())
        };
        let layer = SessionLayer::builder(world.sessions.clone()).cookie(settings);
        let set = ask(&app(layer.build().unwrap(), handler), &[])
            .await
            .set_cookies();
        let max_age = set[0].find("; Max-Age").map(|at| &set[0][at..]);
        assert_eq!(max_age, expected, "{persistence:?}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_not_looked_up_and_never_adopted() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let app = app(SessionLayer::new(world.sessions.clone()), count);
    let text = token.expose();
    let mine = cookie(&token);
    let too_long = "A".repeat(100_000);
    let other_alphabet = text.replace(|c: char| c.is_ascii_alphanumeric(), "+");
    let before = world.faults.calls(cloakroom_core::Operation::Load);
    for header in [
        // Two of the name: one of them was planted.
        format!("{mine}; {mine}"),
        format!("{mine}; __Host-session=x"),
        // Another name, to a browser.
        format!("__host-session={}", &*text),
        format!("\u{2003}__Host-session={}", &*text),
        format!("__Host-session\u{a0}={}", &*text),
        format!("x__Host-session={}", &*text),
        // No token.
        "__Host-session=".to_owned(),
        "__Host-session".to_owned(),
        format!("__Host-session={too_long}"),
        format!("__Host-session=\"{}\"", &*text),
        format!("__Host-session={other_alphabet}"),
        format!("__Host-session={}=", &*text),
    ] {
        let shown = header.get(..30).unwrap_or_default();
        let answer = ask(&app, &[("cookie", &header)]).await;
        assert_eq!(answer.body, "1", "{shown}");
        let new = answer.token().unwrap();
        assert!(new != token, "{shown}");
    }
    let loads = world.faults.calls(cloakroom_core::Operation::Load);
    assert_eq!(loads, before, "something was looked up");

    // Well formed, and never issued: looked up, and not adopted.
    let forged = "A".repeat(43);
    let answer = ask(&app, &[("cookie", &format!("__Host-session={forged}"))]).await;
    assert!(answer.set_cookies()[0].find(&forged).is_none());
    assert_eq!(answer.body, "1");
}

#[tokio::test]
async fn the_cookie_is_found_among_others_and_in_several_headers() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let app = app(SessionLayer::new(world.sessions.clone()), count);
    let mine = cookie(&token);
    let among = format!("theme=dark;\t {mine} \t; __Host-sessions=x; session=y;;=;");
    let headers: [&[(&str, &str)]; 3] = [
        &[("cookie", &among)],
        &[("cookie", "theme=dark"), ("cookie", &mine)],
        &[("cookie", &mine), ("cookie", "a=b; c=d")],
    ];
    for (seen, headers) in headers.into_iter().enumerate() {
        assert_eq!(ask(&app, headers).await.body, (seen + 1).to_string());
    }
    // Two headers that have it each are two cookies.
    let twice = [("cookie", mine.as_str()), ("cookie", mine.as_str())];
    assert_eq!(ask(&app, &twice).await.body, "1");
}

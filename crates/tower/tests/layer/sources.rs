//! Where tokens come from, and which of them are answered by a cookie.

use std::time::Duration;

use cloakroom_core::{SignIn, Subject, Token};
use cloakroom_tower::{
    Dropped, Renewed, RequestSession, Result, Saved, SessionLayer, SessionLayerBuilder,
};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

fn every_source(world: &World<Data>) -> SessionLayerBuilder<Data> {
    SessionLayer::builder(world.sessions.clone())
        .bearer()
        .token_from(|request| Token::parse(request.uri.query()?.strip_prefix("token=")?).ok())
}

async fn who(session: RequestSession<Data>) -> Result<String> {
    let subject = session.subject().await?;
    Ok(format!("{subject:?} by {:?}", session.token_source()))
}

#[tokio::test]
async fn the_sources_are_tried_in_order() {
    let world = World::<Data>::new();
    let [ada, bob] = [world.signed_in("ada").await, world.signed_in("bob").await];
    let app = app(every_source(&world).build().unwrap(), who);
    let bearer = |token: &Token| format!("Bearer {}", &*token.expose());
    let by = async |headers: &[(&str, &str)]| ask(&app, headers).await.body;

    assert!(
        by(&[("cookie", &cookie(&ada))])
            .await
            .ends_with("by Some(Cookie)")
    );
    let both = by(&[("cookie", &cookie(&ada)), ("authorization", &bearer(&bob))]).await;
    assert!(
        both.contains("ada") && both.ends_with("by Some(Cookie)"),
        "{both}"
    );
    // A cookie that is none leaves the next source its turn.
    let junk = by(&[
        ("cookie", "__Host-session=x"),
        ("authorization", &bearer(&bob)),
    ])
    .await;
    assert!(
        junk.contains("bob") && junk.ends_with("by Some(Bearer)"),
        "{junk}"
    );
    assert!(by(&[]).await.ends_with("by None"));
}

#[tokio::test]
async fn the_scheme_is_read_without_regard_to_case() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let app = app(every_source(&world).build().unwrap(), who);
    let text = token.expose();
    for (scheme, is_token) in [
        ("Bearer ", true),
        ("bearer ", true),
        ("BEARER   ", true),
        ("Bearer", false),
        ("Bearer\t", false),
        ("Basic ", false),
        ("Bearers ", false),
        ("", false),
    ] {
        let header = format!("{scheme}{}", &*text);
        let body = ask(&app, &[("authorization", &header)]).await.body;
        assert_eq!(body.contains("ada"), is_token, "{scheme:?}");
    }
    let header = format!("Bearer {}", &*text);
    let twice = [
        ("authorization", header.as_str()),
        ("authorization", header.as_str()),
    ];
    assert!(
        !ask(&app, &twice).await.body.contains("ada"),
        "which of them?"
    );
}

#[tokio::test]
async fn a_function_of_the_request_finds_tokens_too() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let app = app(every_source(&world).build().unwrap(), who);
    let path = format!("/?token={}", &*token.expose());
    let answer = crate::support::send(&app, http::Method::GET, &path, &[]).await;
    assert!(answer.body.contains("ada") && answer.body.ends_with("by Some(Function)"));
}

#[tokio::test]
async fn a_token_in_a_header_is_never_answered_by_a_cookie() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let dead = world.signed_in("ada").await;
    let _ = world.sessions.sign_out(&dead).await.unwrap();
    let layer = every_source(&world)
        .renew_every(Duration::from_secs(1), Duration::from_secs(60))
        .build()
        .unwrap();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        session.change(|data| data.push(1)).await?;
        let saved = session.save().await?;
        let renewed = session.renew(Duration::from_secs(60)).await;
        assert!(renewed.unwrap_err().is_no_cookie());
        Ok(format!("{saved:?}"))
    };
    let app = app(layer, handler);
    world.clock.advance(Duration::from_secs(300));
    let bearer = |token: &Token| format!("Bearer {}", &*token.expose());
    let answer = ask(&app, &[("authorization", &bearer(&token))]).await;
    assert_eq!(
        (answer.body.as_str(), answer.set_cookies().len()),
        ("Stored", 0)
    );
    // Nor is a session created that nobody could be given the token of.
    let answer = ask(&app, &[("authorization", &bearer(&dead))]).await;
    let expected = format!("{:?}", Saved::Dropped(Dropped::NoCookie));
    assert_eq!(
        (answer.body.clone(), answer.set_cookies().len()),
        (expected, 0)
    );
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn at_sign_in_the_application_chooses_how_the_token_goes_out() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        let ada = Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        let done = session
            .complete_without_cookie(attempt, Option::unwrap_or_default)
            .await?;
        let SignIn::SignedIn { issued, .. } = done else {
            panic!("not signed in");
        };
        session.change(|data| data.push(1)).await?;
        assert!(
            session
                .renew(Duration::ZERO)
                .await
                .unwrap_err()
                .is_no_cookie()
        );
        Ok(issued.token.expose().to_owned())
    };
    let app = app(every_source(&world).build().unwrap(), handler);
    let answer = ask(&app, &[]).await;
    assert!(answer.set_cookies().is_empty());
    let token = Token::parse(&answer.body).unwrap();
    assert_eq!(world.data(&token).await.unwrap(), [1]);

    // And the other way round: a client with a token in a header that wants a cookie.
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let ada = Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        assert!(
            session
                .complete(attempt, Option::unwrap_or_default)
                .await?
                .is_signed_in()
        );
        let _: Renewed = session.renew(Duration::ZERO).await?;
        Ok(())
    };
    let app = app_of(&world, handler);
    let bearer = format!("Bearer {}", &*token.expose());
    let answer = ask(&app, &[("authorization", &bearer)]).await;
    let new = answer.token().unwrap();
    assert_eq!(world.data(&new).await.unwrap(), [1]);
    assert_eq!(world.count().await, 1);
}

fn app_of<M: 'static>(
    world: &World<Data>,
    handler: impl axum::handler::Handler<M, ()>,
) -> axum::Router {
    app(every_source(world).build().unwrap(), handler)
}

#[tokio::test]
async fn without_a_cookie_no_cookie_is_set() {
    let world = World::<Data>::new();
    let layer = SessionLayer::builder(world.sessions.clone())
        .without_cookie()
        .bearer();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        assert_eq!(session.save().await?, Saved::Dropped(Dropped::NoCookie));
        let ada = Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        let refused = session.complete(attempt, Option::unwrap_or_default).await;
        assert!(refused.unwrap_err().is_no_cookie());
        Ok(())
    };
    let answer = ask(&app(layer.build().unwrap(), handler), &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn several_cookies_are_no_session_and_no_other_source_is_asked() {
    let world = World::<Data>::new();
    let [ada, mallory] = [
        world.signed_in("ada").await,
        world.signed_in("mallory").await,
    ];
    let app = app(every_source(&world).build().unwrap(), who);
    let planted = format!("{}; __Host-session=planted", cookie(&ada));
    let bearer = format!("Bearer {}", &*mallory.expose());
    let answer = ask(&app, &[("cookie", &planted), ("authorization", &bearer)]).await;
    assert_eq!(answer.body, "None by None");
}

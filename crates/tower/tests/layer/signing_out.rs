//! Signing out, and ending a user's other sessions.

use cloakroom_core::{Lookup, SignOut, Subject};
use cloakroom_tower::{RequestSession, Result, SessionCookie, SessionLayer};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

async fn sign_out(session: RequestSession<Data>) -> Result<&'static str> {
    session.change(|data| data.push(1)).await?;
    Ok(match session.sign_out().await? {
        SignOut::SignedOut { .. } => "signed out",
        SignOut::Missing => "missing",
    })
}

#[tokio::test]
async fn signing_out_deletes_the_cookie_and_repeats_its_path_and_domain() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let settings = SessionCookie::new()
        .name("__Secure-shop")
        .domain("example.com")
        .path("/shop");
    let layer = SessionLayer::builder(world.sessions.clone()).cookie(settings);
    let app = app(layer.build().unwrap(), sign_out);
    let pair = format!("__Secure-shop={}", &*token.expose());
    let answer = ask(&app, &[("cookie", &pair)]).await;
    assert_eq!(answer.body, "signed out");
    assert_eq!(
        answer.set_cookies(),
        [
            "__Secure-shop=; Path=/shop; Domain=example.com; Secure; HttpOnly; SameSite=Lax; \
          Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        ]
    );
    assert!(matches!(
        world.sessions.load(&token).await,
        Ok(Lookup::Ended { .. })
    ));
}

#[tokio::test]
async fn signing_out_of_nothing_deletes_no_cookie() {
    let world = World::<Data>::new();
    let app = app(SessionLayer::new(world.sessions.clone()), sign_out);
    let answer = ask(&app, &[]).await;
    assert_eq!(
        (answer.body.as_str(), answer.set_cookies().len()),
        ("missing", 0)
    );
    assert_eq!(
        world.count().await,
        0,
        "what was changed before signing out is forgotten"
    );
    // A form that is submitted twice.
    let token = world.signed_in("ada").await;
    let first = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (first.body.as_str(), first.set_cookies().len()),
        ("signed out", 1)
    );
    let second = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (second.body.as_str(), second.set_cookies().len()),
        ("missing", 0)
    );
}

#[tokio::test]
async fn signing_out_late_leaves_the_cookie_of_another_sign_in() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(vec![]).await.unwrap();
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        session.get().await?;
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = sessions.begin_sign_in(&ada).await.unwrap();
        let token = session.token().await?;
        let done = sessions.complete(attempt, token.as_ref(), Option::unwrap_or_default);
        assert!(done.await.unwrap().signed_in().is_some());
        assert_eq!(session.sign_out().await?, SignOut::Missing);
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
    assert_eq!(world.count_of("ada").await, 1);
}

#[tokio::test]
async fn what_is_changed_after_signing_out_begins_a_new_session() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.sign_out().await?;
        // "You have signed out."
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let new = ask(&app, &[("cookie", &cookie(&token))])
        .await
        .token()
        .unwrap();
    assert_eq!(world.data(&new).await.unwrap(), [1]);
    assert!(matches!(
        world.sessions.load(&token).await,
        Ok(Lookup::Ended { .. })
    ));
    assert_eq!(world.count_of("ada").await, 0);
}

#[tokio::test]
async fn a_password_change_ends_the_others_and_a_panic_button_all() {
    let world = World::<Data>::new();
    let mine = world.signed_in("ada").await;
    let theirs = world.signed_in("ada").await;
    let others = async |session: RequestSession<Data>| -> Result<String> {
        Ok(format!(
            "{}",
            session.revoke_others().await?.unwrap().ended.len()
        ))
    };
    let others = app(SessionLayer::new(world.sessions.clone()), others);
    let answer = ask(&others, &[("cookie", &cookie(&mine))]).await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("1", 0));
    assert!(matches!(
        world.sessions.load(&theirs).await,
        Ok(Lookup::Ended { .. })
    ));

    let all = async |session: RequestSession<Data>| -> Result<String> {
        Ok(format!(
            "{}",
            session.revoke_all().await?.unwrap().ended.len()
        ))
    };
    let all = app(SessionLayer::new(world.sessions.clone()), all);
    let answer = ask(&all, &[("cookie", &cookie(&mine))]).await;
    assert_eq!(answer.body, "1");
    assert!(answer.set_cookies()[0].contains("Max-Age=0"));
    assert_eq!(world.count().await, 0);
    let nobody = async |session: RequestSession<Data>| -> Result<String> {
        Ok(format!("{:?}", session.revoke_others().await?.is_none()))
    };
    let nobody = app(SessionLayer::new(world.sessions.clone()), nobody);
    assert_eq!(ask(&nobody, &[]).await.body, "true");
}

#[tokio::test]
async fn a_request_that_came_without_the_cookie_deletes_none() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await?;
        let signed_in = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(signed_in.is_signed_in());
        session.sign_out().await?;
        Ok(())
    };
    let answer = ask(
        &app(SessionLayer::new(world.sessions.clone()), handler),
        &[],
    )
    .await;
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn ending_all_deletes_the_cookie_only_of_a_session_that_it_has_ended() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        let token = session.token().await?.unwrap();
        session.get().await?;
        // Meanwhile the user signs out, and perhaps in again, in the same browser.
        let _ = sessions.sign_out(&token).await.unwrap();
        assert!(session.revoke_all().await?.unwrap().ended.is_empty());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
}

//! What a request costs the store.

use std::time::Duration;

use cloakroom_tower::{RequestSession, Result, SessionLayer};

use crate::support::{World, app, ask, cookie};

type Data = u32;

#[tokio::test]
async fn a_request_that_never_asks_costs_nothing() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let app = app(SessionLayer::new(world.sessions.clone()), async || "hello");
    let before = world.calls();
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.body, "hello");
    assert_eq!(world.calls(), before);
    assert!(answer.set_cookies().is_empty());
    assert_eq!(answer.header("vary"), None);
}

#[tokio::test]
async fn a_request_without_a_token_that_only_reads_costs_nothing_and_stores_nothing() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        Ok(format!(
            "{:?}",
            session.get().await?.map(|view| *view.data())
        ))
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[]).await;
    assert_eq!(answer.body, "None");
    assert_eq!(world.calls(), [0; 5]);
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn a_request_that_only_reads_costs_one_load_and_the_touch_that_is_due() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        // However many ask, and also at once.
        let (one, other) = tokio::join!(session.get(), session.subject());
        assert_eq!(one?.unwrap().subject(), other?.as_ref());
        let task = tokio::spawn(async move { session.get().await });
        task.await.unwrap()?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let before = world.calls();
    let [loads, touches, rest @ ..] = before;
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, 200);
    let [updates, creates, deletes] = rest;
    assert_eq!(
        world.calls(),
        [loads + 1, touches, updates, creates, deletes]
    );

    // A twentieth of 30 minutes.
    world.clock.advance(Duration::from_secs(90));
    ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        world.calls(),
        [loads + 2, touches + 1, updates, creates, deletes]
    );
}

#[tokio::test]
async fn changes_that_are_discarded_are_not_stored() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.change(|count| *count += 1).await?;
        session.discard().await?;
        assert!(session.get().await?.is_none());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[]).await;
    assert_eq!((answer.status.as_u16(), world.calls()), (200, [0; 5]));
    assert!(answer.set_cookies().is_empty());
}

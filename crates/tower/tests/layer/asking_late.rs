//! Requests that ask for their session only when it has ended.

use std::time::Duration;

use cloakroom_core::Subject;
use cloakroom_tower::{Dropped, RequestSession, Result, Saved, SessionLayer};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

const MARGIN: Duration = Duration::from_secs(3);
const MOMENT: Duration = Duration::from_millis(1);

async fn change(session: RequestSession<Data>) -> Result<String> {
    session.change(|data| data.push(1)).await?;
    Ok(format!("{:?}", session.save().await?))
}

#[tokio::test]
async fn a_session_that_ended_since_the_request_came_is_not_replaced() {
    for wait in [Duration::ZERO, Duration::from_secs(200)] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let (sessions, clock) = (world.sessions.clone(), world.clock.clone());
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            clock.advance(wait);
            // By another request.
            let theirs = session.token().await?.unwrap();
            let _ = sessions.sign_out(&theirs).await.unwrap();
            clock.advance(wait);
            assert!(session.get().await?.is_none());
            session.change(|data| data.push(1)).await?;
            assert_eq!(session.save().await?, Saved::Dropped(Dropped::Ended));
            Ok(())
        };
        let layer = SessionLayer::builder(world.sessions.clone()).clock_margin(Duration::ZERO);
        let app = app(layer.build().unwrap(), handler);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.set_cookies().len()),
            (200, 0)
        );
        assert_eq!(world.count().await, 0, "begun in its place");
    }
}

#[tokio::test]
async fn one_that_ended_before_the_request_came_is_replaced_once_the_clocks_agree_on_that() {
    for (margin, before, expected) in [
        (MARGIN, Duration::ZERO, "Dropped(Ended)"),
        (MARGIN, MARGIN, "Dropped(Ended)"),
        (MARGIN, MARGIN + MOMENT, "Created"),
        (Duration::ZERO, Duration::ZERO, "Dropped(Ended)"),
        (Duration::ZERO, MOMENT, "Created"),
    ] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let layer = SessionLayer::builder(world.sessions.clone()).clock_margin(margin);
        let app = app(layer.build().unwrap(), change);
        let _ = world.sessions.sign_out(&token).await.unwrap();
        world.clock.advance(before);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(answer.body, expected, "{margin:?}, {before:?}");
        let begun = usize::from(expected == "Created");
        assert_eq!(answer.set_cookies().len(), begun, "{margin:?}, {before:?}");
        assert_eq!(world.count().await, begun as u64, "{margin:?}, {before:?}");
    }
}

/// By the hosts' clocks the session ended after the request came, or before: the margin is a second where
/// nobody has said otherwise.
#[tokio::test]
async fn the_margin_is_a_second() {
    let second = Duration::from_secs(1);
    for (before, expected) in [(second, "Dropped(Ended)"), (second + MOMENT, "Created")] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let app = app(SessionLayer::new(world.sessions.clone()), change);
        let _ = world.sessions.sign_out(&token).await.unwrap();
        world.clock.advance(before);
        let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test]
async fn a_request_whose_session_ended_under_way_can_sign_in() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        let theirs = session.token().await?.unwrap();
        let _ = sessions.sign_out(&theirs).await.unwrap();
        assert!(session.get().await?.is_none());
        let attempt = session.begin_sign_in(&Subject::new("ada").unwrap()).await?;
        let outcome = session.complete(attempt, Option::unwrap_or_default).await?;
        assert!(outcome.is_signed_in());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    let new = answer.token().unwrap();
    assert_eq!(world.data(&new).await.unwrap(), Data::new());
    assert_eq!(world.count_of("ada").await, 1);
}

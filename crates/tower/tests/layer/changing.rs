//! What becomes of changes.

use std::time::Duration;

use axum::http::StatusCode;
use cloakroom_core::{Lookup, Operation};
use cloakroom_tower::{Dropped, Replaced, RequestSession, Result, Saved, SessionLayer};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

#[tokio::test]
async fn the_first_change_creates_a_session_and_the_next_one_changes_it() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        let view = session.change(|data| data.push(1)).await?;
        // The handler sees its own change before it is saved.
        Ok(format!("{:?}", view.data()))
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let first = ask(&app, &[]).await;
    let token = first.token().unwrap();
    assert_eq!((first.body.as_str(), world.count().await), ("[1]", 1));
    let second = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!((second.body.as_str(), world.count().await), ("[1, 1]", 1));
    assert!(second.set_cookies().is_empty(), "it has the cookie already");
    assert_eq!(world.data(&token).await.unwrap(), [1, 1]);
}

#[tokio::test]
async fn changes_are_saved_in_one_update_whatever_the_status() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<StatusCode> {
        for number in 1..=3 {
            session.change(move |data| data.push(number)).await?;
        }
        Ok(StatusCode::NOT_FOUND)
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(world.faults.calls(Operation::Update), 1);
    assert_eq!(world.data(&token).await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_handler_that_saves_sees_what_becomes_of_it() {
    let world = World::<Data>::new();
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        assert_eq!(session.save().await?, Saved::Nothing);
        session.change(|data| data.push(1)).await?;
        assert_eq!(session.save().await?, Saved::Created);
        assert_eq!(session.save().await?, Saved::Nothing);
        session.change(|data| data.push(2)).await?;
        assert_eq!(session.save().await?, Saved::Stored);
        let token = session.token().await?.unwrap();
        // Ended by another request, and then changed by this one.
        let _ = sessions.sign_out(&token).await.unwrap();
        session.change(|data| data.push(3)).await?;
        assert_eq!(session.save().await?, Saved::Dropped(Dropped::Ended));
        session.change(|data| data.push(4)).await?;
        assert_eq!(session.save().await?, Saved::Dropped(Dropped::Ended));
        assert!(session.get().await?.is_none());
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[]).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.set_cookies().is_empty(),
        "of a session that has ended"
    );
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn an_expired_session_is_followed_by_a_new_one() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    world.clock.advance(Duration::from_secs(30 * 60));
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        assert!(session.get().await?.is_none());
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let new = ask(&app, &[("cookie", &cookie(&token))])
        .await
        .token()
        .unwrap();
    assert!(new != token, "a token was adopted");
    assert_eq!(world.data(&new).await.unwrap(), [1]);
}

#[tokio::test]
async fn finding_no_session_deletes_no_cookie() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let _ = world.sessions.sign_out(&token).await.unwrap();
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        Ok(session.get().await?.is_none().to_string())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.body.as_str(), answer.set_cookies().len()),
        ("true", 0)
    );
}

#[tokio::test]
async fn a_replaced_token_sets_no_cookie_and_stores_nothing() {
    let world = World::<Data>::new();
    let visit = world.sessions.create(vec![]).await.unwrap();
    let ada = cloakroom_core::Subject::new("ada").unwrap();
    let attempt = world.sessions.begin_sign_in(&ada).await.unwrap();
    let from = Some(&visit.token);
    let done = world
        .sessions
        .complete(attempt, from, Option::unwrap_or_default);
    let _ = done.await.unwrap();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        assert!(session.get().await?.is_none());
        session.change(|data| data.push(1)).await?;
        assert_eq!(session.save().await?, Saved::Dropped(Dropped::Replaced));
        session.change(|data| data.push(1)).await?;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&visit.token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn a_conflict_is_told_to_those_who_ask_for_it() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        let mut mine = session.get().await?.unwrap().data().clone();
        mine.push(1);
        let token = session.token().await?.unwrap();
        let theirs = sessions.update(&token, |data| data.push(9)).await.unwrap();
        assert!(theirs.is_found());
        let Replaced::Conflict(view) = session.replace_if_unchanged(mine).await? else {
            panic!("their change was overwritten");
        };
        assert_eq!(view.data(), &[9]);
        let mut mine = view.data().clone();
        mine.push(1);
        let stored = session.replace_if_unchanged(mine).await?;
        assert!(
            matches!(stored, Replaced::Saved(Saved::Stored)),
            "{stored:?}"
        );
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 200);
    assert_eq!(world.data(&token).await.unwrap(), [9, 1]);
}

#[tokio::test]
async fn replacing_what_is_not_there_creates_it() {
    let world = World::<Data>::new();
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let created = session.replace_if_unchanged(vec![7]).await?;
        assert!(
            matches!(created, Replaced::Saved(Saved::Created)),
            "{created:?}"
        );
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let token = ask(&app, &[]).await.token().unwrap();
    assert_eq!(world.data(&token).await.unwrap(), [7]);
}

#[tokio::test]
async fn a_session_that_ended_is_not_replaced() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let sessions = world.sessions.clone();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        session.get().await?;
        let token = session.token().await?.unwrap();
        let _ = sessions.sign_out(&token).await.unwrap();
        let replaced = session.replace_if_unchanged(vec![7]).await?;
        let expected = Saved::Dropped(Dropped::Ended);
        assert!(matches!(replaced, Replaced::Saved(saved) if saved == expected));
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.set_cookies().len()),
        (200, 0)
    );
    assert!(matches!(
        world.sessions.peek(&token).await,
        Ok(Lookup::Ended { .. })
    ));
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn what_could_not_be_created_is_carried_over_by_a_sign_in() {
    let world = World::<Data>::new();
    world
        .faults
        .fail_before(Operation::Create, cloakroom_core::ErrorKind::Unavailable);
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        assert!(session.replace_if_unchanged(vec![7]).await.is_err());
        let ada = cloakroom_core::Subject::new("ada").unwrap();
        let attempt = session.begin_sign_in(&ada).await?;
        assert!(
            session
                .complete(attempt, Option::unwrap_or_default)
                .await?
                .is_signed_in()
        );
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let token = ask(&app, &[]).await.token().unwrap();
    assert_eq!(world.data(&token).await.unwrap(), [7]);
}

#[tokio::test]
async fn what_a_replacement_has_is_not_applied_again_where_its_answer_is_lost() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        let view = session.change(|data| data.push(1)).await?;
        let _ = session.replace_if_unchanged(view.data().clone()).await;
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    world.faults.lose_answer(Operation::Update);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

#[tokio::test]
async fn what_a_replacement_has_is_not_applied_again_where_it_is_given_up() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let hold = std::sync::Arc::new(world.faults.hold_after(Operation::Update));
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        let view = session.change(|data| data.push(1)).await?;
        tokio::select! {
            _ = session.replace_if_unchanged(view.data().clone()) => panic!("it is held"),
            () = hold.arrived() => {}
        }
        Ok(())
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

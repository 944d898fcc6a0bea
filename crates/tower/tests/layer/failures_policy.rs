//! The other policies for a store that fails.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use cloakroom_core::{ErrorKind, Operation};
use cloakroom_tower::{
    Dropped, Failure, Moment, OnLoadFailure, OnSaveFailure, RequestSession, Result, Saved,
    SessionFailure, SessionLayer,
};

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

#[tokio::test]
async fn going_on_anonymously_creates_no_session_and_sets_no_cookie() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<String> {
        let nobody = session.get().await?.is_none();
        session.change(|data| data.push(1)).await?;
        assert_eq!(session.save().await?, Saved::Dropped(Dropped::LoadFailed));
        session.change(|data| data.push(1)).await?;
        Ok(nobody.to_string())
    };
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_load_failure(Failure::Unavailable, OnLoadFailure::GoOnAnonymously);
    let app = app(layer.build().unwrap(), handler);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, "true")
    );
    assert!(answer.set_cookies().is_empty());
    assert_eq!(world.count().await, 1);
    assert_eq!(
        world.faults.calls(Operation::Load),
        1,
        "it is not asked again"
    );

    // Only where the application chose it.
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Corrupt);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 503);
}

#[tokio::test]
async fn a_handler_can_have_the_last_word_where_loading_fails() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| match session.get().await {
        Ok(_) => (StatusCode::OK, "hello"),
        Err(_) => (StatusCode::IM_A_TEAPOT, "our own page"),
    };
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_load_failure(Failure::Slow, OnLoadFailure::LeaveToHandler);
    let app = app(layer.build().unwrap(), handler);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Timeout);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (418, "our own page")
    );
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 503);
}

#[tokio::test]
async fn the_handlers_response_can_be_kept_where_saving_fails() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let handler = async |session: RequestSession<Data>| -> Result<&'static str> {
        session.change(|data| data.push(1)).await?;
        Ok("the page")
    };
    let layer = SessionLayer::builder(world.sessions.clone())
        .on_save_failure(Failure::Unavailable, OnSaveFailure::KeepResponse)
        .build()
        .unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    // A layer further out is told, to count or to show a page of its own.
    let app = app(layer, handler).layer(axum::middleware::map_response(
        move |response: axum::response::Response| {
            let failure = response.extensions().get::<SessionFailure>().copied();
            note.lock()
                .unwrap()
                .push(failure.map(|f| (f.failure, f.moment, f.is_outcome_unknown)));
            std::future::ready(response)
        },
    ));
    world
        .faults
        .fail_before(Operation::Update, ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, "the page")
    );
    assert!(world.data(&token).await.unwrap().is_empty());
    world.faults.lose_answer(Operation::Update);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 200);
    world
        .faults
        .fail_before(Operation::Update, ErrorKind::Timeout);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 503);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Corrupt);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 503);
    assert_eq!(ask(&app, &[("cookie", &cookie(&token))]).await.status, 200);
    assert_eq!(
        *seen.lock().unwrap(),
        [
            Some((Failure::Unavailable, Moment::Saving, false)),
            Some((Failure::Unavailable, Moment::Saving, true)),
            Some((Failure::Slow, Moment::Saving, false)),
            Some((Failure::Corrupt, Moment::Loading, false)),
            None,
        ]
    );
}

#[tokio::test]
async fn when_to_come_again_is_the_applications_choice() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let layer = SessionLayer::builder(world.sessions.clone())
        .retry_after(std::time::Duration::from_secs(90));
    let handler = async |session: RequestSession<Data>| -> Result<()> {
        session.get().await?;
        Ok(())
    };
    let app = app(layer.build().unwrap(), handler);
    world
        .faults
        .fail_before(Operation::Load, ErrorKind::Unavailable);
    let answer = ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(answer.header("retry-after"), Some("90"));
}

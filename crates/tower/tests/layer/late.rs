//! Handles that are kept after their request is over.

use std::sync::Arc;
use std::sync::Mutex;

use cloakroom_core::Operation;
use cloakroom_tower::{RequestSession, Result, SessionLayer};
use tokio::sync::mpsc;
use tower::{Layer as _, Service as _, service_fn};

use crate::support::{SOON, World, app, ask, cookie};

type Data = Vec<u32>;
type Kept = Arc<Mutex<Option<RequestSession<Data>>>>;

#[tokio::test]
async fn nothing_is_read_or_changed_behind_the_response() {
    for asks in [false, true] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let kept = Kept::default();
        let keep = Arc::clone(&kept);
        let handler = async move |session: RequestSession<Data>| -> Result<()> {
            if asks {
                session.get().await?;
            }
            *keep.lock().unwrap() = Some(session);
            Ok(())
        };
        let app = app(SessionLayer::new(world.sessions.clone()), handler);
        ask(&app, &[("cookie", &cookie(&token))]).await;
        let session = kept.lock().unwrap().take().unwrap();
        let before = world.calls();
        assert!(session.get().await.unwrap_err().is_too_late());
        let changed = session.change(|data| data.push(1)).await;
        assert!(changed.unwrap_err().is_too_late());
        assert!(session.save().await.unwrap_err().is_too_late());
        assert!(session.sign_out().await.unwrap_err().is_too_late());
        assert_eq!(world.calls(), before);
        assert!(world.data(&token).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_task_that_is_under_way_when_the_handler_answers_is_waited_for() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let hold = Mutex::new(Some(world.faults.hold_before(Operation::Load)));
    let hold = Arc::new(hold);
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        let task = session.clone();
        tokio::spawn(async move { task.change(|data| data.push(1)).await });
        let hold = hold.lock().unwrap().take().unwrap();
        hold.arrived().await;
        hold.release();
        Ok(())
    };
    // A call that a test holds is not slow, however busy the machine is.
    let layer = SessionLayer::builder(world.sessions.clone()).store_deadline(2 * SOON);
    let app = app(layer.build().unwrap(), handler);
    ask(&app, &[("cookie", &cookie(&token))]).await;
    assert_eq!(world.data(&token).await.unwrap(), [1]);
}

#[tokio::test]
async fn a_request_that_is_given_up_saves_nothing_and_is_closed() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let (keep, mut kept) = mpsc::unbounded_channel();
    let handler = async move |session: RequestSession<Data>| -> Result<()> {
        session.change(|data| data.push(1)).await?;
        keep.send(session).unwrap();
        std::future::pending().await
    };
    let app = app(SessionLayer::new(world.sessions.clone()), handler);
    let header = cookie(&token);
    let headers = [("cookie", header.as_str())];
    let session = tokio::select! {
        _ = ask(&app, &headers) => panic!("it answered"),
        session = kept.recv() => session.unwrap(),
    };
    assert!(session.get().await.unwrap_err().is_too_late());
    assert!(world.data(&token).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_service_that_fails_saves_nothing() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let failing = service_fn(move |request: http::Request<()>| {
        let session = request
            .extensions()
            .get::<RequestSession<Data>>()
            .cloned()
            .unwrap();
        let keep = Arc::clone(&keep);
        async move {
            session.change(|data| data.push(1)).await.unwrap();
            *keep.lock().unwrap() = Some(session);
            Err::<http::Response<String>, _>("no response")
        }
    });
    let mut service = SessionLayer::new(world.sessions.clone()).layer(failing);
    let request = http::Request::get("/")
        .header("cookie", cookie(&token))
        .body(());
    let failed = service.call(request.unwrap()).await;
    assert_eq!(failed.unwrap_err(), "no response");
    let session = kept.lock().unwrap().take().unwrap();
    assert!(session.get().await.unwrap_err().is_too_late());
    assert!(world.data(&token).await.unwrap().is_empty());
}

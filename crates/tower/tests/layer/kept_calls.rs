//! Calls that are begun and then not polled any more: nobody waits for them without end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use cloakroom_core::Operation;
use cloakroom_core::fault::Calls;
use cloakroom_tower::{Failure, OnSaveFailure, RequestSession, SessionLayer, SessionLayerBuilder};
use http_body::Frame;

use crate::support::{World, app, ask, cookie};

type Data = Vec<u32>;

/// A body that goes on with the handler's work once somebody reads it.
pub(super) struct Lazy(pub(super) Pin<Box<dyn Future<Output = ()> + Send>>);

impl http_body::Body for Lazy {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.as_mut().poll(cx).map(|()| None)
    }
}

fn layer(world: &World<Data>) -> SessionLayerBuilder<Data> {
    SessionLayer::builder(world.sessions.clone()).store_deadline(Duration::from_secs(2))
}

/// The timer is tokio's, and moves by itself when everybody waits.
#[tokio::test(start_paused = true)]
async fn a_call_in_a_lazy_body_does_not_keep_the_head_of_the_response() {
    for (policy, status) in [
        (OnSaveFailure::Respond, 503),
        (OnSaveFailure::KeepResponse, 200),
    ] {
        let world = World::<Data>::new();
        let token = world.signed_in("ada").await;
        let loads = Calls::to(Operation::Load).always();
        let hold = Arc::new(world.faults.hold_before(loads));
        let work = Arc::new(AtomicUsize::new(0));
        let handler = {
            let (hold, work) = (Arc::clone(&hold), Arc::clone(&work));
            async move |session: RequestSession<Data>| {
                work.fetch_add(1, Ordering::SeqCst);
                let mut call = Box::pin(async move {
                    let changed = session.change(|data| data.push(1)).await;
                    assert!(changed.is_err(), "nobody would save it any more");
                });
                tokio::select! {
                    () = &mut call => panic!("it was held"),
                    () = hold.arrived() => {}
                }
                Response::new(Body::new(Lazy(call)))
            }
        };
        let layer = layer(&world).on_save_failure(Failure::Slow, policy);
        let app = app(layer.build().unwrap(), handler);
        let header = cookie(&token);
        let headers = [("cookie", header.as_str())];
        let start = tokio::time::Instant::now();
        let asked = tokio::time::timeout(Duration::from_secs(60), ask(&app, &headers)).await;
        let answer = asked.expect("the head of the response never left");
        assert_eq!(start.elapsed().as_secs(), 2);
        assert_eq!(answer.status, status);
        assert!(answer.set_cookies().is_empty());
        assert_eq!(
            work.load(Ordering::SeqCst),
            1,
            "the handler's own work is done once"
        );
        drop(app);
        Arc::into_inner(hold).unwrap().release();
        assert!(world.data(&token).await.unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_its_own_call_is_told_so() {
    let world = World::<Data>::new();
    let token = world.signed_in("ada").await;
    let loads = Calls::to(Operation::Load).always();
    let hold = Arc::new(world.faults.hold_before(loads));
    let handler = async move |session: RequestSession<Data>| {
        let mut call = Box::pin(session.get());
        tokio::select! {
            _ = &mut call => panic!("it was held"),
            () = hold.arrived() => {}
        }
        let error = session.sign_out().await.unwrap_err();
        assert_eq!(error.failure(), Some(Failure::Slow));
        assert!(!error.is_outcome_unknown(), "it was never sent");
        drop(call);
        "bye"
    };
    let app = app(layer(&world).build().unwrap(), handler);
    let start = tokio::time::Instant::now();
    let header = cookie(&token);
    let headers = [("cookie", header.as_str())];
    let asked = tokio::time::timeout(Duration::from_secs(60), ask(&app, &headers)).await;
    let answer = asked.expect("it waits for itself");
    assert_eq!(start.elapsed().as_secs(), 2);
    assert_eq!(answer.status, 503, "nobody has signed out");
    assert_eq!(world.faults.calls(Operation::Delete), 0);
}

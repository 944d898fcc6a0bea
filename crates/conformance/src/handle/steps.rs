//! Calls that are stopped in the middle, at a point that the case chooses.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use cloakroom_core::ErrorKind;
use cloakroom_core::fault::Hold;

/// Runs a call until it is held, lets something else happen, and lets the call go on.
///
/// # Panics
///
/// Where the call is done without having been held: the case would prove nothing.
pub(crate) async fn while_held<A, B>(
    hold: Hold,
    call: impl Future<Output = A>,
    meanwhile: impl Future<Output = B>,
) -> (A, B) {
    held_until(hold, call, meanwhile, Hold::release).await
}

/// Runs a call until it is held, lets something else happen, and loses what the held one was about: its
/// request or its answer, whichever the hold is at.
///
/// # Panics
///
/// Where the call is done without having been held: the case would prove nothing.
pub(crate) async fn while_lost<A, B>(
    hold: Hold,
    call: impl Future<Output = A>,
    meanwhile: impl Future<Output = B>,
) -> (A, B) {
    held_until(hold, call, meanwhile, |hold| {
        hold.fail(ErrorKind::OutcomeUnknown)
    })
    .await
}

async fn held_until<A, B>(
    hold: Hold,
    call: impl Future<Output = A>,
    meanwhile: impl Future<Output = B>,
    end: impl FnOnce(Hold),
) -> (A, B) {
    let mut call = pin!(call);
    tokio::select! {
        biased;
        () = hold.arrived() => {}
        _ = &mut call => panic!("the call has to reach the point where it is held"),
    }
    let happened = meanwhile.await;
    end(hold);
    (call.await, happened)
}

/// Runs a call until it is held, and drops it there. Its answer, where it is never held.
pub(crate) async fn drop_when_held<A>(hold: Hold, call: impl Future<Output = A>) -> Option<A> {
    tokio::select! {
        biased;
        () = hold.arrived() => None,
        answer = call => Some(answer),
    }
}

/// Runs a call until it is held, and gives it up by a timeout.
///
/// # Panics
///
/// Where the call is done without having been held, or in spite of it.
pub(crate) async fn given_up<A>(hold: Hold, call: impl Future<Output = A>) {
    let mut call = Box::pin(call);
    tokio::select! {
        biased;
        () = hold.arrived() => {}
        _ = &mut call => panic!("the call has to reach the point where it is held"),
    }
    let waited = tokio::time::timeout(Duration::from_millis(1), call).await;
    assert!(waited.is_err(), "answered while the store is silent");
}

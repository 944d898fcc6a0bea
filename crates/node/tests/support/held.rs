//! Futures that are held half-way.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Takes a future so many steps further. Nothing where it is not over by then.
pub(crate) async fn steps<F: Future>(future: &mut Pin<Box<F>>, steps: u32) -> Option<F::Output> {
    let mut count = 0;
    poll_fn(|context| {
        count += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if count >= steps => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

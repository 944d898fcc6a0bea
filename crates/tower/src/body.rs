//! The body of a response that the layer has let through, or has made.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response: the handler's, or none where the layer has answered in its place.
    ///
    /// It asks nothing of the body within, so that the layer goes around any other.
    #[derive(Debug)]
    pub struct SessionBody<B> {
        #[pin]
        handlers: Option<B>,
    }
}

impl<B> SessionBody<B> {
    pub(crate) fn of(body: B) -> Self {
        Self {
            handlers: Some(body),
        }
    }
}

/// No body.
impl<B> Default for SessionBody<B> {
    fn default() -> Self {
        Self { handlers: None }
    }
}

impl<B: Body> Body for SessionBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.project().handlers.as_pin_mut() {
            Some(body) => body.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.handlers.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.handlers {
            Some(body) => body.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

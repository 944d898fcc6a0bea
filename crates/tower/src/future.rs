//! The response under way.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::body::SessionBody;
use crate::layer::SessionData;
use crate::request_session::{Finished, RequestSession};

pin_project! {
    /// The response under way: first the handler's, then what became of the session.
    ///
    /// A request that never asked for its session costs no more than the look at a flag.
    pub struct ResponseFuture<F, T, B> {
        #[pin]
        work: F,
        session: Closing<T>,
        finishing: Option<Finishing<B>>,
    }
}

/// The handler has answered, and its changes are saved.
struct Finishing<B> {
    response: Response<B>,
    finish: Pin<Box<dyn Future<Output = Finished> + Send>>,
}

impl<F, T, B> ResponseFuture<F, T, B> {
    pub(crate) fn new(work: F, session: RequestSession<T>) -> Self {
        Self {
            work,
            session: Closing(session),
            finishing: None,
        }
    }
}

impl<F, E, T, B> Future for ResponseFuture<F, T, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    T: SessionData,
{
    type Output = Result<Response<SessionBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut finishing = match this.finishing.take() {
            Some(finishing) => finishing,
            None => {
                let session = &this.session.0;
                // Without a response there is nobody to hand a token to, and nothing is saved.
                let response = ready!(this.work.poll(cx))?;
                if !session.close() {
                    return Poll::Ready(Ok(response.map(SessionBody::of)));
                }
                Finishing {
                    response,
                    finish: Box::pin(session.clone().finish()),
                }
            }
        };
        match finishing.finish.as_mut().poll(cx) {
            Poll::Ready(finished) => Poll::Ready(Ok(finished.apply(finishing.response))),
            Poll::Pending => {
                *this.finishing = Some(finishing);
                Poll::Pending
            }
        }
    }
}

/// Closes the session when the request is over, also where it was given up.
struct Closing<T>(RequestSession<T>);

impl<T> Drop for Closing<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<F, T, B> fmt::Debug for ResponseFuture<F, T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("finishing", &self.finishing.is_some())
            .finish_non_exhaustive()
    }
}

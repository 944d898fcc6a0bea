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
use crate::response;

pin_project! {
    /// The response under way: first the handler's, then what became of the session.
    ///
    /// A request that never asked for its session costs no more than the look at a flag.
    pub struct ResponseFuture<F, T, B> {
        #[pin]
        work: Option<F>,
        session: Option<Closing<T>>,
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
            work: Some(work),
            session: Some(Closing(session)),
            finishing: None,
        }
    }

    /// The handler's response as it is: the session is another layer's.
    pub(crate) fn through(work: F) -> Self {
        Self {
            work: Some(work),
            session: None,
            finishing: None,
        }
    }

    /// The handler is not asked: the layers around it contradict each other.
    pub(crate) fn refused() -> Self {
        Self {
            work: None,
            session: None,
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
                let Some(work) = this.work.as_pin_mut() else {
                    return Poll::Ready(Ok(response::of_contradicting_layers()));
                };
                // Without a response there is nobody to hand a token to, and nothing is saved.
                let response = ready!(work.poll(cx))?;
                let session = this.session.as_ref().map(|closing| &closing.0);
                let Some(session) = session.filter(|session| session.close()) else {
                    return Poll::Ready(Ok(response.map(SessionBody::of)));
                };
                let finish = session.clone().finish(response.status());
                Finishing {
                    response,
                    finish: Box::pin(finish),
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
        self.0.end();
    }
}

impl<F, T, B> fmt::Debug for ResponseFuture<F, T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("finishing", &self.finishing.is_some())
            .finish_non_exhaustive()
    }
}

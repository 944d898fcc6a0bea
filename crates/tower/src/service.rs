//! The service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use crate::body::SessionBody;
use crate::future::ResponseFuture;
use crate::layer::{Inner, SessionData};
use crate::layers::{self, FurtherOut};
use crate::request_session::RequestSession;

/// What [`SessionLayer`](crate::SessionLayer) makes of a service.
pub struct SessionService<S, T> {
    service: S,
    inner: Arc<Inner<T>>,
}

impl<S, T> SessionService<S, T> {
    pub(crate) fn new(service: S, inner: Arc<Inner<T>>) -> Self {
        Self { service, inner }
    }
}

impl<S, T, A, B> Service<Request<A>> for SessionService<S, T>
where
    S: Service<Request<A>, Response = Response<B>>,
    T: SessionData,
{
    type Response = Response<SessionBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, T, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let session = match layers::pass(&self.inner, &mut parts) {
            FurtherOut::Nothing => Some(RequestSession::new(Arc::clone(&self.inner), &parts)),
            FurtherOut::Itself => None,
            FurtherOut::SameCookie => {
                self.inner.observer.same_cookie();
                return ResponseFuture::refused();
            }
        };
        if let Some(session) = &session {
            parts.extensions.insert(session.clone());
        }
        // The service that was polled ready is the one that is called.
        let work = self.service.call(Request::from_parts(parts, body));
        match session {
            Some(session) => ResponseFuture::new(work, session),
            None => ResponseFuture::through(work),
        }
    }
}

impl<S: Clone, T> Clone for SessionService<S, T> {
    fn clone(&self) -> Self {
        Self {
            service: self.service.clone(),
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S: fmt::Debug, T> fmt::Debug for SessionService<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

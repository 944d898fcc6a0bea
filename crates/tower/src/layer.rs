//! The layer.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Sessions, Timestamp};
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower_layer::Layer;

use crate::builder::{OnReused, SessionLayerBuilder};
use crate::error::{Error, Result, Why};
use crate::failure::{Failure, Policies};
use crate::observe::{Observer, Op};
use crate::service::SessionService;
use crate::source::Sources;

/// What session data have to be: any type of serde's that can be cloned and has a default, which is what
/// a new visitor's session begins with. Implemented for every such type.
pub trait SessionData:
    Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static
{
}

impl<T> SessionData for T where
    T: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static
{
}

/// Gives every request a [`RequestSession`](crate::RequestSession), for any tower stack: axum, hyper,
/// tonic.
///
/// The store is asked only where the handler asks. Clones share everything and are cheap, and count as one
/// layer: where a request passes a second one, that hands it on as it is. Two layers around one handler
/// need different types of session data, and cookies of different names. Where a request passes two of one
/// name, the second answers 500, with `cloakroom-failure: same-cookie`, and the log says why: each would
/// overwrite the other's cookie.
pub struct SessionLayer<T> {
    pub(crate) inner: Arc<Inner<T>>,
}

/// What all requests of a layer share.
pub(crate) struct Inner<T> {
    pub(crate) sessions: Sessions<T>,
    pub(crate) settings: Settings,
    pub(crate) observer: Observer,
}

/// What the builder has checked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) sources: Sources,
    pub(crate) store_deadline: Option<Duration>,
    pub(crate) retry_after: Duration,
    pub(crate) clock_margin: Duration,
    pub(crate) policies: Policies,
    pub(crate) discards: Discards,
    pub(crate) renewal: Option<Renewal>,
    pub(crate) on_reused: OnReused,
    pub(crate) pages: Pages,
}

/// The statuses with which no changes are saved.
#[derive(Clone, Default)]
pub(crate) struct Discards(pub(crate) Option<Arc<dyn Fn(StatusCode) -> bool + Send + Sync>>);

impl Discards {
    pub(crate) fn include(&self, status: StatusCode) -> bool {
        self.0.as_ref().is_some_and(|discards| discards(status))
    }
}

/// Without the function.
impl fmt::Debug for Discards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Discards").field(&self.0.is_some()).finish()
    }
}

/// Renewing tokens by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renewal {
    pub(crate) every: Duration,
    pub(crate) grace: Duration,
}

/// Where the extractors send those whom they refuse.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pages {
    pub(crate) sign_in: Option<String>,
    pub(crate) step_up: Option<String>,
}

impl<T> SessionLayer<T> {
    /// A layer with the safe defaults: see [`SessionLayerBuilder`], which tells them all.
    #[must_use]
    pub fn new(sessions: Sessions<T>) -> Self {
        Self::builder(sessions).build_unchecked()
    }

    /// Begins to build a layer with settings of its own.
    pub fn builder(sessions: Sessions<T>) -> SessionLayerBuilder<T> {
        SessionLayerBuilder::new(sessions)
    }
}

impl<S, T> Layer<S> for SessionLayer<T> {
    type Service = SessionService<S, T>;

    fn layer(&self, service: S) -> Self::Service {
        SessionService::new(service, Arc::clone(&self.inner))
    }
}

impl<T> Inner<T> {
    /// Asks the store, with the deadline and under observation.
    pub(crate) async fn call<O>(
        &self,
        op: Op,
        outcome: impl Fn(&O) -> &'static str,
        work: impl Future<Output = cloakroom_core::Result<O>>,
    ) -> Result<O> {
        let in_time = async {
            let Some(deadline) = self.settings.store_deadline else {
                return work.await.map_err(|error| self.failed(error));
            };
            match tokio::time::timeout(deadline, work).await {
                Ok(done) => done.map_err(|error| self.failed(error)),
                Err(_) => Err(self.error(Failure::Slow, op.writes(), None)),
            }
        };
        self.observer.watch(op, outcome, in_time).await
    }

    /// What is to be said of a write whose future is dropped half-way.
    pub(crate) fn given_up(&self) -> Error {
        self.error(Failure::Slow, true, None)
    }

    /// What is to be said where another call of the same request does not come to an end.
    pub(crate) fn busy(&self) -> Error {
        self.error(Failure::Slow, false, None)
    }

    fn failed(&self, error: cloakroom_core::Error) -> Error {
        let failure = Failure::of(error.kind());
        let is_outcome_unknown = error.kind() == cloakroom_core::ErrorKind::OutcomeUnknown;
        self.error(failure, is_outcome_unknown, Some(Arc::new(error)))
    }

    fn error(
        &self,
        failure: Failure,
        is_outcome_unknown: bool,
        source: Option<Arc<cloakroom_core::Error>>,
    ) -> Error {
        Error {
            why: Why::Failed {
                failure,
                is_outcome_unknown,
                retry_after: self.settings.retry_after,
                source,
            },
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.sessions.now()
    }
}

impl<T> Clone for SessionLayer<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> fmt::Debug for SessionLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("sessions", &self.inner.sessions)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

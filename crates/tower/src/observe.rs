//! Spans, counters and histograms.
//!
//! Nothing here ever sees a token. A span names the subject only where the layer was asked to.

use std::sync::Arc;

use crate::error::Result;
use crate::failure::{Failure, Moment};
use crate::outcome::Dropped;

/// What is done with the store on behalf of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Load,
    Touch,
    Save,
    Create,
    Check,
    BeginSignIn,
    SignIn,
    SignOut,
    EndReused,
    Renew,
    Revoke,
}

impl Op {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Touch => "touch",
            Self::Save => "save",
            Self::Create => "create",
            Self::Check => "check",
            Self::BeginSignIn => "begin_sign_in",
            Self::SignIn => "sign_in",
            Self::SignOut => "sign_out",
            Self::EndReused => "end_reused",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
        }
    }

    /// Whether it may have written something where its answer never came.
    pub(crate) const fn writes(self) -> bool {
        !matches!(self, Self::Load | Self::Check | Self::BeginSignIn)
    }
}

/// Who is told what.
#[derive(Debug, Clone)]
pub(crate) struct Observer {
    /// The name of the store, as a label.
    pub(crate) backend: Arc<str>,
    pub(crate) tells_subjects: bool,
}

impl Observer {
    /// Watches one operation to its end.
    #[cfg_attr(
        not(any(feature = "metrics", feature = "tracing")),
        allow(unused_variables, reason = "there is nobody to tell")
    )]
    pub(crate) async fn watch<O>(
        &self,
        op: Op,
        outcome: impl Fn(&O) -> &'static str,
        work: impl Future<Output = Result<O>>,
    ) -> Result<O> {
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        let mut watched = Watched::new(self, op);
        #[cfg(feature = "tracing")]
        let work = tracing::Instrument::instrument(work, watched.span.clone());
        let done = work.await;
        #[cfg(any(feature = "metrics", feature = "tracing"))]
        {
            watched.outcome = match &done {
                Ok(done) => outcome(done),
                Err(error) => error.failure().map_or("refused", Failure::name),
            };
        }
        #[cfg(feature = "tracing")]
        if let Err(error) = &done {
            watched.span.in_scope(|| failed(op, error));
        }
        done
    }

    #[cfg(feature = "metrics")]
    fn count(&self, op: Op, outcome: &'static str, took: std::time::Duration) {
        let labels = [
            metrics::Label::from_static_parts("operation", op.name()),
            metrics::Label::new("backend", Arc::clone(&self.backend)),
            metrics::Label::from_static_parts("outcome", outcome),
        ];
        metrics::counter!("cloakroom_session_operations_total", labels.iter()).increment(1);
        metrics::histogram!("cloakroom_session_operation_seconds", labels.iter()).record(took);
    }

    /// Changes were dropped.
    pub(crate) fn dropped(&self, why: Dropped) {
        #[cfg(feature = "tracing")]
        tracing::info!(
            backend = &*self.backend,
            why = why.name(),
            "the changes of a request to its session were dropped"
        );
        #[cfg(feature = "metrics")]
        metrics::counter!(
            "cloakroom_session_dropped_changes_total",
            "backend" => Arc::clone(&self.backend),
            "why" => why.name()
        )
        .increment(1);
        let _ = why;
    }

    /// A response was to tell of a failure, or to hide it.
    pub(crate) fn answered(&self, moment: Moment, failure: Failure, answer: &'static str) {
        #[cfg(feature = "tracing")]
        tracing::warn!(
            backend = &*self.backend,
            moment = moment.name(),
            failure = failure.name(),
            answer,
            "a request has met a failure of the session store"
        );
        #[cfg(feature = "metrics")]
        metrics::counter!(
            "cloakroom_session_failures_total",
            "backend" => Arc::clone(&self.backend),
            "moment" => moment.name(),
            "failure" => failure.name(),
            "answer" => answer
        )
        .increment(1);
        let _ = (moment, failure, answer);
    }

    /// Two layers around one handler set the same cookie.
    pub(crate) fn same_cookie(&self) {
        #[cfg(feature = "tracing")]
        tracing::error!(
            backend = &*self.backend,
            "two session layers around one handler have the same cookie: give each a name of its own, or \
             clones of one layer, which count as one"
        );
    }

    /// A token whose grace is over was used again.
    pub(crate) fn reused(&self, reused: &cloakroom_core::Reused) {
        #[cfg(feature = "tracing")]
        {
            let subject = reused.subject.as_ref().filter(|_| self.tells_subjects);
            tracing::warn!(
                backend = &*self.backend,
                session = %reused.successor,
                subject = subject.map(cloakroom_core::Subject::as_str),
                "an old token was used again after its grace: theft, or an answer that was lost"
            );
        }
        #[cfg(feature = "metrics")]
        metrics::counter!(
            "cloakroom_session_reused_tokens_total",
            "backend" => Arc::clone(&self.backend)
        )
        .increment(1);
        let _ = (reused, self.tells_subjects);
    }
}

/// An operation that is watched. It is told when this is dropped: at its end, or when it is given up.
#[cfg(any(feature = "metrics", feature = "tracing"))]
struct Watched<'o> {
    observer: &'o Observer,
    op: Op,
    #[cfg(feature = "metrics")]
    start: std::time::Instant,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    outcome: &'static str,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl<'o> Watched<'o> {
    fn new(observer: &'o Observer, op: Op) -> Self {
        Self {
            observer,
            op,
            #[cfg(feature = "metrics")]
            start: std::time::Instant::now(),
            #[cfg(feature = "tracing")]
            span: tracing::debug_span!(
                "cloakroom.session",
                operation = op.name(),
                backend = &*observer.backend,
                outcome = tracing::field::Empty,
            ),
            outcome: "cancelled",
        }
    }
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl Drop for Watched<'_> {
    fn drop(&mut self) {
        #[cfg(feature = "tracing")]
        self.span.record("outcome", self.outcome);
        #[cfg(feature = "metrics")]
        self.observer
            .count(self.op, self.outcome, self.start.elapsed());
        let _ = (self.observer, self.op);
    }
}

#[cfg(feature = "tracing")]
fn failed(op: Op, error: &crate::error::Error) {
    let mut chain = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    tracing::warn!(
        operation = op.name(),
        error = chain,
        "a session operation failed"
    );
}

//! A harness whose type the cases do not know.
//!
//! The cases are generic over the harness, and there are hundreds. Compiled for each backend they
//! would take minutes; so they are compiled once, in this crate, for this harness, and a backend
//! brings nothing but its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use cloakroom_core::SessionStore;

use crate::harness::{Harness, Tamper};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How the case that is running starts its stores.
#[derive(Clone)]
pub(crate) struct Start(Arc<dyn Fn() -> BoxFuture<AnyHarness> + Send + Sync>);

tokio::task_local! {
    static START: Start;
}

impl Start {
    /// Starts stores of this harness.
    pub(crate) fn of<H: Harness>() -> Self {
        Self(Arc::new(|| {
            Box::pin(async { AnyHarness(Box::new(H::start().await)) })
        }))
    }

    /// Starts stores by this function.
    pub(crate) fn with<E: Erased + 'static>(start: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || {
            let started = AnyHarness(Box::new(start()));
            Box::pin(std::future::ready(started))
        }))
    }

    /// A case, during which [`AnyHarness`] starts its stores in this way.
    pub(crate) async fn during(self, case: impl Future<Output = ()>) {
        START.scope(self, case).await;
    }
}

/// A harness of any type.
pub(crate) struct AnyHarness(pub(crate) Box<dyn Erased>);

impl Harness for AnyHarness {
    type Store = Box<dyn SessionStore>;

    async fn start() -> Self {
        let Start(start) = START.with(Start::clone);
        start().await
    }

    async fn store(&self) -> Self::Store {
        self.0.store().await
    }

    async fn reopen(self) -> Option<Self> {
        self.0.reopen().await
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        self.0.tamper()
    }
}

/// What [`Harness`] is behind a pointer.
#[async_trait]
pub(crate) trait Erased: Send + Sync {
    async fn store(&self) -> Box<dyn SessionStore>;

    async fn reopen(self: Box<Self>) -> Option<AnyHarness>;

    fn tamper(&self) -> Option<&dyn Tamper>;
}

#[async_trait]
impl<H: Harness> Erased for H {
    async fn store(&self) -> Box<dyn SessionStore> {
        Box::new(Harness::store(self).await)
    }

    async fn reopen(self: Box<Self>) -> Option<AnyHarness> {
        let reopened = Harness::reopen(*self).await?;
        Some(AnyHarness(Box::new(reopened)))
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Harness::tamper(self)
    }
}

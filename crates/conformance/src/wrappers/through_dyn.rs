//! The store behind a pointer.

use std::sync::Arc;

use cloakroom_core::SessionStore;

use crate::{Harness, Tamper};

/// The stores of another harness as `Arc<dyn SessionStore>`.
#[derive(Debug)]
pub struct ThroughDyn<H>(H);

impl<H: Harness> Harness for ThroughDyn<H> {
    type Store = Arc<dyn SessionStore>;

    async fn start() -> Self {
        Self(H::start().await)
    }

    async fn store(&self) -> Self::Store {
        Arc::new(self.0.store().await)
    }

    async fn reopen(self) -> Option<Self> {
        self.0.reopen().await.map(Self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        self.0.tamper()
    }
}

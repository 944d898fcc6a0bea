//! The conformance suite, the model, and concurrent histories, on real files.

mod support;

use std::sync::Arc;

use cloakroom_conformance::{Harness, Tamper, conformance};
use cloakroom_core::SessionStore;
use support::{Immediate, Lazy, SledHarness};

conformance!(direct, SledHarness<Immediate>);
conformance!(through_dyn, Dyn);

/// The store behind a pointer, and lazy: only what has to be on disk is.
struct Dyn(SledHarness<Lazy>);

impl Harness for Dyn {
    type Store = Arc<dyn SessionStore>;

    async fn start() -> Self {
        Self(SledHarness::start().await)
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

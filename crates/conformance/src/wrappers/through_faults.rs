//! The store behind the fault injector, with no faults asked for.

use cloakroom_core::fault::FaultStore;

use crate::{Harness, Tamper};

/// The stores of another harness through a [`FaultStore`] without faults: a decorator keeps every
/// rule of the store within.
#[derive(Debug)]
pub struct ThroughFaults<H>(H);

impl<H: Harness> Harness for ThroughFaults<H> {
    type Store = FaultStore<H::Store>;

    async fn start() -> Self {
        Self(H::start().await)
    }

    async fn store(&self) -> Self::Store {
        FaultStore::new(self.0.store().await)
    }

    async fn reopen(self) -> Option<Self> {
        self.0.reopen().await.map(Self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        self.0.tamper()
    }
}

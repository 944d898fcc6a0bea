//! Handlers that wait where the test says, so that the order of things is forced.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// A place where handlers wait.
#[derive(Clone)]
pub(crate) struct Stage {
    arrived: Arc<Semaphore>,
    go: Arc<Semaphore>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self {
            arrived: Arc::new(Semaphore::new(0)),
            go: Arc::new(Semaphore::new(0)),
        }
    }

    /// In the handler: says that it is here, and waits.
    pub(crate) async fn wait(&self) {
        self.arrived.add_permits(1);
        self.go.acquire().await.unwrap().forget();
    }

    /// In the test: waits until so many more handlers are here.
    pub(crate) async fn arrived(&self, count: u32) {
        super::soon(self.arrived.acquire_many(count))
            .await
            .unwrap()
            .forget();
    }

    /// In the test: lets so many go on.
    pub(crate) fn go(&self, count: usize) {
        self.go.add_permits(count);
    }
}

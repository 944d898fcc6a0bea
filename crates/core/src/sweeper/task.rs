//! A sweeper on tokio.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::error::Result;
use crate::sweeper::Sweeper;

/// A sweeper that runs as a task of its own. It stops when this is dropped.
#[derive(Debug)]
#[must_use = "the sweeper stops when its task is dropped"]
pub struct SweeperTask {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sweeper {
    /// Spawns a task on the present tokio runtime that sweeps after every `interval`. Each sweep's
    /// result goes to `report`.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    #[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
    pub fn spawn(
        self,
        interval: Duration,
        mut report: impl FnMut(Result<usize>) + Send + 'static,
    ) -> SweeperTask {
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(interval) => report(self.sweep().await),
                    // Asked to stop, or dropped.
                    _ = &mut stopped => return,
                }
            }
        });
        SweeperTask { stop, task }
    }
}

impl SweeperTask {
    /// Stops the sweeper and waits until it has: a sweep that has begun is finished.
    ///
    /// # Errors
    ///
    /// Where the task has panicked, as where `report` does, or where the runtime has no timer; or was
    /// cancelled, since its runtime has shut down.
    pub async fn stop(self) -> Result<(), JoinError> {
        drop(self.stop);
        self.task.await
    }
}

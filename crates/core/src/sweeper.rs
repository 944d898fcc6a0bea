//! The broom for stores that need one.

use std::sync::Arc;

use crate::clock::Clock;
use crate::error::Result;
use crate::sessions::Sessions;
use crate::store::SessionStore;

/// Removes what is over from a store, now and then.
///
/// Only space depends on it: what is over is dead before it is swept. Each store says whether it
/// needs one.
///
/// The core crate has no runtime: [`run`](Sweeper::run) is a future for the application to spawn,
/// with the application's own timer. With the feature `tokio`, `Sweeper::spawn` does both.
#[derive(Debug, Clone)]
pub struct Sweeper {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    batch: usize,
}

impl<T> Sessions<T> {
    /// A sweeper for the store beneath, on the handle's clock.
    #[must_use]
    pub fn sweeper(&self) -> Sweeper {
        Sweeper {
            store: Arc::clone(self.store()),
            clock: self.clock(),
            batch: 1000,
        }
    }
}

impl Sweeper {
    /// How many things a single call to the store removes at most. 1,000 by default.
    #[must_use]
    pub fn batch(self, batch: usize) -> Self {
        Self {
            batch: batch.max(1),
            ..self
        }
    }

    /// Removes all that is over now, batch by batch, and says how many things went. It goes on until a
    /// call to the store finds nothing: one that removes less than a batch may have had enough for once.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn sweep(&self) -> Result<usize> {
        // What is over later is for the next sweep, or this one would never end on a busy service.
        let now = self.clock.now();
        let mut total = 0;
        loop {
            match self.store.purge_expired(self.batch, now).await? {
                0 => return Ok(total),
                went => total += went,
            }
        }
    }

    /// Sweeps whenever `wait` says `true`, and stops when it says `false`. Each sweep's result goes to
    /// `report`. A sweep that has begun is finished.
    ///
    /// ```
    /// # async fn spawn(sessions: cloakroom_core::Sessions<()>, mut stop: tokio::sync::watch::Receiver<bool>) {
    /// use std::time::Duration;
    ///
    /// let sweeping = sessions.sweeper().run(
    ///     async || tokio::select! {
    ///         () = tokio::time::sleep(Duration::from_secs(60)) => true,
    ///         _ = stop.changed() => false,
    ///     },
    ///     |swept| if let Err(error) = swept { eprintln!("{error}") },
    /// );
    /// sweeping.await;
    /// # }
    /// ```
    pub async fn run<W: AsyncFnMut() -> bool>(
        self,
        mut wait: W,
        mut report: impl FnMut(Result<usize>),
    ) {
        while wait().await {
            report(self.sweep().await);
        }
    }
}

#[cfg(feature = "tokio")]
mod task;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use task::SweeperTask;

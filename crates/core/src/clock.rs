//! Where `now` comes from.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::time::{Timestamp, millis};

/// Where `now` comes from.
///
/// Hosts that share a store need clocks that agree: a session is over when the
/// clock of the host that looks says so.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// The clock of this host.
///
/// It follows the host's clock when that is set: forward ends sessions early, backward keeps them
/// for longer. A host whose clock stands before 1970 is at the epoch.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(millis(since_epoch))
    }
}

/// A clock that moves by hand, for tests. Clones share the time.
///
/// ```
/// use std::time::Duration;
/// use cloakroom_core::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().since(before), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    millis: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that stands at a fixed instant, the start of 2026 in UTC.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Timestamp::from_millis(1_767_225_600_000))
    }

    /// A clock that stands at this instant.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            millis: Arc::new(AtomicU64::new(now.as_millis())),
        }
    }

    /// Moves the time forward by whole milliseconds; at most to [`Timestamp::MAX`].
    pub fn advance(&self, by: Duration) {
        let later = |now| Some(Timestamp::from_millis(now).plus(by).as_millis());
        let _ = self
            .millis
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }

    /// Sets the time, backward too.
    pub fn set(&self, now: Timestamp) {
        self.millis.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests;

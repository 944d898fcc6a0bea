//! The system's clock, which can leap forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_core::{Clock, SystemClock, Timestamp};

/// The system's clock, with what it costs, which can leap forward: between the rounds the store gets
/// to forget what a round has ended, without anybody waiting for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeapingClock {
    ahead_millis: Arc<AtomicU64>,
}

impl LeapingClock {
    pub(crate) fn leap(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_millis(self.ahead_millis.load(Ordering::Relaxed));
        SystemClock.now().plus(ahead)
    }
}

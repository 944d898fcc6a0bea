//! Durations, and the instant before another.

use std::time::Duration;

use cloakroom_core::Timestamp;

pub(crate) const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) const fn minutes(n: u64) -> Duration {
    seconds(60 * n)
}

pub(crate) const fn hours(n: u64) -> Duration {
    minutes(60 * n)
}

pub(crate) const fn days(n: u64) -> Duration {
    hours(24 * n)
}

/// The last millisecond before an instant.
pub(crate) const fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_sub(1))
}

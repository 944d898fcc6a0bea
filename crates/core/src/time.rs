//! Instants, at millisecond resolution.

use std::time::Duration;

/// An instant: whole milliseconds since the Unix epoch.
///
/// ```
/// use std::time::Duration;
/// use cloakroom_core::Timestamp;
///
/// let noon = Timestamp::from_millis(1_000);
/// assert_eq!(noon.plus(Duration::from_millis(5)).as_millis(), 1_005);
/// ```
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(from = "u64", into = "u64")]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Timestamp = Timestamp(0);

    /// The last instant: 2⁵³ − 1 milliseconds, which a double still holds exactly, as some engines
    /// keep their scores so. Sums stop there, and a deadline there is over there.
    pub const MAX: Timestamp = Timestamp((1 << 53) - 1);

    /// The instant this many milliseconds after the Unix epoch; at most [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This instant and a duration, whose fraction of a millisecond is dropped.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        self.plus_millis(millis(duration))
    }

    pub(crate) const fn plus_millis(self, millis: u64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This instant less a duration, whose fraction of a millisecond is dropped; not before the epoch.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// How long after `earlier` this is; nothing where it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl From<u64> for Timestamp {
    fn from(millis: u64) -> Self {
        Self::from_millis(millis)
    }
}

impl From<Timestamp> for u64 {
    fn from(at: Timestamp) -> Self {
        at.as_millis()
    }
}

/// The instant at which something is over: alive one millisecond before, dead at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// Over at this instant.
    #[must_use]
    pub const fn at(instant: Timestamp) -> Self {
        Self(instant)
    }

    /// Whether it is over at `now`.
    #[must_use]
    pub fn is_over(self, now: Timestamp) -> bool {
        now >= self.0
    }

    /// The instant itself.
    #[must_use]
    pub const fn instant(self) -> Timestamp {
        self.0
    }

    /// How long from `now` until it is over; nothing where it is.
    #[must_use]
    pub const fn remaining(self, now: Timestamp) -> Duration {
        self.0.since(now)
    }
}

/// Whole milliseconds of a duration.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

//! How long a session lives.

use std::fmt;
use std::time::Duration;

use crate::time::millis;

const MINUTE: u64 = 60 * 1_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The two timeouts of a session; it ends by whichever comes first.
///
/// *Idle*: after its last use. *Overall*: after its creation or last authentication.
/// Whole milliseconds, from 1 ms to ten years, and never idle longer than overall.
///
/// ```
/// use std::time::Duration;
/// use cloakroom_core::Timeouts;
///
/// let remembered = Timeouts::new(Duration::from_secs(14 * 86_400), Duration::from_secs(90 * 86_400))?;
/// assert!(remembered.idle() < remembered.overall());
/// # Ok::<_, cloakroom_core::InvalidTimeouts>(())
/// ```
// In milliseconds, half as large as two durations: every stored session has them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeouts {
    idle: u64,
    overall: u64,
}

impl Timeouts {
    /// The longest overall timeout: ten years of 365 days.
    pub const MAX: Duration = Duration::from_millis(3650 * DAY);

    /// NIST SP 800-63B-4, authentication assurance level 1: at most 30 days, no limit to idleness.
    pub const AAL1: Timeouts = Timeouts::of(30 * DAY, 30 * DAY);

    /// NIST SP 800-63B-4, authentication assurance level 2: 24 hours, one hour idle.
    pub const AAL2: Timeouts = Timeouts::of(HOUR, 24 * HOUR);

    /// NIST SP 800-63B-4, authentication assurance level 3: 12 hours, 15 minutes idle.
    pub const AAL3: Timeouts = Timeouts::of(15 * MINUTE, 12 * HOUR);

    /// The timeouts of these lengths. What is below a millisecond is dropped.
    ///
    /// # Errors
    ///
    /// Where one is shorter than a millisecond, the idle timeout is longer than the overall one, or
    /// the overall one is longer than [`Timeouts::MAX`]. The error names the values.
    pub fn new(idle: Duration, overall: Duration) -> Result<Self, InvalidTimeouts> {
        let shortest = Duration::from_millis(1);
        if idle < shortest || overall < shortest {
            return Err(InvalidTimeouts::TooShort { idle, overall });
        }
        if idle > overall {
            return Err(InvalidTimeouts::IdleBeyondOverall { idle, overall });
        }
        if overall > Self::MAX {
            return Err(InvalidTimeouts::TooLong { overall });
        }
        Ok(Self::of(millis(idle), millis(overall)))
    }

    /// How long after its last use a session ends.
    #[must_use]
    pub const fn idle(&self) -> Duration {
        Duration::from_millis(self.idle)
    }

    /// How long after its creation or last authentication a session ends.
    #[must_use]
    pub const fn overall(&self) -> Duration {
        Duration::from_millis(self.overall)
    }

    pub(crate) const fn idle_millis(&self) -> u64 {
        self.idle
    }

    pub(crate) const fn overall_millis(&self) -> u64 {
        self.overall
    }

    const fn of(idle: u64, overall: u64) -> Self {
        Self { idle, overall }
    }
}

/// 30 minutes idle, 12 hours overall.
impl Default for Timeouts {
    fn default() -> Self {
        Self::of(30 * MINUTE, 12 * HOUR)
    }
}

impl fmt::Debug for Timeouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeouts")
            .field("idle", &self.idle())
            .field("overall", &self.overall())
            .finish()
    }
}

impl serde::Serialize for Timeouts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.idle, self.overall).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Timeouts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (idle, overall) = <(u64, u64)>::deserialize(deserializer)?;
        Self::new(Duration::from_millis(idle), Duration::from_millis(overall))
            .map_err(serde::de::Error::custom)
    }
}

/// Why two durations are not the timeouts of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTimeouts {
    /// One is shorter than a millisecond.
    #[error(
        "timeouts are at least 1 ms, but the idle timeout is {idle:?} and the overall timeout is {overall:?}"
    )]
    TooShort {
        /// The idle timeout asked for.
        idle: Duration,
        /// The overall timeout asked for.
        overall: Duration,
    },
    /// The idle timeout could never come first.
    #[error(
        "the idle timeout ({idle:?}) is longer than the overall timeout ({overall:?}); make it at most as long"
    )]
    IdleBeyondOverall {
        /// The idle timeout asked for.
        idle: Duration,
        /// The overall timeout asked for.
        overall: Duration,
    },
    /// The overall timeout is too long.
    #[error(
        "the overall timeout ({overall:?}) is longer than ten years ({:?})",
        Timeouts::MAX
    )]
    TooLong {
        /// The overall timeout asked for.
        overall: Duration,
    },
}

#[cfg(test)]
mod tests;

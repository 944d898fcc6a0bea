//! How many sessions a subject may have.

/// How many sessions a subject may have at once, and what happens to one more.
///
/// 1 to 10,000: no token set grows without bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cap {
    max: u32,
    on_cap: OnCap,
}

impl Cap {
    /// The highest cap.
    pub const MAX: u32 = 10_000;

    /// At most `max` sessions for each subject.
    ///
    /// # Errors
    ///
    /// Where `max` is zero or above [`Cap::MAX`].
    pub const fn new(max: u32, on_cap: OnCap) -> Result<Self, InvalidCap> {
        match max {
            0 => Err(InvalidCap::Zero),
            1..=Self::MAX => Ok(Self { max, on_cap }),
            found => Err(InvalidCap::TooHigh { found }),
        }
    }

    /// How many sessions a subject may have.
    #[must_use]
    pub const fn max(&self) -> u32 {
        self.max
    }

    /// What happens to one more.
    #[must_use]
    pub const fn on_cap(&self) -> OnCap {
        self.on_cap
    }
}

/// 100 sessions, of which the one least recently seen gives way.
impl Default for Cap {
    fn default() -> Self {
        Self {
            max: 100,
            on_cap: OnCap::EvictLeastRecentlySeen,
        }
    }
}

/// What happens when a subject that is at its cap signs in once more.
///
/// Damaged records give way first. Of equals, the lowest id goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnCap {
    /// The session that authenticated the longest ago is ended.
    EvictOldest,
    /// The session that was used the longest ago is ended.
    EvictLeastRecentlySeen,
    /// The sign-in is refused.
    Refuse,
}

/// Why a number is not a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCap {
    /// Nobody could ever sign in.
    #[error("a cap of 0 would let nobody sign in; the lowest is 1")]
    Zero,
    /// The number is too high.
    #[error("a cap of {found} is above the highest, {}", Cap::MAX)]
    TooHigh {
        /// The number asked for.
        found: u32,
    },
}

#[cfg(test)]
mod tests;

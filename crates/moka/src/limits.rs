//! Limits, and how a session is weighed against them.

use crate::size;

/// How many sessions of one kind there may be, and how much memory they may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) sessions: Option<u64>,
    pub(crate) bytes: Option<u64>,
}

impl Limits {
    pub(crate) const NONE: Self = Self {
        sessions: None,
        bytes: None,
    };

    /// How to weigh sessions by these limits; none where there are none.
    pub(crate) const fn scale(self, whose: Whose) -> Result<Option<Scale>, InvalidLimit> {
        match self.sessions {
            Some(0) => return Err(InvalidLimit::NoSessions { whose }),
            Some(found) if found > Self::HIGHEST => {
                return Err(InvalidLimit::TooHigh { whose, found });
            }
            _ => {}
        }
        match self.bytes {
            Some(found) if found < size::least(whose) => {
                return Err(InvalidLimit::TooFewBytes { whose, found });
            }
            Some(found) if found > Self::HIGHEST => {
                return Err(InvalidLimit::TooHigh { whose, found });
            }
            _ => {}
        }
        Ok(Some(match (self.sessions, self.bytes) {
            (None, None) => return Ok(None),
            (Some(sessions), None) => Scale::by_sessions(sessions),
            (None, Some(bytes)) => Scale::by_bytes(bytes),
            (Some(sessions), Some(bytes)) => {
                let share = bytes.div_ceil(sessions);
                if share > u32::MAX as u64 {
                    return Err(InvalidLimit::ShareTooLarge {
                        whose,
                        sessions,
                        bytes,
                    });
                }
                if share <= size::SESSION {
                    // No session is as small as its share: the limit of bytes is always met first.
                    Scale::by_bytes(bytes)
                } else {
                    Scale::by_both(sessions, share)
                }
            }
        }))
    }

    /// Far above any memory, and so low that no sum of two overflows.
    const HIGHEST: u64 = 1 << 60;
}

/// How sessions are weighed: one limit in place of two.
///
/// moka knows one capacity. Where sessions and bytes are both limited, each session weighs its bytes,
/// and not less than its share of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    by_bytes: bool,
    least: u64,
    pub(crate) capacity: u64,
}

impl Scale {
    const fn by_sessions(sessions: u64) -> Self {
        Self {
            by_bytes: false,
            least: 1,
            capacity: sessions,
        }
    }

    const fn by_bytes(bytes: u64) -> Self {
        Self {
            by_bytes: true,
            least: 1,
            capacity: bytes,
        }
    }

    /// A whole number of shares, so that exactly as many sessions fit as the limit says. The limit of
    /// bytes is rounded up by less than a byte for each session, and a share has hundreds.
    const fn by_both(sessions: u64, share: u64) -> Self {
        Self {
            by_bytes: true,
            least: share,
            capacity: share * sessions,
        }
    }

    /// What a session of this many bytes weighs; none where it is heavier than all that there is
    /// room for.
    pub(crate) fn weigh(&self, bytes: u64) -> Option<u32> {
        let weight = if self.by_bytes {
            bytes.max(self.least)
        } else {
            self.least
        };
        u32::try_from(weight)
            .ok()
            .filter(|_| weight <= self.capacity)
    }
}

/// Whose sessions a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Sessions without a subject.
    Anonymous,
    /// Sessions with a subject.
    SignedIn,
}

/// As it precedes "sessions".
impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "anonymous",
            Self::SignedIn => "signed-in",
        })
    }
}

/// Why the limits of a store make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLimit {
    /// No session would be let in.
    #[error(
        "a limit of 0 {whose} sessions would let nobody in; the lowest is 1, and no limit is unbounded"
    )]
    NoSessions {
        /// Whose limit it is.
        whose: Whose,
    },
    /// Not even a session without data would fit.
    #[error(
        "{found} bytes hold no session, even without data, but that is the limit of {whose} sessions; give it at least {}",
        size::least(*whose)
    )]
    TooFewBytes {
        /// Whose limit it is.
        whose: Whose,
        /// The limit asked for.
        found: u64,
    },
    /// The limit is beyond any machine.
    #[error(
        "a limit of {found} for {whose} sessions is above the highest, {}; leave it out to have none",
        Limits::HIGHEST
    )]
    TooHigh {
        /// Whose limit it is.
        whose: Whose,
        /// The limit asked for.
        found: u64,
    },
    /// So little would be remembered that sign-ins at the same time supersede one another.
    #[error(
        "a limit of {found} memories would supersede sign-ins that have just begun; the lowest is {}",
        InvalidLimit::FEWEST_MEMORIES
    )]
    TooFewMemories {
        /// The limit asked for.
        found: u64,
    },
    /// Each session's share of the memory is more than can be weighed.
    #[error(
        "{bytes} bytes for {sessions} {whose} sessions are more than {} for each; lower the one or raise the other",
        u32::MAX
    )]
    ShareTooLarge {
        /// Whose limits they are.
        whose: Whose,
        /// The limit of sessions asked for.
        sessions: u64,
        /// The limit of bytes asked for.
        bytes: u64,
    },
}

impl InvalidLimit {
    pub(crate) const FEWEST_MEMORIES: u64 = 1_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(sessions: Option<u64>, bytes: Option<u64>) -> Scale {
        let limits = Limits { sessions, bytes };
        limits.scale(Whose::Anonymous).unwrap().unwrap()
    }

    /// The last that is refused and the first that is not, or the other way round.
    #[test]
    fn what_makes_no_sense_is_refused_and_named() {
        const HIGHEST: u64 = 1 << 60;
        const SHARE: u64 = u32::MAX as u64;
        for whose in [Whose::Anonymous, Whose::SignedIn] {
            let least = match whose {
                Whose::Anonymous => 704,
                Whose::SignedIn => 896,
            };
            let fits = |sessions, bytes| Limits { sessions, bytes }.scale(whose);
            let refused = |sessions, bytes| fits(sessions, bytes).unwrap_err();
            assert_eq!(refused(Some(0), None), InvalidLimit::NoSessions { whose });
            let found = least - 1;
            assert_eq!(
                refused(None, Some(found)),
                InvalidLimit::TooFewBytes { whose, found }
            );
            let found = HIGHEST + 1;
            let too_high = InvalidLimit::TooHigh { whose, found };
            assert_eq!(refused(Some(found), None), too_high);
            assert_eq!(refused(None, Some(found)), too_high);
            let (sessions, bytes) = (2, 2 * SHARE + 1);
            let too_large = InvalidLimit::ShareTooLarge {
                whose,
                sessions,
                bytes,
            };
            assert_eq!(refused(Some(sessions), Some(bytes)), too_large);
            for (sessions, bytes) in [
                (Some(1), None),
                (None, Some(least)),
                (Some(HIGHEST), None),
                (None, Some(HIGHEST)),
                (Some(2), Some(2 * SHARE)),
                (Some(HIGHEST), Some(HIGHEST)),
            ] {
                let scale = fits(sessions, bytes).unwrap().unwrap();
                assert!(scale.weigh(least).is_some(), "{sessions:?} {bytes:?}");
            }
            let name = whose.to_string();
            for error in [
                refused(Some(0), None),
                refused(None, Some(1)),
                too_high,
                too_large,
            ] {
                assert!(error.to_string().contains(&name), "{error}");
            }
            let told = refused(None, Some(1)).to_string();
            assert!(told.contains(&format!("at least {least}")), "{told}");
        }
        assert_ne!(Whose::Anonymous.to_string(), Whose::SignedIn.to_string());
    }

    #[test]
    fn exactly_as_many_sessions_fit_as_the_limit_says() {
        for (sessions, bytes) in [(1, 5_000), (3, 10_000), (7, 100_000), (100_000, 256 << 20)] {
            let scale = scale(Some(sessions), Some(bytes));
            let each = u64::from(scale.weigh(1).unwrap());
            assert_eq!(scale.capacity / each, sessions);
            assert!(scale.capacity >= bytes && scale.capacity < bytes + sessions);
        }
    }

    #[test]
    fn where_bytes_are_always_short_first_their_limit_is_exact() {
        for sessions in [100, 1_000, 100_000] {
            assert_eq!(scale(Some(sessions), Some(50_000)).capacity, 50_000);
        }
    }

    #[test]
    fn a_session_heavier_than_its_share_weighs_its_bytes() {
        let scale = scale(Some(10), Some(100_000));
        assert_eq!(scale.weigh(9_999), Some(10_000));
        assert_eq!(scale.weigh(10_001), Some(10_001));
        assert_eq!(scale.weigh(100_000), Some(100_000));
        assert_eq!(scale.weigh(100_001), None);
    }

    #[test]
    fn without_a_limit_of_bytes_every_session_weighs_one() {
        assert_eq!(scale(Some(10), None).weigh(u64::MAX), Some(1));
    }

    #[test]
    fn a_session_that_cannot_be_weighed_does_not_fit() {
        let four_gib = u64::from(u32::MAX) + 1;
        assert_eq!(scale(None, Some(1 << 40)).weigh(four_gib), None);
    }
}

//! The numbers by which writes are told apart.

use std::fmt;

use crate::error::{Error, Operation};
use crate::random;

/// Counts the changes of a session's data and label, from 1.
///
/// An update names the revision that it read. Where another came first, it is told so. For a token
/// that someone else issued it counts from a random number: such a token can be added again under the
/// same id, and a change of the session before must not pass for one of the session after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a session that was just created.
    pub const FIRST: Revision = Revision(1);

    /// Where the count begins for an id that may be used again: 48 bits, which every script language
    /// counts exactly.
    pub(crate) fn random() -> Self {
        let [a, b, c, d, e, f] = random::unique();
        Self(u64::from_be_bytes([0, 0, a, b, c, d, e, f]).saturating_add(1))
    }

    /// The revision of this stored number.
    #[must_use]
    pub const fn from_stored(number: u64) -> Self {
        Self(number)
    }

    /// The number, as a backend stores it.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A random number kept with a token set. Revoking the whole set replaces it, and with it every
/// sign-in attempt that began before.
///
/// `Debug` is redacted: whoever knows it can forge a sign-in attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Generation([u8; Generation::LEN]);

impl Generation {
    /// The length of a generation in bytes.
    pub const LEN: usize = 16;

    /// Draws a new generation.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entropy`](crate::ErrorKind::Entropy) where the system has no randomness to give.
    pub fn random(operation: Operation) -> Result<Self, Error> {
        random::secret(operation).map(Self)
    }

    /// The generation of these stored bytes.
    #[must_use]
    pub const fn from_stored(bytes: [u8; Generation::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes, as a backend stores them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Generation::LEN] {
        &self.0
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Generation(redacted)")
    }
}

/// The random name of one write, the same for all its tries.
///
/// A record keeps the name of the write that made its revision, and so a retry whose first answer
/// was lost finds that it had succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteId([u8; WriteId::LEN]);

impl WriteId {
    /// The length of a write id in bytes.
    pub const LEN: usize = 16;

    /// A name that no other write has.
    ///
    /// # Panics
    ///
    /// Where the operating system has no randomness to give, in which case no handle can be
    /// [built](crate::SessionsBuilder::build).
    #[must_use]
    pub fn random() -> Self {
        Self(random::unique())
    }

    /// The write id of these stored bytes.
    #[must_use]
    pub const fn from_stored(bytes: [u8; WriteId::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes, as a backend stores them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; WriteId::LEN] {
        &self.0
    }
}

#[cfg(test)]
mod tests;

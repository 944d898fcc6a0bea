//! The unit of atomicity.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Operation};
use crate::random;
use crate::subject::Subject;

/// Where a session lives: two bytes, carried by its token.
///
/// A subject's sessions and its token set share one placement, and an operation
/// touches one placement only. A store makes it a lock stripe or a hash slot,
/// and so keeps every operation atomic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Placement([u8; Placement::LEN]);

impl Placement {
    /// The length of a placement in bytes.
    pub const LEN: usize = 2;

    /// The placement of these two bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Placement::LEN]) -> Self {
        Self(bytes)
    }

    /// The two bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Placement::LEN] {
        self.0
    }

    /// A random placement, for a session without a subject.
    pub(crate) fn random(operation: Operation) -> Result<Self, Error> {
        random::secret(operation).map(Self)
    }
}

/// Four hexadecimal digits.
impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [high, low] = self.0;
        write!(f, "{high:02x}{low:02x}")
    }
}

/// The key that tells where a subject's sessions live.
///
/// [`PlacementKey::default`] is a documented constant: the 32 bytes of SHA-256 of
/// `cloakroom placement key v1`. With it, whoever knows a user id can work out that user's
/// placement, and so could choose user ids that all share one lock stripe or
/// hash slot. A deployment where that matters sets a key of its own, once: the
/// placement is part of every token, so another key cannot find the sessions
/// of before. A store that outlives its process remembers the key's
/// [`digest`](PlacementKey::digest) and refuses to open with another.
///
/// ```
/// use cloakroom_core::{PlacementKey, Subject};
///
/// let subject = Subject::new("user-17")?;
/// let here = PlacementKey::default().place(&subject);
/// assert_eq!(here, PlacementKey::default().place(&subject));
/// # Ok::<_, cloakroom_core::InvalidSubject>(())
/// ```
#[derive(Clone)]
pub struct PlacementKey {
    // Keyed once; placing a subject clones the state.
    mac: Hmac<Sha256>,
    digest: [u8; 32],
}

impl PlacementKey {
    /// A key of the deployment's own, of 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"cloakroom placement key digest v1");
        digest.update(key);
        // HMAC pads a key to the block of its hash with zeros.
        let mut block = [0; 64];
        let (head, _) = block.split_at_mut(key.len());
        head.copy_from_slice(key);
        Self {
            mac: Hmac::new(&block.into()),
            digest: digest.finalize().into(),
        }
    }

    /// The placement of a subject: the first two bytes of HMAC-SHA-256(key, subject).
    #[must_use]
    pub fn place(&self, subject: &Subject) -> Placement {
        let mut mac = self.mac.clone();
        mac.update(subject.as_str().as_bytes());
        let [high, low, ..] = <[u8; 32]>::from(mac.finalize().into_bytes());
        Placement([high, low])
    }

    /// What a store remembers this key by. It does not tell the key.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl Default for PlacementKey {
    fn default() -> Self {
        Self::new(&Sha256::digest(b"cloakroom placement key v1").into())
    }
}

impl PartialEq for PlacementKey {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for PlacementKey {}

impl fmt::Debug for PlacementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlacementKey(redacted)")
    }
}

#[cfg(test)]
mod tests;

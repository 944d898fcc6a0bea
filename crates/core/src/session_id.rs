//! What the store knows a token by.

use std::fmt;
use std::hash::{Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::placement::Placement;

/// What the store knows a token by: a placement and a one-way digest.
///
/// Safe to log, to list, and to show to the user whose session it is. It opens
/// nothing: no operation of [`Sessions`](crate::Sessions) takes one in place of a token, except
/// to revoke it within its subject's set.
///
/// Shown as the digest alone, 40 characters of base64url: the placement would
/// link the sessions of one user in a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId {
    bytes: [u8; SessionId::LEN],
}

impl SessionId {
    /// The length of an id in bytes, as a store keeps it.
    pub const LEN: usize = 32;

    /// The length of the digest within it.
    pub const DIGEST_LEN: usize = SessionId::LEN - Placement::LEN;

    /// The length of an id as it is shown, in characters.
    pub const TEXT_LEN: usize = 40;

    /// The id of a stored key. For backends: it makes no session exist.
    #[must_use]
    pub const fn from_stored(bytes: [u8; SessionId::LEN]) -> Self {
        Self { bytes }
    }

    /// The bytes under which a backend stores it: placement, then digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SessionId::LEN] {
        &self.bytes
    }

    /// Where the session lives.
    #[must_use]
    pub const fn placement(&self) -> Placement {
        let [high, low, ..] = self.bytes;
        Placement::from_bytes([high, low])
    }

    /// The digest, without the placement.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        let (_, digest) = self.bytes.split_at(Placement::LEN);
        digest
    }

    /// Reads an id that was shown, within the placement of its subject.
    pub(crate) fn parse_shown(placement: Placement, text: &str) -> Result<Self, IdParseError> {
        if text.len() != Self::TEXT_LEN {
            return Err(IdParseError::Length { found: text.len() });
        }
        let mut bytes = [0; Self::LEN];
        let (head, tail) = bytes.split_at_mut(Placement::LEN);
        head.copy_from_slice(&placement.to_bytes());
        // 40 characters are 240 bits, so that there are no stray ones to refuse.
        match URL_SAFE_NO_PAD.decode_slice(text, tail) {
            Ok(_) => Ok(Self { bytes }),
            Err(_) => Err(IdParseError::Alphabet),
        }
    }

    /// The id of the first 30 bytes of a digest.
    pub(crate) fn from_digest(placement: Placement, digest: [u8; 32]) -> Self {
        let mut bytes = [0; Self::LEN];
        let (head, tail) = bytes.split_at_mut(Placement::LEN);
        head.copy_from_slice(&placement.to_bytes());
        let (kept, _) = digest.split_at(Self::DIGEST_LEN);
        tail.copy_from_slice(kept);
        Self { bytes }
    }
}

/// Sixteen bytes of the digest: enough to tell ids apart, without the placement, which many share.
///
/// A map of ids still needs a keyed hasher. The standard library's default is one. Tokens that
/// someone else issued can be ground until their digests collide under a hasher without a key.
impl Hash for SessionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(half) = self.digest().first_chunk::<16>() {
            state.write(half);
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base64::display::Base64Display::new(self.digest(), &URL_SAFE_NO_PAD).fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// Why a text is not a session id that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdParseError {
    /// The text has another length.
    #[error(
        "a session id is {} characters long, this text is {found} bytes long",
        SessionId::TEXT_LEN
    )]
    Length {
        /// How many bytes the text has.
        found: usize,
    },
    /// A character is outside the base64url alphabet.
    #[error("a session id holds only A to Z, a to z, 0 to 9, '-' and '_'")]
    Alphabet,
}

#[cfg(test)]
mod tests;

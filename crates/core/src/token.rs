//! The secret that the client holds.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{Error, Operation};
use crate::placement::Placement;
use crate::random;
use crate::session_id::SessionId;

const ID_DOMAIN: &[u8] = b"cloakroom session id v1";

/// The secret that the client holds: a placement and 240 random bits.
///
/// On the wire it is 43 characters of unpadded base64url. A store never sees
/// it: the store knows a session by the token's one-way digest, the
/// [`SessionId`]. So a token cannot be printed, its comparison takes constant
/// time, and its memory is zeroed on drop. [`expose`](Token::expose) is the one
/// way out, for the cookie or the header that carries it to the client.
///
/// ```
/// use cloakroom_core::Token;
///
/// let text = "o_EAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0";
/// let token: Token = text.parse()?;
/// assert_eq!(&*token.expose(), text);
/// assert_eq!(format!("{token:?}"), "Token(redacted)");
/// # Ok::<_, cloakroom_core::TokenParseError>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token {
    bytes: [u8; Token::LEN],
}

impl Token {
    /// The length of a token in bytes.
    pub const LEN: usize = 32;

    /// The length of a token as text, in characters.
    pub const TEXT_LEN: usize = 43;

    /// Draws a new token for a placement from the operating system's generator.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Entropy`](crate::ErrorKind::Entropy) where the system has no randomness to give.
    pub(crate) fn generate(placement: Placement, operation: Operation) -> Result<Self, Error> {
        let mut random: [u8; Token::LEN - Placement::LEN] = random::secret(operation)?;
        let mut bytes = [0; Token::LEN];
        let (head, tail) = bytes.split_at_mut(Placement::LEN);
        head.copy_from_slice(&placement.to_bytes());
        tail.copy_from_slice(&random);
        random.zeroize();
        Ok(Self { bytes })
    }

    /// Parses the 43 characters that [`expose`](Token::expose) gives.
    ///
    /// Exactly one text stands for each token: padding, white space, another
    /// alphabet and stray bits in the last character are refused.
    ///
    /// # Errors
    ///
    /// Says what was wrong with the text, never the text itself.
    pub fn parse(text: &str) -> Result<Self, TokenParseError> {
        if text.len() != Self::TEXT_LEN {
            return Err(TokenParseError::Length { found: text.len() });
        }
        let mut bytes = [0; Self::LEN];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(Self::LEN) => Ok(Self { bytes }),
            // Looked for here: the decoder takes padding for something other than a wrong character.
            _ => Err(match text.bytes().position(|byte| !is_base64url(byte)) {
                Some(at) => TokenParseError::Alphabet { at },
                None => TokenParseError::StrayBits,
            }),
        }
    }

    /// The token as the text that the client is given. Zeroed on drop.
    #[must_use]
    pub fn expose(&self) -> ExposedToken {
        let mut text = [0; Self::TEXT_LEN];
        // The buffer has the exact size, so that encoding into it cannot fail.
        let _ = URL_SAFE_NO_PAD.encode_slice(self.bytes, &mut text);
        ExposedToken { text }
    }

    /// What the store knows this token by.
    #[must_use]
    pub fn id(&self) -> SessionId {
        let mut hash = Sha256::new();
        hash.update(ID_DOMAIN);
        hash.update(self.bytes);
        SessionId::from_digest(self.placement(), hash.finalize().into())
    }

    /// Where the session of this token lives.
    #[must_use]
    pub fn placement(&self) -> Placement {
        let [high, low, ..] = self.bytes;
        Placement::from_bytes([high, low])
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl Eq for Token {}

impl FromStr for Token {
    type Err = TokenParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// A token as text, on its way to the client. Dereferences to `str`.
///
/// It has no `Display`, its `Debug` is redacted, and its memory is zeroed on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ExposedToken {
    text: [u8; Token::TEXT_LEN],
}

impl std::ops::Deref for ExposedToken {
    type Target = str;

    fn deref(&self) -> &str {
        // base64url is ASCII, so this never takes the fallback.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl fmt::Debug for ExposedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExposedToken(redacted)")
    }
}

/// Why a text is not a token. Never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenParseError {
    /// The text has another length.
    #[error(
        "a token is {} characters long, this text is {found} bytes long",
        Token::TEXT_LEN
    )]
    Length {
        /// How many bytes the text has.
        found: usize,
    },
    /// A character is outside the base64url alphabet.
    #[error(
        "a token holds only A to Z, a to z, 0 to 9, '-' and '_', this text has something else at byte {at}"
    )]
    Alphabet {
        /// Where the first such character is.
        at: usize,
    },
    /// The last character carries bits beyond the token.
    #[error("the last character of this text sets bits that no token has")]
    StrayBits,
}

#[cfg(test)]
mod tests;

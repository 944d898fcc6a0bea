//! The id that Node gives a session. It opens the session: a secret.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::{Error, ErrorKind, Operation, Result};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The id that Node gives a session, as the cookie and the key in Redis have it.
///
/// It opens the session, so it is what Cloakroom calls a token, and is treated like one: it is not printed, is
/// compared in constant time, and is zeroed on drop. Unlike Cloakroom's, it stands in Redis as it is.
///
/// Junk is refused here, before Redis is asked: see [`InvalidSid`].
///
/// ```
/// use cloakroom_node::{InvalidSid, Sid};
///
/// let sid = Sid::parse("-_D4KmjM7bd79KpH1ECoMWrViyu6CQ_z")?;
/// assert_eq!(format!("{sid:?}"), "Sid(redacted)");
/// assert_eq!(Sid::parse("*").unwrap_err(), InvalidSid::NoWord);
/// # Ok::<_, InvalidSid>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Sid(String);

impl Sid {
    /// The longest id, in bytes.
    pub const MAX_LEN: usize = 512;

    /// Takes an id out of a cookie or a query.
    ///
    /// # Errors
    ///
    /// Says what was wrong with it, never what it is.
    pub fn parse(text: &str) -> Result<Self, InvalidSid> {
        match text.len() {
            0 => Err(InvalidSid::Empty),
            found if found > Self::MAX_LEN => Err(InvalidSid::TooLong { found }),
            _ if text.chars().any(char::is_control) => Err(InvalidSid::Control),
            _ if !text.chars().any(char::is_alphanumeric) => Err(InvalidSid::NoWord),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The id as text, for a cookie or for a set in Redis.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As the package `uid-safe` makes them: 24 random bytes.
    pub(crate) fn random() -> Result<Self> {
        let mut bytes: [u8; 24] = random()?;
        let sid = Self(URL_SAFE_NO_PAD.encode(bytes));
        bytes.zeroize();
        Ok(sid)
    }

    /// As `crypto.randomUUID` makes them, version 4.
    pub(crate) fn random_uuid(prefix: &str) -> Result<Self> {
        let [a, b, c, d, e, f, g, h, rest @ ..]: [u8; 16] = random()?;
        let mut text = String::with_capacity(prefix.len() + 36);
        text.push_str(prefix);
        let g = (g & 0x0f) | 0x40;
        let [i, j, k, l, m, n, o, p] = rest;
        let i = (i & 0x3f) | 0x80;
        let groups: [&[u8]; 5] = [
            &[a, b, c, d],
            &[e, f],
            &[g, h],
            &[i, j],
            &[k, l, m, n, o, p],
        ];
        for (at, group) in groups.into_iter().enumerate() {
            if at > 0 {
                text.push('-');
            }
            for byte in group {
                text.push_str(&format!("{byte:02x}"));
            }
        }
        Ok(Self(text))
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|source| Error::with_source(ErrorKind::Entropy, Operation::Create, source))?;
    Ok(bytes)
}

impl PartialEq for Sid {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Sid {}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sid(redacted)")
    }
}

/// Why a text is not the id of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSid {
    /// There is none.
    #[error("a session id is not empty")]
    Empty,
    /// It is too long.
    #[error(
        "a session id has at most {} bytes, this one has {found}",
        Sid::MAX_LEN
    )]
    TooLong {
        /// How many bytes it has.
        found: usize,
    },
    /// It has a control character: a newline, a NUL.
    #[error("a session id has no control characters")]
    Control,
    /// It has neither a letter nor a digit.
    #[error("a session id has a letter or a digit")]
    NoWord,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_refused() {
        let long = "a".repeat(100_000);
        for (junk, why) in [
            ("", InvalidSid::Empty),
            ("*", InvalidSid::NoWord),
            (":", InvalidSid::NoWord),
            ("?[]{}", InvalidSid::NoWord),
            ("abc\n", InvalidSid::Control),
            ("abc\0", InvalidSid::Control),
            ("abc\u{85}", InvalidSid::Control),
            (&long, InvalidSid::TooLong { found: 100_000 }),
        ] {
            assert_eq!(Sid::parse(junk).unwrap_err(), why);
        }
        for good in [
            "a",
            "sess:f543ae17-6a3f-443d-99e6-412e661922f8",
            "store_no_expire",
            "é",
        ] {
            assert!(Sid::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn new_ones_look_like_node_s() {
        let (one, two) = (Sid::random().unwrap(), Sid::random().unwrap());
        assert_eq!(one.expose().len(), 32);
        assert!(one != two);
        let uuid = Sid::random_uuid("sess:").unwrap();
        let uuid = uuid.expose().strip_prefix("sess:").unwrap();
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]));
    }
}

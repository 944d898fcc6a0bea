//! Whose session it is.

use std::fmt;
use std::sync::Arc;

/// Whose session it is: the user id that the application chose.
///
/// 1 to 256 bytes of UTF-8, any characters at all: `:`, `*`, `{`, `}`, newline and NUL included.
/// Two subjects are one only where every byte is the same: normalise before, where that is wanted.
///
/// ```
/// use cloakroom_core::Subject;
///
/// let subject = Subject::new("user-17")?;
/// assert_eq!(subject.as_str(), "user-17");
/// assert!(Subject::new("").is_err());
/// # Ok::<_, cloakroom_core::InvalidSubject>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Arc<str>);

impl Subject {
    /// The longest subject, in bytes.
    pub const MAX_LEN: usize = 256;

    /// The subject of this user id.
    ///
    /// # Errors
    ///
    /// Where the text is empty or longer than 256 bytes.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidSubject> {
        let text = text.as_ref();
        match text.len() {
            0 => Err(InvalidSubject::Empty),
            1..=Self::MAX_LEN => Ok(Self(text.into())),
            found => Err(InvalidSubject::TooLong { found }),
        }
    }

    /// The user id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Subject {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({:?})", self.as_str())
    }
}

impl TryFrom<&str> for Subject {
    type Error = InvalidSubject;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl serde::Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

/// Why a text is not a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSubject {
    /// The text is empty.
    #[error("a subject cannot be empty; use an anonymous session for a visitor without a user id")]
    Empty,
    /// The text is too long.
    #[error(
        "a subject has at most {} bytes, this one has {found}",
        Subject::MAX_LEN
    )]
    TooLong {
        /// How many bytes the text has.
        found: usize,
    },
}

#[cfg(test)]
mod tests;

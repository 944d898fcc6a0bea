//! What a user calls a session.

use std::fmt;
use std::sync::Arc;

/// What a user tells a session by, such as "Firefox on Linux".
///
/// 1 to 128 bytes of UTF-8 without control characters. It is shown to people: escape it for HTML.
///
/// ```
/// use cloakroom_core::Label;
///
/// let label = Label::new("Firefox on Linux")?;
/// assert_eq!(label.as_str(), "Firefox on Linux");
/// # Ok::<_, cloakroom_core::InvalidLabel>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(Arc<str>);

impl Label {
    /// The longest label, in bytes.
    pub const MAX_LEN: usize = 128;

    /// The label of this text.
    ///
    /// # Errors
    ///
    /// Where the text is empty, longer than 128 bytes, or has a control character.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidLabel> {
        let text = text.as_ref();
        match text.len() {
            0 => return Err(InvalidLabel::Empty),
            1..=Self::MAX_LEN => {}
            found => return Err(InvalidLabel::TooLong { found }),
        }
        match text.char_indices().find(|(_, c)| c.is_control()) {
            Some((at, _)) => Err(InvalidLabel::Control { at }),
            None => Ok(Self(text.into())),
        }
    }

    /// A label from outside, such as a `User-Agent`: control characters are left out, and what
    /// is too long is cut between characters. `None` where nothing remains.
    #[must_use]
    pub fn from_untrusted(text: &str) -> Option<Self> {
        let mut kept = String::new();
        let shown = text.chars().filter(|c| !c.is_control());
        for c in shown.skip_while(|c| c.is_whitespace()) {
            if kept.len() + c.len_utf8() > Self::MAX_LEN {
                break;
            }
            kept.push(c);
        }
        Self::new(kept.trim_end()).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Label {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<&str> for Label {
    type Error = InvalidLabel;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl serde::Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

/// Why a text is not a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLabel {
    /// The text is empty.
    #[error("a label cannot be empty; leave it out instead")]
    Empty,
    /// The text is too long.
    #[error("a label has at most {} bytes, this one has {found}", Label::MAX_LEN)]
    TooLong {
        /// How many bytes the text has.
        found: usize,
    },
    /// The text has a control character.
    #[error("a label has no control characters, this one has one at byte {at}")]
    Control {
        /// Where the first one is.
        at: usize,
    },
}

#[cfg(test)]
mod tests;

//! The name that a user signs in with.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name that a user signs in with: 2 to 32 letters, digits, dots, dashes and underscores. Shown as
/// the user wrote it; `Ada` and `ada` are one name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct UserName(String);

/// What to tell somebody whose name will not do.
pub(crate) const RULE: &str =
    "A name has 2 to 32 characters: letters from a to z, digits, dots, dashes and underscores.";

impl UserName {
    /// The name in a form; nothing where it is none.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (2..=32).contains(&text.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        (fits && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }
}

impl PartialEq for UserName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for UserName {}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UserName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or(RULE)
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_of_a_sensible_length() {
        for good in ["ada", " Ada ", "ada.lovelace_1-2", &"x".repeat(32)] {
            assert!(UserName::new(good).is_some(), "{good}");
        }
        for bad in ["", "a", "a b", "a\0b", "ädä", "<b>", &"x".repeat(33)] {
            assert!(UserName::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn names_that_differ_in_case_are_one() {
        let (ada, other) = (UserName::new("Ada").unwrap(), UserName::new("aDA").unwrap());
        assert_eq!(ada, other);
        assert_eq!(ada.to_string(), "Ada");
    }
}

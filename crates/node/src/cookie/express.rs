//! The package `cookie`: how Express reads cookies, and sets one that is signed.

use cloakroom_core::Timestamp;

use crate::cookie::set_cookie::{Style, encode_component, set_cookie};
use crate::cookie::{Attributes, InvalidCookie, header_text};
use crate::sign::ExpressSecrets;

/// A cookie of an Express application, signed at its end: `connect.sid`.
///
/// ```
/// use cloakroom_node::{ExpressCookies, ExpressSecrets};
///
/// let cookies = ExpressCookies::new("connect.sid", ExpressSecrets::new(["keyboard cat"])?);
/// let header = "connect.sid=s%3A0qQJYHXT7yLofhYjKP2tO6p2poLnaJ-J.h5n97zK92Az1owArtF66Ls1jhBBQehRsACUk6ufH9Aw";
/// let reading = cookies.read(header.as_bytes());
/// assert_eq!(reading.value(), Some("0qQJYHXT7yLofhYjKP2tO6p2poLnaJ-J"));
/// # Ok::<_, cloakroom_node::NoKeys>(())
/// ```
#[derive(Debug, Clone)]
pub struct ExpressCookies {
    name: String,
    secrets: ExpressSecrets,
}

/// What a request says by its cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct ExpressReading {
    found: Option<(String, usize)>,
}

impl ExpressReading {
    /// The value, where it is there and its signature holds. Not where it is empty.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.found.as_ref().map(|(value, _)| value.as_str())
    }

    /// Whether the signature is by another secret than the first. Express leaves it so, until something else makes
    /// it set the cookie again.
    #[must_use]
    pub fn is_signed_by_an_older_secret(&self) -> bool {
        self.found.as_ref().is_some_and(|(_, secret)| *secret > 0)
    }
}

/// Without the value, which is the session's secret.
impl std::fmt::Debug for ExpressReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExpressReading")
            .field("is_present", &self.found.is_some())
            .finish()
    }
}

impl ExpressCookies {
    /// The cookie of this name, signed by these secrets.
    pub fn new(name: impl Into<String>, secrets: ExpressSecrets) -> Self {
        Self {
            name: name.into(),
            secrets,
        }
    }

    /// The name of the cookie.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the value of a `Cookie` header (of several, joined by `; `), as express-session does:
    ///
    /// - the first cookie of a name counts, whatever comes after it;
    /// - spaces and tabs around names and values go, and a pair of quotes around a value;
    /// - a value with a percent sign is decoded, and left as it is where that fails;
    /// - it begins with `s:`, and is signed after its last dot.
    ///
    /// There is nothing to set: Express clears no cookie, and signs none again because a secret is old.
    #[must_use]
    pub fn read(&self, header: &[u8]) -> ExpressReading {
        let header = header_text(header);
        let found = find(&header, &self.name).and_then(|value| {
            let value = decode(value);
            let (value, secret) = self.secrets.unsign(value.strip_prefix("s:")?)?;
            (!value.is_empty()).then(|| (value.to_owned(), secret))
        });
        ExpressReading { found }
    }

    /// The `Set-Cookie` header that gives a value to the browser.
    ///
    /// # Errors
    ///
    /// Where the name or an attribute has characters that a header cannot hold.
    pub fn set(
        &self,
        value: &str,
        attributes: &Attributes,
        now: Timestamp,
    ) -> Result<String, InvalidCookie> {
        let value = encode_component(&format!("s:{}", self.secrets.sign(value)));
        set_cookie(Style::Express, &self.name, &value, attributes, now)
    }

    /// The `Set-Cookie` header that takes the cookie away from the browser. express-session never sends one:
    /// `res.clearCookie` of Express does.
    ///
    /// # Errors
    ///
    /// As [`set`](ExpressCookies::set).
    pub fn clear(&self, attributes: &Attributes, now: Timestamp) -> Result<String, InvalidCookie> {
        let mut attributes = attributes.clone();
        attributes.expire();
        set_cookie(Style::Express, &self.name, "", &attributes, now)
    }
}

/// Names and values are divided by the first `=`; what has none is passed over.
fn find<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let blank = [' ', '\t'];
    let value_of = |part: &'a str| {
        let (found, value) = part.split_once('=')?;
        (found.trim_matches(blank) == name).then(|| value.trim_matches(blank))
    };
    let value = header.split(';').find_map(value_of)?;
    // A quote alone is both: it goes, and leaves nothing.
    match value
        .strip_prefix('"')
        .map(|rest| (rest, rest.strip_suffix('"')))
    {
        Some((_, Some(within))) => Some(within),
        Some(("", None)) => Some(""),
        _ => Some(value),
    }
}

/// `decodeURIComponent`, where that does not throw.
fn decode(value: &str) -> String {
    if !value.contains('%') {
        return value.to_owned();
    }
    try_decode(value).unwrap_or_else(|| value.to_owned())
}

fn try_decode(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after.get(..2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after.get(2..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    // What stood there before is whole characters, so that what is wrong is wrong in what was encoded.
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_counts() {
        for (header, value) in [
            ("a=1", Some("1")),
            ("b=2; a=1; a=3", Some("1")),
            ("b;a=1", Some("1")),
            ("\t a \t= 1 \t;", Some("1")),
            ("A=1", None),
            ("=a", None),
            ("a=", Some("")),
            ("a=   ", Some("")),
            ("a=b=c", Some("b=c")),
            ("a=\"b\"", Some("b")),
            ("a=\"b", Some("\"b")),
            ("a=b\"", Some("b\"")),
            ("a=\"", Some("")),
            ("a=\"\"", Some("")),
        ] {
            assert_eq!(find(header, "a"), value, "{header:?}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_stays() {
        for (value, decoded) in [
            ("%41", "A"),
            ("%c3%a9", "\u{e9}"),
            ("%", "%"),
            ("%4", "%4"),
            ("%+1", "%+1"),
            ("%zz%41", "%zz%41"),
            ("%ff%41", "%ff%41"),
            ("%ed%a0%80", "%ed%a0%80"),
            ("%c0%80", "%c0%80"),
            ("%00", "\0"),
            ("\u{e9}%41", "\u{e9}A"),
            ("%c3\u{a9}", "%c3\u{a9}"),
            ("a\u{e9}%\u{e9}", "a\u{e9}%\u{e9}"),
        ] {
            assert_eq!(decode(value), decoded, "{value:?}");
        }
    }
}

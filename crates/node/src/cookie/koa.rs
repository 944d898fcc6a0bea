//! The package `cookies`: how Koa reads a cookie and its signature, and sets them.

use cloakroom_core::Timestamp;

use crate::cookie::set_cookie::{Style, set_cookie};
use crate::cookie::{Attributes, InvalidCookie, header_text};
use crate::sign::Keygrip;

/// A cookie of a Koa application, with the signature in a second one: `koa.sid` and `koa.sid.sig`.
///
/// ```
/// use cloakroom_node::{Keygrip, KoaCookies};
///
/// let cookies = KoaCookies::new("koa.sid", Keygrip::new(["secret"])?);
/// let header = "koa.sid=-_D4KmjM7bd79KpH1ECoMWrViyu6CQ_z; koa.sid.sig=RNYqL1JkSqUOvplBJCnho2ECed4";
/// let reading = cookies.read(header.as_bytes());
/// assert_eq!(reading.value(), Some("-_D4KmjM7bd79KpH1ECoMWrViyu6CQ_z"));
/// assert!(reading.set_cookie().is_empty());
/// # Ok::<_, cloakroom_node::NoKeys>(())
/// ```
#[derive(Debug, Clone)]
pub struct KoaCookies {
    name: String,
    keygrip: Keygrip,
    signed: bool,
    secure: bool,
}

/// What a request says by its cookies, and what the answer is to set.
#[derive(Clone, PartialEq, Eq)]
pub struct KoaReading {
    value: Option<String>,
    set_cookie: Vec<String>,
}

impl KoaReading {
    /// The value, where it is there and its signature holds. Not where it is empty: no session has an empty id.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref().filter(|value| !value.is_empty())
    }

    /// The `Set-Cookie` headers that this reading asks for: a new signature where the old one was made by
    /// another key than the first, and none where it was wrong.
    #[must_use]
    pub fn set_cookie(&self) -> &[String] {
        &self.set_cookie
    }
}

/// Without the value, which is the session's secret.
impl std::fmt::Debug for KoaReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KoaReading")
            .field("is_present", &self.value().is_some())
            .field("set_cookie", &self.set_cookie.len())
            .finish()
    }
}

impl KoaCookies {
    /// The cookie of this name, signed by these keys.
    pub fn new(name: impl Into<String>, keygrip: Keygrip) -> Self {
        Self {
            name: name.into(),
            keygrip,
            signed: true,
            secure: false,
        }
    }

    /// Whether the cookie is signed. It is by default; **without a signature anybody can name any session**, and
    /// only their ids' being hard to guess protects them.
    #[must_use]
    pub fn signed(self, signed: bool) -> Self {
        Self { signed, ..self }
    }

    /// Whether requests come over TLS, as Koa sees it (`app.proxy` included). Then cookies that say nothing else are
    /// marked `secure`. They do not by default.
    #[must_use]
    pub fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// The name of the cookie.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the value of a `Cookie` header (of several, joined by `; `), as Koa does:
    ///
    /// - the first cookie of a name counts, whatever comes after it;
    /// - a value that begins with a quote loses its first and last character;
    /// - nothing is percent-decoded;
    /// - without a signature there is no value, and nothing is set;
    /// - a wrong signature is cleared, and one by an older key replaced.
    #[must_use]
    pub fn read(&self, header: &[u8]) -> KoaReading {
        let header = header_text(header);
        let nothing = |set_cookie| KoaReading {
            value: None,
            set_cookie,
        };
        let Some(value) = find(&header, &self.name) else {
            return nothing(Vec::new());
        };
        let found = |set_cookie| KoaReading {
            value: Some(value.to_owned()),
            set_cookie,
        };
        if !self.signed {
            return found(Vec::new());
        }
        let signature_name = format!("{}.sig", self.name);
        let signature = find(&header, &signature_name).filter(|signature| !signature.is_empty());
        let Some(signature) = signature else {
            return nothing(Vec::new());
        };
        let signed = format!("{}={value}", self.name);
        match self.keygrip.verify(&signed, signature) {
            None => nothing(self.plain(&signature_name, "")),
            Some(0) => found(Vec::new()),
            Some(_) => found(self.plain(&signature_name, &self.keygrip.sign(&signed))),
        }
    }

    /// The `Set-Cookie` headers that give a value to the browser, and its signature.
    ///
    /// # Errors
    ///
    /// Where the name, the value or an attribute has characters that a header cannot hold.
    pub fn set(
        &self,
        value: &str,
        attributes: &Attributes,
        now: Timestamp,
    ) -> Result<Vec<String>, InvalidCookie> {
        let mut attributes = attributes.clone();
        attributes.secure = attributes.secure.or(self.secure.then_some(true));
        let mut headers = vec![set_cookie(Style::Koa, &self.name, value, &attributes, now)?];
        if attributes.signed.unwrap_or(self.signed) {
            let signature = self.keygrip.sign(&format!("{}={value}", self.name));
            let name = format!("{}.sig", self.name);
            // Koa clears both: an empty value has a signature, but the attributes of one that is cleared.
            if value.is_empty() {
                attributes.expire();
            }
            headers.push(set_cookie(Style::Koa, &name, &signature, &attributes, now)?);
        }
        Ok(headers)
    }

    /// The `Set-Cookie` headers that take the cookie away from the browser. koa-generic-session signs what it clears even
    /// where its cookies are not signed: `Attributes::new().signed(true)` is what it sets then.
    ///
    /// # Errors
    ///
    /// As [`set`](KoaCookies::set).
    pub fn clear(
        &self,
        attributes: &Attributes,
        now: Timestamp,
    ) -> Result<Vec<String>, InvalidCookie> {
        self.set("", attributes, now)
    }

    /// As Koa sets a signature by itself: with no more attributes than any cookie has.
    fn plain(&self, name: &str, value: &str) -> Vec<String> {
        let attributes = Attributes {
            secure: self.secure.then_some(true),
            ..Attributes::new()
        };
        // A name that no header can hold was never found in one.
        set_cookie(Style::Koa, name, value, &attributes, Timestamp::EPOCH)
            .into_iter()
            .collect()
    }
}

/// The pattern is `(?:^|;) *NAME=([^;]*)`: spaces before a name are skipped, tabs are not.
fn find<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let value_of = |part: &'a str| {
        part.trim_start_matches(' ')
            .strip_prefix(name)?
            .strip_prefix('=')
    };
    let value = header.split(';').find_map(value_of)?;
    match value.strip_prefix('"') {
        None => Some(value),
        // The last character goes, whatever it is.
        Some(rest) => {
            let mut characters = rest.chars();
            characters.next_back();
            Some(characters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_counts() {
        for (header, value) in [
            ("a=1", Some("1")),
            ("b=2; a=1; a=3", Some("1")),
            ("b=2;a=1", Some("1")),
            (";;  a=1", Some("1")),
            ("\ta=1", None),
            ("a =1", None),
            ("A=1", None),
            ("xa=1; a.b=2", None),
            ("a=", Some("")),
            ("a", None),
            ("a=b=c", Some("b=c")),
            ("a= b ; c", Some(" b ")),
            ("a=%20", Some("%20")),
            ("a=\"b\"", Some("b")),
            ("a=\"bc", Some("b")),
            ("a=\"", Some("")),
            ("a=b\"", Some("b\"")),
        ] {
            assert_eq!(find(header, "a"), value, "{header:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_characters() {
        let keygrip = Keygrip::new(["secret"]).unwrap();
        let cookies = KoaCookies::new("a", keygrip.clone());
        let signature = keygrip.sign("a=\u{ff}");
        let mut header = b"a=\xff; a.sig=".to_vec();
        header.extend_from_slice(signature.as_bytes());
        assert_eq!(cookies.read(&header).value(), Some("\u{ff}"));
    }

    #[test]
    fn over_tls_what_koa_sets_by_itself_is_secure() {
        let cookies = KoaCookies::new("a", Keygrip::new(["secret"]).unwrap()).secure(true);
        let reading = cookies.read(b"a=1; a.sig=wrong");
        assert_eq!(
            reading.set_cookie(),
            ["a.sig=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; secure; httponly"]
        );
    }

    #[test]
    fn what_was_read_is_not_printed() {
        let cookies = KoaCookies::new("a", Keygrip::new(["secret"]).unwrap()).signed(false);
        let shown = format!("{:?}", cookies.read(b"a=hush"));
        assert!(!shown.contains("hush"), "{shown}");
    }
}

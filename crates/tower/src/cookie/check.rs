//! Which cookies are refused when the layer is built.

use crate::cookie::write::attributes;
use crate::cookie::{SameSite, SessionCookie};

/// Why a [`SessionCookie`] is refused: which setting, what would come of it, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCookie {
    /// There is no name.
    #[error("a cookie needs a name; the default is `__Host-session`")]
    NoName,
    /// The name has a byte that no name can have.
    #[error(
        "the cookie's name {name:?} has a character that names cannot have, at byte {at}; use letters, digits, `-` and `_`"
    )]
    Name {
        /// The name asked for.
        name: String,
        /// Where the byte is.
        at: usize,
    },
    /// The path is not absolute, or has a byte that no path can have.
    #[error(
        "the cookie's path {path:?} does not begin with `/`, or has a character that it cannot have; browsers would take another path for it"
    )]
    Path {
        /// The path asked for.
        path: String,
    },
    /// The domain is none.
    #[error(
        "the cookie's domain {domain:?} is not a domain of letters, digits, `-` and `.`; browsers would drop the cookie"
    )]
    Domain {
        /// The domain asked for.
        domain: String,
    },
    /// Browsers drop it.
    #[error(
        "a cookie with `SameSite=None` and without `Secure` is dropped by browsers; serve it over TLS with `secure(true)`, or use `SameSite::Lax`"
    )]
    SameSiteNoneNotSecure,
    /// The prefix promises `Secure`.
    #[error(
        "the cookie's name {name:?} promises `Secure` by its prefix, and browsers drop it without; keep `secure(true)`, or take a name without the prefix, as `plain_http_on_localhost` does"
    )]
    PrefixNotSecure {
        /// The name asked for.
        name: String,
    },
    /// The prefix promises one host.
    #[error(
        "the cookie's name {name:?} promises by its prefix to be for this host alone, and browsers drop it with the domain {domain:?}; leave the domain out, or use the prefix `__Secure-`"
    )]
    HostPrefixDomain {
        /// The name asked for.
        name: String,
        /// The domain asked for.
        domain: String,
    },
    /// The prefix promises the whole host.
    #[error(
        "the cookie's name {name:?} promises the path `/` by its prefix, and browsers drop it with the path {path:?}; use `/`, or the prefix `__Secure-`"
    )]
    HostPrefixPath {
        /// The name asked for.
        name: String,
        /// The path asked for.
        path: String,
    },
    /// The prefix promises `HttpOnly`.
    #[error(
        "the cookie's name {name:?} promises `HttpOnly` by its prefix, and browsers drop it without; keep `http_only(true)`, or take a name without `Http-`"
    )]
    PrefixNotHttpOnly {
        /// The name asked for.
        name: String,
    },
    /// Browsers drop it.
    #[error(
        "with this name, path and domain the cookie takes {found} bytes, and browsers keep at most 4096; shorten them"
    )]
    TooLong {
        /// How many bytes it takes.
        found: usize,
    },
}

impl SessionCookie {
    pub(crate) fn check(&self) -> Result<(), InvalidCookie> {
        self.check_text()?;
        self.check_prefix()?;
        if self.same_site == SameSite::None && !self.secure {
            return Err(InvalidCookie::SameSiteNoneNotSecure);
        }
        let longest = "0".repeat(cloakroom_core::Token::TEXT_LEN);
        let max_age = SessionCookie::MAX_AGE.as_secs();
        match attributes(self, &longest, Some(max_age)).len() {
            found if found > 4096 => Err(InvalidCookie::TooLong { found }),
            _ => Ok(()),
        }
    }

    fn check_text(&self) -> Result<(), InvalidCookie> {
        if self.name.is_empty() {
            return Err(InvalidCookie::NoName);
        }
        if let Some(at) = self.name.bytes().position(|byte| !is_name_byte(byte)) {
            let name = self.name.clone();
            return Err(InvalidCookie::Name { name, at });
        }
        let is_path_byte = |byte: u8| matches!(byte, b' '..=b'~') && byte != b';';
        let ends = [self.path.starts_with('/'), !self.path.ends_with(' ')];
        if ends != [true; 2] || !self.path.bytes().all(is_path_byte) {
            let path = self.path.clone();
            return Err(InvalidCookie::Path { path });
        }
        match &self.domain {
            Some(domain) if !is_domain(domain) => Err(InvalidCookie::Domain {
                domain: domain.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Browsers compare the prefixes without regard to case.
    fn check_prefix(&self) -> Result<(), InvalidCookie> {
        let lower = self.name.to_ascii_lowercase();
        let has = |prefix: &str| lower.starts_with(prefix);
        let name = || self.name.clone();
        if !self.secure && (has("__host-") || has("__secure-") || has("__http-")) {
            return Err(InvalidCookie::PrefixNotSecure { name: name() });
        }
        if !self.http_only && (has("__http-") || has("__host-http-")) {
            return Err(InvalidCookie::PrefixNotHttpOnly { name: name() });
        }
        if !has("__host-") {
            return Ok(());
        }
        if let Some(domain) = self.domain.clone() {
            return Err(InvalidCookie::HostPrefixDomain {
                name: name(),
                domain,
            });
        }
        if self.path != "/" {
            return Err(InvalidCookie::HostPrefixPath {
                name: name(),
                path: self.path.clone(),
            });
        }
        Ok(())
    }
}

/// The bytes of a token in RFC 9110.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    domain.len() <= 253 && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests;

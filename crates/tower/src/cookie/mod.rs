//! The cookie that carries the token.

mod check;
mod parse;
mod write;

use std::fmt;
use std::time::Duration;

pub use check::InvalidCookie;
pub(crate) use parse::{Found, find};
pub(crate) use write::{deleting, setting};

/// The cookie that carries the token: its name and its attributes.
///
/// The defaults are what a session's cookie should have: `__Host-session`, `Secure`, `HttpOnly`,
/// `SameSite=Lax`, `Path=/`, no `Domain`. It goes with the browser, except where the session is
/// [remembered](cloakroom_core::SessionOptions::remembered). What would be unsafe, or what browsers
/// drop without a word, is refused when the layer is [built](crate::SessionLayerBuilder::build).
///
/// ```
/// use cloakroom_tower::{SameSite, SessionCookie};
///
/// let cookie = SessionCookie::new().name("__Host-shop").same_site(SameSite::Strict);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct SessionCookie {
    name: String,
    domain: Option<String>,
    path: String,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    persistence: Persistence,
}

impl SessionCookie {
    /// The longest that a browser keeps a cookie: 400 days.
    pub const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

    /// A cookie with the safe defaults.
    pub fn new() -> Self {
        Self {
            name: "__Host-session".to_owned(),
            domain: None,
            path: "/".to_owned(),
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            persistence: Persistence::default(),
        }
    }

    /// A cookie for development on `http://localhost`: the defaults without `Secure`, and named
    /// `session`, since the prefix asks for it.
    ///
    /// Never for anything that others can reach: whoever listens on the way has the token, and
    /// whoever answers in the place of the server can set one. Some browsers send cookies of
    /// `localhost` to every port, so that servers on other ports see it too.
    pub fn plain_http_on_localhost() -> Self {
        Self::new().name("session").secure(false)
    }

    /// The name. `__Host-session` by default.
    ///
    /// With the prefix `__Host-`, browsers take the cookie only from this very host, over TLS: neither a
    /// sibling domain nor somebody on the way can plant one. Keep it if you can.
    pub fn name(self, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, ..self }
    }

    /// The domain whose subdomains are all sent the cookie. None by default: this host alone. Each
    /// of these subdomains can then read the token, so it has to be trusted as much as this one. Not with
    /// the prefix `__Host-`.
    pub fn domain(self, domain: impl Into<String>) -> Self {
        let domain = Some(domain.into());
        Self { domain, ..self }
    }

    /// The path below which the cookie is sent. `/` by default. It keeps nothing secret from other
    /// paths of the same host.
    pub fn path(self, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { path, ..self }
    }

    /// Whether the cookie is for TLS alone. It is by default.
    pub fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// Whether the cookie is hidden from scripts. It is by default. Without it, one script that is
    /// smuggled into a page can carry the token away.
    pub fn http_only(self, http_only: bool) -> Self {
        Self { http_only, ..self }
    }

    /// Whether requests that other sites cause carry the cookie. [`SameSite::Lax`] by default.
    pub fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }
    }

    /// Whether the cookie outlives the browser. [`Persistence::Remembered`] by default.
    pub fn persistence(self, persistence: Persistence) -> Self {
        Self {
            persistence,
            ..self
        }
    }

    pub(crate) fn name_bytes(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// Whether the cookie of such a session outlives the browser.
    pub(crate) fn persists(&self, is_remembered: bool) -> bool {
        match self.persistence {
            Persistence::Remembered => is_remembered,
            Persistence::Always => true,
            Persistence::Never => false,
        }
    }
}

impl Default for SessionCookie {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether requests that other sites cause carry the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SameSite {
    /// None of them, not even following a link: whoever comes by one seems to be signed out.
    Strict,
    /// Only going to a page, as by a link.
    #[default]
    Lax,
    /// All of them. The application alone then keeps forged requests off; needs `Secure`.
    None,
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        })
    }
}

/// Whether the cookie outlives the browser. Where it does, it is kept until the session's overall
/// deadline, at most 400 days. The session ends by its own timeouts in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Persistence {
    /// That of a session that is [remembered](cloakroom_core::SessionOptions::remembered).
    #[default]
    Remembered,
    /// Every one.
    Always,
    /// None, remembered or not.
    Never,
}

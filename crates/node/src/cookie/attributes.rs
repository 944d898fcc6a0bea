//! What a cookie is set with.

use cloakroom_core::Timestamp;

use crate::cookie::date::JsDate;

/// What a cookie is set with, beside its name and value.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    pub(crate) path: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) expires: Option<JsDate>,
    /// In milliseconds.
    pub(crate) max_age: Option<f64>,
    pub(crate) secure: Option<bool>,
    pub(crate) http_only: bool,
    pub(crate) same_site: Option<SameSite>,
    pub(crate) priority: Option<Priority>,
    pub(crate) partitioned: bool,
    /// Where it says so itself: koa-generic-session keeps that in each session.
    pub(crate) signed: Option<bool>,
}

/// The attribute `SameSite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of RFC 6265bis")]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

/// The attribute `Priority`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the browsers that know it")]
pub enum Priority {
    Low,
    Medium,
    High,
}

impl Attributes {
    /// What cookies have by themselves, in Koa as in Express: the path `/`, and `HttpOnly`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            path: Some("/".to_owned()),
            domain: None,
            expires: None,
            max_age: None,
            secure: None,
            http_only: true,
            same_site: None,
            priority: None,
            partitioned: false,
            signed: None,
        }
    }

    /// How long the browser keeps the cookie. It is written as `Expires`, counted from when it is set. Without one, it
    /// is kept until the browser ends. In whole milliseconds, of which a part counts whole.
    #[must_use]
    pub fn max_age(self, max_age: std::time::Duration) -> Self {
        Self {
            max_age: Some(max_age.as_nanos().div_ceil(1_000_000) as f64),
            ..self
        }
    }

    /// `Path`. `/` by default.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// `Domain`. None by default.
    #[must_use]
    pub fn domain(self, domain: impl Into<String>) -> Self {
        Self {
            domain: Some(domain.into()),
            ..self
        }
    }

    /// `Secure`. By default as the request came.
    #[must_use]
    pub fn secure(self, secure: bool) -> Self {
        Self {
            secure: Some(secure),
            ..self
        }
    }

    /// `HttpOnly`. On by default.
    #[must_use]
    pub fn http_only(self, http_only: bool) -> Self {
        Self { http_only, ..self }
    }

    /// `SameSite`. None by default.
    #[must_use]
    pub fn same_site(self, same_site: SameSite) -> Self {
        Self {
            same_site: Some(same_site),
            ..self
        }
    }

    /// `Priority`. None by default.
    #[must_use]
    pub fn priority(self, priority: Priority) -> Self {
        Self {
            priority: Some(priority),
            ..self
        }
    }

    /// `Partitioned`. Off by default.
    #[must_use]
    pub fn partitioned(self, partitioned: bool) -> Self {
        Self {
            partitioned,
            ..self
        }
    }

    /// Whether the cookie is signed, where each session says so itself: in koa-generic-session. By default as the
    /// [`KoaCookies`](crate::KoaCookies) are.
    #[must_use]
    pub fn signed(self, signed: bool) -> Self {
        Self {
            signed: Some(signed),
            ..self
        }
    }

    /// So that the browser drops the cookie.
    pub(crate) fn expire(&mut self) {
        self.expires = Some(JsDate::EPOCH);
        self.max_age = None;
    }

    /// When the browser is to drop it. A lifetime goes before a date, and one of zero is none.
    pub(crate) fn expires_at(&self, now: Timestamp) -> Option<JsDate> {
        match self.max_age {
            Some(max_age) if max_age != 0.0 => JsDate::after(now, max_age),
            _ => self.expires,
        }
    }
}

impl Default for Attributes {
    fn default() -> Self {
        Self::new()
    }
}

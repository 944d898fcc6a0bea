//! Writing `Set-Cookie`.

use std::fmt::Write as _;
use std::time::Duration;

use cloakroom_core::Token;
use http::HeaderValue;

use crate::cookie::SessionCookie;

/// The header that gives the client a token, for so long where the cookie is to outlive the
/// browser.
pub(crate) fn setting(
    cookie: &SessionCookie,
    token: &Token,
    kept: Option<Duration>,
) -> Option<HeaderValue> {
    let max_age = kept.map(|kept| kept.min(SessionCookie::MAX_AGE).as_secs());
    header(cookie, &token.expose(), max_age)
}

/// The header that takes the cookie away: the same name, domain and path, or it would be another's.
pub(crate) fn deleting(cookie: &SessionCookie) -> Option<HeaderValue> {
    header(cookie, "", Some(0))
}

/// None only for what [`check`](super::check) refuses.
fn header(cookie: &SessionCookie, value: &str, max_age: Option<u64>) -> Option<HeaderValue> {
    let mut header = HeaderValue::try_from(attributes(cookie, value, max_age)).ok()?;
    // So that whoever prints the headers does not print the token.
    header.set_sensitive(true);
    Some(header)
}

pub(super) fn attributes(cookie: &SessionCookie, value: &str, max_age: Option<u64>) -> String {
    let mut text = String::with_capacity(160);
    text.push_str(&cookie.name);
    text.push('=');
    text.push_str(value);
    let mut attribute = |name: &str, value: &str| {
        text.push_str("; ");
        text.push_str(name);
        text.push_str(value);
    };
    attribute("Path=", &cookie.path);
    if let Some(domain) = &cookie.domain {
        attribute("Domain=", domain);
    }
    if cookie.secure {
        attribute("Secure", "");
    }
    if cookie.http_only {
        attribute("HttpOnly", "");
    }
    match cookie.same_site {
        crate::SameSite::Strict => attribute("SameSite=Strict", ""),
        crate::SameSite::Lax => attribute("SameSite=Lax", ""),
        crate::SameSite::None => attribute("SameSite=None", ""),
    }
    if let Some(seconds) = max_age {
        let _ = write!(text, "; Max-Age={seconds}");
        if seconds == 0 {
            // For clients that are older than Max-Age.
            text.push_str("; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        }
    }
    text
}

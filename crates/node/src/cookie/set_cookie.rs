//! The header `Set-Cookie`, in the letters of Koa and of Express.

use cloakroom_core::Timestamp;

use crate::cookie::{Attributes, Priority, SameSite};

/// Whose letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Koa,
    Express,
}

/// A cookie cannot be written into a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCookie {
    /// The name has characters that it cannot have.
    #[error("a cookie cannot have this name")]
    Name,
    /// The value has characters that a header cannot hold.
    #[error("a header cannot hold this value")]
    Value,
    /// `Path` has characters that it cannot have.
    #[error("a cookie cannot have this path")]
    Path,
    /// `Domain` is none.
    #[error("a cookie cannot have this domain")]
    Domain,
    /// The cookie would end at a time that has no date. In Koa, which says so to the browser, only where it is no number.
    #[error("there is no date so far away")]
    Expires,
    /// A session's own cookie settings hold something that no cookie is made of here. Node refuses some of that, too, and
    /// makes what it can of the rest.
    #[error("the session's own settings of its cookie make no sense")]
    Settings,
}

/// One header. An empty value is cleared.
pub(crate) fn set_cookie(
    style: Style,
    name: &str,
    value: &str,
    attributes: &Attributes,
    now: Timestamp,
) -> Result<String, InvalidCookie> {
    check(style, name, value, attributes)?;
    let mut attributes = attributes.clone();
    if value.is_empty() {
        attributes.expire();
    }
    let max_age = attributes.max_age.filter(|max_age| *max_age != 0.0);
    let is_dated = attributes.expires_at(now).is_some();
    // Koa says `expires=Invalid Date` of what is too far away. Browsers pass over that: here it is left out.
    let is_said = |max_age: f64| style == Style::Koa && max_age.is_finite();
    if max_age.is_some_and(|max_age| !is_dated && !is_said(max_age)) {
        return Err(InvalidCookie::Expires);
    }
    let expires = attributes.expires_at(now).map(|date| date.to_utc());
    let path = attributes.path.as_deref().filter(|path| !path.is_empty());
    let domain = attributes
        .domain
        .as_deref()
        .filter(|domain| !domain.is_empty());
    let mut header = format!("{name}={value}");
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            header.push_str("; ");
            header.push_str(key);
            header.push_str(value);
        }
    };
    let flag = |set: bool| set.then_some("");
    let secure = flag(attributes.secure == Some(true));
    match style {
        Style::Koa => {
            add("path=", path);
            add("expires=", expires.as_deref());
            add("domain=", domain);
            add(
                "priority=",
                attributes.priority.map(|priority| priority.words().0),
            );
            add(
                "samesite=",
                attributes.same_site.map(|same_site| same_site.words().0),
            );
            add("secure", secure);
            add("httponly", flag(attributes.http_only));
            add("partitioned", flag(attributes.partitioned));
        }
        Style::Express => {
            add("Domain=", domain);
            add("Path=", path);
            add("Expires=", expires.as_deref());
            add("HttpOnly", flag(attributes.http_only));
            add("Secure", secure);
            add("Partitioned", flag(attributes.partitioned));
            add(
                "Priority=",
                attributes.priority.map(|priority| priority.words().1),
            );
            add(
                "SameSite=",
                attributes.same_site.map(|same_site| same_site.words().1),
            );
        }
    }
    Ok(header)
}

impl SameSite {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Strict => ("strict", "Strict"),
            Self::Lax => ("lax", "Lax"),
            Self::None => ("none", "None"),
        }
    }
}

impl Priority {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Low => ("low", "Low"),
            Self::Medium => ("medium", "Medium"),
            Self::High => ("high", "High"),
        }
    }
}

/// As strict as the stricter of the two, so that no header is split.
fn check(
    style: Style,
    name: &str,
    value: &str,
    attributes: &Attributes,
) -> Result<(), InvalidCookie> {
    let is_name = !name.is_empty()
        && match style {
            Style::Koa => name
                .chars()
                .all(|c| is_field_content(c) && !matches!(c, ';' | '=')),
            Style::Express => name.bytes().all(is_token),
        };
    let is_value = match style {
        Style::Koa => value.chars().all(|c| is_field_content(c) && c != ';'),
        Style::Express => value.bytes().all(is_cookie_octet),
    };
    let is_path = |path: &str| {
        path.bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b';' | b'<'))
    };
    let path = attributes.path.as_deref();
    let domain = attributes.domain.as_deref();
    match () {
        () if !is_name => Err(InvalidCookie::Name),
        () if !is_value => Err(InvalidCookie::Value),
        () if !path.is_none_or(is_path) => Err(InvalidCookie::Path),
        () if !domain.is_none_or(is_domain) => Err(InvalidCookie::Domain),
        () => Ok(()),
    }
}

/// A tab, a space, and what is printed. Node takes bytes with their highest bit set, too, which a header as text
/// cannot hold.
fn is_field_content(c: char) -> bool {
    matches!(c, '\t' | ' '..='~')
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'+' | b'-'..=b':' | b'<'..=b'[' | b']'..=b'~')
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        let all = bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        all && bytes.len() <= 63 && ends(bytes.first()) && ends(bytes.last())
    };
    let labels = domain.strip_prefix('.').unwrap_or(domain);
    // An empty one is not written.
    domain.is_empty() || labels.split('.').all(is_label)
}

/// `encodeURIComponent`.
pub(crate) fn encode_component(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_374_913_500);

    fn all() -> Attributes {
        Attributes::new()
            .domain("example.test")
            .same_site(SameSite::Lax)
            .priority(Priority::High)
            .partitioned(true)
            .secure(true)
            .max_age(std::time::Duration::from_hours(24))
    }

    #[test]
    fn each_in_its_own_order_and_letters() {
        let koa = set_cookie(Style::Koa, "a", "b", &all(), NOW).unwrap();
        assert_eq!(
            koa,
            "a=b; path=/; expires=Mon, 23 Nov 2026 19:15:13 GMT; domain=example.test; priority=high; \
             samesite=lax; secure; httponly; partitioned"
        );
        let express = set_cookie(Style::Express, "a", "b", &all(), NOW).unwrap();
        assert_eq!(
            express,
            "a=b; Domain=example.test; Path=/; Expires=Mon, 23 Nov 2026 19:15:13 GMT; HttpOnly; Secure; \
             Partitioned; Priority=High; SameSite=Lax"
        );
    }

    #[test]
    fn no_header_is_split() {
        let plain = Attributes::new();
        for style in [Style::Koa, Style::Express] {
            let set = |name, value, attributes: &Attributes| {
                set_cookie(style, name, value, attributes, NOW).unwrap_err()
            };
            for bad in ["", "a;b", "a=b", "a\r\nb", "a\0"] {
                assert_eq!(set(bad, "v", &plain), InvalidCookie::Name, "{bad:?}");
            }
            for bad in ["a;b", "a\r\nb", "\0", "\u{e9}"] {
                assert_eq!(set("a", bad, &plain), InvalidCookie::Value, "{bad:?}");
            }
            assert_eq!(
                set("a", "b", &plain.clone().path("/;x")),
                InvalidCookie::Path
            );
            assert_eq!(
                set("a", "b", &plain.clone().path("/\n")),
                InvalidCookie::Path
            );
            assert_eq!(
                set("a", "b", &plain.clone().path("/<")),
                InvalidCookie::Path
            );
            for bad in ["a b", "-a", "a..b", "a;b", ".", ".."] {
                assert_eq!(
                    set("a", "b", &plain.clone().domain(bad)),
                    InvalidCookie::Domain
                );
            }
        }
    }

    #[test]
    fn a_time_without_a_date() {
        let far = Attributes::new().max_age(std::time::Duration::MAX);
        let express = set_cookie(Style::Express, "a", "b", &far, NOW);
        assert_eq!(express, Err(InvalidCookie::Expires));
        let koa = set_cookie(Style::Koa, "a", "b", &far, NOW);
        assert_eq!(koa.as_deref(), Ok("a=b; path=/; httponly"));
        for max_age in [f64::INFINITY, f64::NEG_INFINITY] {
            let max_age = Some(max_age);
            let never = Attributes {
                max_age,
                ..far.clone()
            };
            let koa = set_cookie(Style::Koa, "a", "b", &never, NOW);
            assert_eq!(koa, Err(InvalidCookie::Expires));
        }
    }

    #[test]
    fn components_are_encoded() {
        assert_eq!(encode_component("s:a.b+/=é"), "s%3Aa.b%2B%2F%3D%C3%A9");
    }
}

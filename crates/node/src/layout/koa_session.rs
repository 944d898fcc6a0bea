//! koa-session, with an external store or in the cookie alone.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cloakroom_core::{Result, Timestamp};

use crate::damage::Damage;
use crate::json::{Js, Object, number_text};
use crate::layout::{Layout, Lifetime, Prepared, Read, seconds};
use crate::session::NodeData;

/// What a session of koa-session has itself: data of these names are lost, or break it.
pub(super) const METHODS: &[&str] = &[
    "commit",
    "externalKey",
    "isNew",
    "length",
    "manuallyCommit",
    "maxAge",
    "populated",
    "regenerate",
    "save",
    "toJSON",
];

/// How long a session lives that does not say so.
const DAY: f64 = 24.0 * 60.0 * 60.0 * 1000.0;

/// How much longer the key lives than the session.
const LONGER: f64 = 10_000.0;

/// Whether it says itself that it is over. Only a number counts.
pub(super) fn has_ended(session: &Object, now: Timestamp) -> bool {
    let expire = session.js("_expire").number();
    expire.is_some_and(|expire| expire < now.as_millis() as f64)
}

/// How long a session lives from a write on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Says {
    /// In milliseconds.
    MaxAge(f64),
    /// Until the browser ends: for ever, as far as the session says.
    Session,
    /// What makes no lifetime.
    Nonsense,
}

/// By what the session says itself, of which the last counts; else by the options.
pub(super) fn lifetime(session: &Object, max_age: Option<f64>, until_browser_ends: bool) -> Says {
    let said = session
        .names()
        .filter(|name| matches!(*name, "_maxAge" | "_session"))
        .last();
    match said {
        Some("_maxAge") => match session.js("_maxAge") {
            Js::Number(max_age) if max_age != 0.0 => Says::MaxAge(max_age),
            said if !said.is_truthy() => Says::MaxAge(DAY),
            Js::String(Some(word)) if word == "session" => Says::Session,
            _ => Says::Nonsense,
        },
        Some(_) => Says::Session,
        None if until_browser_ends => Says::Session,
        None => Says::MaxAge(max_age.filter(|max_age| *max_age != 0.0).unwrap_or(DAY)),
    }
}

/// What Node does before it writes: the session's end is set anew, and comes last.
pub(super) fn prepare(mut session: Object, says: Says, now: Timestamp) -> Result<Prepared, Damage> {
    for name in ["_expire", "_maxAge", "_session"] {
        session.remove(name);
    }
    let lifetime = match says {
        Says::Session => {
            session.set("_session", "true".to_owned());
            Lifetime::Never
        }
        Says::MaxAge(max_age) => {
            session.set("_expire", number_text(now.as_millis() as f64 + max_age));
            session.set("_maxAge", number_text(max_age));
            match max_age < 0.0 {
                true => Lifetime::Over,
                false => seconds(max_age + LONGER)?,
            }
        }
        Says::Nonsense => return Err(Damage::Lifetime),
    };
    Ok(Prepared {
        object: session,
        lifetime,
    })
}

/// A session that koa-session keeps in the cookie alone: its value is the session.
#[derive(Debug)]
#[must_use]
pub enum CookieSession {
    /// It lives.
    Found(NodeData),
    /// It is over, by what it says itself.
    Ended,
}

/// Reads a session that koa-session keeps in the cookie alone, from the value of that cookie: JSON in base64.
///
/// It is for reading only. Nobody can end such a session before its time, and two requests that change it at once
/// lose one change: keep what you find, and give the visitor a session that is kept on the server. As Node, it takes
/// base64 of either alphabet with or without padding, and passes over characters that are neither.
///
/// # Errors
///
/// Where the value is not JSON, or not an object. Node begins a new session then.
///
/// ```
/// use cloakroom_core::Timestamp;
/// use cloakroom_node::{CookieSession, read_cookie_session};
///
/// let now = Timestamp::from_millis(1_795_374_941_000);
/// let value = "eyJhIjoieCIsIl9leHBpcmUiOjQ5NTExMzQ5NDM3MzAsIl9tYXhBZ2UiOjMxNTU3NjAwMDAwMDB9";
/// let CookieSession::Found(session) = read_cookie_session(value, now)? else {
///     return Err("it is over".into());
/// };
/// assert_eq!(session.get::<String>("a")?.as_deref(), Some("x"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn read_cookie_session(value: &str, now: Timestamp) -> Result<CookieSession, Damage> {
    // Node puts a mark in the place of what is not UTF-8, and goes on.
    let text = String::from_utf8_lossy(&decode(value)).into_owned();
    let layout = Layout::koa_session();
    Ok(match layout.read(text.as_bytes(), now)? {
        Read::Session(object) => CookieSession::Found(NodeData::new(layout, object)),
        Read::Ended => CookieSession::Ended,
    })
}

/// `Buffer.from(text, 'base64')`: the first `=` ends it, and a last character that makes no byte goes.
fn decode(text: &str) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let body = text.split('=').next().unwrap_or_default();
    let character = |byte| match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    };
    let mut characters: Vec<u8> = body.bytes().filter_map(character).collect();
    if characters.len() % 4 == 1 {
        characters.pop();
    }
    let engine = GeneralPurpose::new(&STANDARD, config);
    engine.decode(characters).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Node 20 decodes them.
    #[test]
    fn base64_is_read_as_node_reads_it() {
        for (text, bytes) in [
            ("YQ==YQ==", "a"),
            ("YQ=YQ", "a"),
            ("Y Q", "a"),
            ("Y", ""),
            ("YQ", "a"),
            ("YR", "a"),
            ("YWI", "ab"),
            ("Y!Q@", "a"),
            ("=YQ", ""),
            ("YWJjZ", "abc"),
            ("YWJjZA=", "abcd"),
            ("YWJj=ZGVm", "abc"),
            ("\u{e9}YQ", "a"),
        ] {
            assert_eq!(decode(text), bytes.as_bytes(), "{text}");
        }
        assert_eq!(decode("YW-_"), decode("YW+/"));
    }
}

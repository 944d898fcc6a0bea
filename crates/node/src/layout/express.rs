//! express-session with connect-redis.

use std::time::Duration;

use cloakroom_core::Timestamp;

use crate::cookie::date::JsDate;
use crate::cookie::{Attributes, InvalidCookie};
use crate::damage::Damage;
use crate::json::{Js, Object, number_text};
use crate::layout::cookie_json::{self, json, text_of};
use crate::layout::{Lifetime, Prepared, seconds};

/// What a session of Express has itself: data of these names are lost when it is read.
pub(super) const METHODS: &[&str] = &[
    "destroy",
    "id",
    "regenerate",
    "reload",
    "req",
    "resetMaxAge",
    "save",
    "touch",
];

/// `ttl` of connect-redis, where it is not set.
const DAY: Duration = Duration::from_hours(24);

pub(super) fn blank(cookie: &Attributes) -> Object {
    let max_age = cookie
        .max_age
        .map_or_else(|| "null".to_owned(), number_text);
    let mut session = Object::default();
    let settings = text_of(&[
        ("originalMaxAge", Some(max_age)),
        ("partitioned", cookie.partitioned.then(|| json(true))),
        (
            "priority",
            cookie.priority.map(|priority| json(priority.name())),
        ),
        ("expires", Some("null".to_owned())),
        ("secure", cookie.secure.map(json)),
        ("httpOnly", Some(json(cookie.http_only))),
        ("domain", cookie.domain.as_ref().map(json)),
        (
            "path",
            Some(json(cookie.path.as_deref().unwrap_or_default())),
        ),
        (
            "sameSite",
            cookie.same_site.map(|same_site| json(same_site.name())),
        ),
    ]);
    session.set("cookie", settings);
    session
}

/// Express looks for two members of `cookie` before anything else.
pub(super) fn check(session: &Object) -> Result<(), Damage> {
    settings(session).map(|_| ())
}

/// The member `cookie`: an object, or something that Express takes for an empty one.
fn settings(session: &Object) -> Result<Object, Damage> {
    let text = session.get("cookie").ok_or(Damage::NoCookie)?;
    match Js::of(text) {
        Js::Null => Err(Damage::NoCookie),
        Js::Object => Ok(Object::parse(text)?.unwrap_or_default()),
        other if other.is_truthy() => Err(Damage::NoCookie),
        _ => Ok(Object::default()),
    }
}

/// What Express does before it writes or touches: the cookie begins its lifetime again.
pub(super) fn prepare(
    mut session: Object,
    ttl: Option<Duration>,
    now: Timestamp,
) -> Result<Prepared, Damage> {
    let mut cookie = settings(&session)?;
    let known = cookie.get("originalMaxAge").map(Js::of);
    let lifetime = match known {
        Some(Js::Number(max_age)) => {
            let expires = JsDate::after(now, max_age);
            let text = expires.map_or_else(|| "null".to_owned(), |date| json(date.to_iso()));
            cookie.set("expires", text);
            // What is no date any more is no lifetime, and Express deletes such a session. A date has no parts of a
            // millisecond, which the lifetime loses by it.
            expires.map_or(Ok(Lifetime::Over), |date| seconds(date.since(now)))?
        }
        Some(other) if other.is_truthy() => return Err(Damage::Lifetime),
        Some(_) => {
            // `null`, as a rule.
            let same = cookie.get("originalMaxAge").unwrap_or("null").to_owned();
            cookie.set("expires", same);
            default_lifetime(ttl)?
        }
        None => {
            cookie.remove("expires");
            default_lifetime(ttl)?
        }
    };
    session.set("cookie", cookie.to_text());
    Ok(Prepared {
        object: session,
        lifetime,
    })
}

/// How the cookie is set: Express begins its lifetime again before it does, so that the date in the session, which goes
/// stale there, says nothing.
pub(super) fn attributes(session: &Object) -> Result<Attributes, InvalidCookie> {
    let Some(cookie) = cookie_json::settings(session) else {
        return Ok(Attributes::new());
    };
    let mut attributes = cookie_json::attributes(&cookie)?;
    attributes.max_age = cookie_json::max_age(&cookie, &["originalMaxAge"])?;
    // Zero is no lifetime to a cookie, but here the session is over.
    attributes.expires = (cookie.js("originalMaxAge") == Js::Number(0.0)).then_some(JsDate::EPOCH);
    Ok(attributes)
}

fn default_lifetime(ttl: Option<Duration>) -> Result<Lifetime, Damage> {
    let ttl = ttl.filter(|ttl| !ttl.is_zero()).unwrap_or(DAY);
    seconds(ttl.as_secs_f64() * 1000.0)
}

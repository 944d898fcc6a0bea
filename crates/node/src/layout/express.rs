//! express-session with connect-redis.

use std::time::Duration;

use cloakroom_core::Timestamp;

use crate::cookie::Attributes;
use crate::cookie::date::JsDate;
use crate::damage::Damage;
use crate::json::{Js, Object, number_text};
use crate::layout::cookie_json::{json, text_of};
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
            // What is no date any more is no lifetime, and Express deletes such a session.
            expires.map_or(Ok(Lifetime::Over), |_| seconds(max_age))?
        }
        Some(other) if other.is_truthy() => return Err(Damage::Lifetime),
        Some(_) => {
            cookie.set("expires", "null".to_owned());
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

fn default_lifetime(ttl: Option<Duration>) -> Result<Lifetime, Damage> {
    let ttl = ttl.filter(|ttl| !ttl.is_zero()).unwrap_or(DAY);
    seconds(ttl.as_millis() as f64)
}

//! koa-generic-session with koa-redis.

use std::time::Duration;

use cloakroom_core::Timestamp;

use crate::cookie::date::JsDate;
use crate::cookie::{Attributes, InvalidCookie};
use crate::damage::Damage;
use crate::json::{Js, Object, number_text};
use crate::layout::cookie_json::{self, json, text_of};
use crate::layout::{Lifetime, Prepared, seconds};

/// `maxAge` where the application gives none.
const DAY: f64 = 24.0 * 60.0 * 60.0 * 1000.0;

/// The settings of the cookie come first. Node has those that the application gave before its own.
pub(super) fn blank(cookie: &Attributes, until_browser_ends: bool) -> Object {
    let max_age = match until_browser_ends {
        true => "null".to_owned(),
        false => number_text(cookie.max_age.unwrap_or(DAY)),
    };
    let mut session = Object::default();
    let settings = text_of(&[
        ("domain", cookie.domain.as_ref().map(json)),
        (
            "sameSite",
            cookie.same_site.map(|same_site| json(same_site.name())),
        ),
        (
            "priority",
            cookie.priority.map(|priority| json(priority.name())),
        ),
        ("secure", cookie.secure.map(json)),
        ("partitioned", cookie.partitioned.then(|| json(true))),
        ("httpOnly", Some(json(cookie.http_only))),
        (
            "path",
            Some(json(cookie.path.as_deref().unwrap_or_default())),
        ),
        ("overwrite", Some(json(true))),
        ("signed", Some(json(cookie.signed.unwrap_or(true)))),
        ("maxAge", Some(max_age)),
    ]);
    session.set("cookie", settings);
    session
}

/// How the cookie is set: each session says so itself.
pub(super) fn attributes(session: &Object) -> Result<Attributes, InvalidCookie> {
    let Some(cookie) = cookie_json::settings(session) else {
        return Ok(Attributes::new());
    };
    let mut attributes = cookie_json::attributes(&cookie)?;
    attributes.max_age = cookie_json::max_age(&cookie, &["maxage", "maxAge"])?;
    // A lifetime goes before a date, whatever stands in its place.
    if attributes.max_age.is_none() {
        attributes.expires = cookie_json::expires(&cookie)?;
    }
    Ok(attributes)
}

/// What Node does before it writes: `maxage`, as versions up to 1.11.4 have it, becomes `maxAge`, and a date the form
/// of JSON.
pub(super) fn prepare(
    mut session: Object,
    ttl: Option<Duration>,
    now: Timestamp,
) -> Result<Prepared, Damage> {
    let cookie = settings(&session)?;
    let lifetime = lifetime(cookie.as_ref(), ttl, now)?;
    if let Some(mut cookie) = cookie {
        let before = cookie.clone();
        if let Some(old) = cookie.get("maxage").map(str::to_owned) {
            cookie.remove("maxage");
            if Js::of(&old).is_truthy() {
                cookie.set("maxAge", old);
            }
        }
        match cookie_json::expires(&cookie) {
            Ok(Some(date)) => cookie.set("expires", json(date.to_iso())),
            // No date, in the form of JSON.
            Ok(None) if cookie.get("expires") == Some("\"\"") => cookie.set("expires", json(())),
            _ => {}
        }
        if cookie != before {
            session.set("cookie", cookie.to_text());
        }
    }
    Ok(Prepared {
        object: session,
        lifetime,
    })
}

/// The member `cookie`. There may be none, but nothing else in its place.
fn settings(session: &Object) -> Result<Option<Object>, Damage> {
    match session.get("cookie") {
        Some(text) if Js::of(text).is_truthy() => {
            Object::parse(text)?.map(Some).ok_or(Damage::NoCookie)
        }
        _ => Ok(None),
    }
}

/// The option `ttl`; else until `cookie.expires`; else `cookie.maxAge`, where that is a number. Of a lifetime, nothing
/// and zero mean a key that never goes.
fn lifetime(
    cookie: Option<&Object>,
    ttl: Option<Duration>,
    now: Timestamp,
) -> Result<Lifetime, Damage> {
    if let Some(ttl) = ttl.filter(|ttl| !ttl.is_zero()) {
        return seconds(ttl.as_secs_f64() * 1000.0);
    }
    let Some(cookie) = cookie else {
        return Ok(Lifetime::Never);
    };
    let old = cookie.js("maxage");
    let max_age = if old.is_truthy() {
        old
    } else {
        cookie.js("maxAge")
    };
    match cookie.js("expires") {
        said if !said.is_truthy() => {}
        // `Date.parse` of JavaScript takes more texts than this. Where it takes one for a date, the session has an end;
        // where it does not, none. Here it is neither, so that nothing is made to live for ever by mistake.
        Js::String(text) => {
            let date = text.as_deref().and_then(JsDate::parse);
            // Where it is over now, or by less than a second, Node's rounding makes a key that never goes. Not here.
            return seconds(date.ok_or(Damage::Lifetime)?.since(now));
        }
        _ => return Err(Damage::Lifetime),
    }
    match max_age.number() {
        None | Some(0.0) => Ok(Lifetime::Never),
        Some(millis) => seconds(millis),
    }
}

//! The member `cookie` of a session: how its cookie is set.

use crate::cookie::date::JsDate;
use crate::cookie::{Attributes, InvalidCookie, Priority, SameSite};
use crate::json::{Js, Object};

/// The member `cookie`, where it is an object.
pub(crate) fn settings(session: &Object) -> Option<Object> {
    session.get("cookie").map(Object::parse)?.ok().flatten()
}

/// The attributes that the settings say, but for how long the cookie lives.
pub(crate) fn attributes(cookie: &Object) -> Result<Attributes, InvalidCookie> {
    let mut attributes = Attributes::new();
    if cookie.get("path").is_some() {
        attributes.path = text(cookie, "path")?;
    }
    if cookie.get("httpOnly").is_some() {
        attributes.http_only = cookie.js("httpOnly").is_truthy();
    }
    attributes.domain = text(cookie, "domain")?;
    attributes.secure = cookie
        .get("secure")
        .map(|_| cookie.js("secure").is_truthy());
    attributes.signed = cookie
        .get("signed")
        .map(|_| cookie.js("signed").is_truthy());
    attributes.partitioned = cookie.js("partitioned").is_truthy();
    attributes.same_site = same_site(cookie)?;
    attributes.priority = priority(cookie)?;
    Ok(attributes)
}

/// The first of these members that says something: a lifetime.
pub(crate) fn max_age(cookie: &Object, names: &[&str]) -> Result<Option<f64>, InvalidCookie> {
    let said = names.iter().map(|name| cookie.js(name));
    match said.into_iter().find(Js::is_truthy) {
        None => Ok(None),
        Some(Js::Number(millis)) => Ok(Some(millis)),
        Some(_) => Err(InvalidCookie::Settings),
    }
}

/// The member `expires`.
pub(crate) fn expires(cookie: &Object) -> Result<Option<JsDate>, InvalidCookie> {
    match text(cookie, "expires")? {
        Some(date) if !date.is_empty() => JsDate::parse(&date)
            .map(Some)
            .ok_or(InvalidCookie::Settings),
        _ => Ok(None),
    }
}

/// The member `cookie` as text, of members that have a value.
pub(crate) fn text_of(members: &[(&str, Option<String>)]) -> String {
    let mut cookie = Object::default();
    for (name, value) in members {
        if let Some(value) = value {
            cookie.set(name, value.clone());
        }
    }
    cookie.to_text()
}

/// A value as JSON.
pub(crate) fn json(value: impl serde::Serialize) -> String {
    serde_json::to_string(&value).expect("texts, numbers and flags have a form in JSON")
}

impl SameSite {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Lax => "lax",
            Self::None => "none",
        }
    }
}

impl Priority {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

fn text(cookie: &Object, name: &str) -> Result<Option<String>, InvalidCookie> {
    match cookie.js(name) {
        Js::String(Some(text)) => Ok(Some(text)),
        other if other.is_truthy() => Err(InvalidCookie::Settings),
        _ => Ok(None),
    }
}

fn same_site(cookie: &Object) -> Result<Option<SameSite>, InvalidCookie> {
    if cookie.js("sameSite") == Js::Bool(true) {
        return Ok(Some(SameSite::Strict));
    }
    let known = [SameSite::Strict, SameSite::Lax, SameSite::None];
    word(cookie, "sameSite", &known, SameSite::name)
}

fn priority(cookie: &Object) -> Result<Option<Priority>, InvalidCookie> {
    let known = [Priority::Low, Priority::Medium, Priority::High];
    word(cookie, "priority", &known, Priority::name)
}

fn word<T: Copy>(
    cookie: &Object,
    name: &str,
    known: &[T],
    name_of: impl Fn(T) -> &'static str,
) -> Result<Option<T>, InvalidCookie> {
    let Some(said) = text(cookie, name)?.filter(|said| !said.is_empty()) else {
        return Ok(None);
    };
    let said = said.to_lowercase();
    let found = known.iter().copied().find(|word| name_of(*word) == said);
    found.map(Some).ok_or(InvalidCookie::Settings)
}

//! How the Node services keep their sessions: keys, JSON, lifetimes.

mod cookie_json;
mod express;
mod koa_generic;
mod koa_session;

use std::time::Duration;

use cloakroom_core::{Result, Timestamp};

use crate::cookie::{Attributes, InvalidCookie};
use crate::damage::Damage;
use crate::json::Object;
use crate::sid::Sid;

use koa_session::Says;

pub use koa_session::{CookieSession, read_cookie_session};

/// How the Node services keep their sessions. One of three, with the options that they are run with: **give it
/// the same ones**, or the two sides will give sessions different lifetimes.
///
/// ```
/// use std::time::Duration;
/// use cloakroom_node::{Attributes, Layout};
///
/// // session({ prefix: 'sid:', cookie: { maxAge: 3600000 } })
/// let layout = Layout::koa_generic()
///     .key_prefix("sid:")
///     .cookie(Attributes::new().max_age(Duration::from_secs(3600)));
/// ```
#[derive(Debug, Clone)]
pub struct Layout {
    kind: Kind,
    key_prefix: String,
    id_prefix: String,
    cookie: Attributes,
    ttl: Option<Duration>,
    until_browser_ends: bool,
    without_ttl: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    KoaGeneric,
    Express,
    KoaSession,
}

/// How long a key lives from a write on, as Node reckons it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// So many seconds.
    Seconds(u64),
    /// It never goes by itself. In Node that takes no more than a `maxAge` of null or zero.
    Never,
    /// It is over already.
    Over,
}

/// What a value in Redis is to Node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    Session(Object),
    /// It says itself that it has ended: koa-session looks at that.
    Ended,
}

/// What is to be written in place of a session, and how long it lives.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) object: Object,
    pub(crate) lifetime: Lifetime,
}

impl Layout {
    /// koa-generic-session with koa-redis. Its keys begin with `koa:sess:` unless told otherwise, and cookies live a
    /// day.
    #[must_use]
    pub fn koa_generic() -> Self {
        Self::new(Kind::KoaGeneric, "koa:sess:", Attributes::new())
    }

    /// express-session with connect-redis. Its keys begin with `sess:` unless told otherwise, and cookies live as long
    /// as the browser runs.
    #[must_use]
    pub fn express() -> Self {
        Self::new(Kind::Express, "sess:", Attributes::new())
    }

    /// koa-session with koa-redis as its external store. Its keys are the ids and begin with nothing, unless a store of
    /// the application's own makes it otherwise.
    #[must_use]
    pub fn koa_session() -> Self {
        Self::new(Kind::KoaSession, "", Attributes::new())
    }

    fn new(kind: Kind, key_prefix: &str, cookie: Attributes) -> Self {
        Self {
            kind,
            key_prefix: key_prefix.to_owned(),
            id_prefix: String::new(),
            cookie,
            ttl: None,
            until_browser_ends: false,
            without_ttl: false,
        }
    }

    /// What comes before the id in a key: `prefix` of koa-generic-session and of connect-redis. For koa-session it is
    /// what a store of the application's own puts there.
    #[must_use]
    pub fn key_prefix(self, prefix: impl Into<String>) -> Self {
        Self {
            key_prefix: prefix.into(),
            ..self
        }
    }

    /// What new ids begin with: `prefix` of koa-session, which has it in the cookie as well. The others have none.
    #[must_use]
    pub fn id_prefix(self, prefix: impl Into<String>) -> Self {
        Self {
            id_prefix: prefix.into(),
            ..self
        }
    }

    /// The options of the cookie, `cookie` in Koa's and Express's, for sessions that begin here. Its lifetime is
    /// that of the session, too. Sessions that Node began keep their own. Where they have none, it is what Node takes for
    /// it: a day in koa-generic-session and koa-session, and until the browser ends in Express.
    #[must_use]
    pub fn cookie(self, cookie: Attributes) -> Self {
        Self { cookie, ..self }
    }

    /// The option `ttl`. In koa-generic-session it goes before every other lifetime; in connect-redis it is for
    /// sessions whose cookie has none, a day by default. koa-session has no such option.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        Self {
            ttl: Some(ttl),
            ..self
        }
    }

    /// As `maxAge: 'session'` of koa-session, or `cookie: { maxAge: null }` of koa-generic-session: sessions that begin
    /// here never go by themselves. Express has that only for cookies, and there by default.
    #[must_use]
    pub fn until_browser_ends(self) -> Self {
        Self {
            until_browser_ends: true,
            ..self
        }
    }

    /// As `disableTTL` of connect-redis: no key goes by itself.
    #[must_use]
    pub fn without_ttl(self) -> Self {
        Self {
            without_ttl: true,
            ..self
        }
    }

    /// The key of a session.
    pub(crate) fn key(&self, sid: &Sid) -> Vec<u8> {
        self.key_of(sid.expose().as_bytes())
    }

    pub(crate) fn key_of(&self, id: &[u8]) -> Vec<u8> {
        [self.key_prefix.as_bytes(), id].concat()
    }

    /// What every key begins with.
    pub(crate) fn prefix(&self) -> &str {
        &self.key_prefix
    }

    /// An id for a new session.
    pub(crate) fn new_sid(&self) -> Result<Sid> {
        match self.kind {
            Kind::KoaGeneric | Kind::Express => Sid::random(),
            Kind::KoaSession => Sid::random_uuid(&self.id_prefix),
        }
    }

    /// What a new session holds before the application puts anything into it.
    pub(crate) fn blank(&self) -> Object {
        match self.kind {
            Kind::KoaGeneric => koa_generic::blank(&self.cookie, self.until_browser_ends),
            Kind::Express => express::blank(&self.cookie),
            // What it has itself it is given when it is written.
            Kind::KoaSession => Object::default(),
        }
    }

    /// What a value in Redis is to Node.
    pub(crate) fn read(&self, value: &[u8], now: Timestamp) -> Result<Read, Damage> {
        let text = std::str::from_utf8(value).map_err(|_| Damage::NotUtf8)?;
        let object = Object::parse(text)?.ok_or(Damage::NotAnObject)?;
        match self.kind {
            Kind::Express => express::check(&object)?,
            Kind::KoaSession if koa_session::has_ended(&object, now) => return Ok(Read::Ended),
            Kind::KoaGeneric | Kind::KoaSession => {}
        }
        Ok(Read::Session(object))
    }

    /// What Node would write now, and for how long.
    pub(crate) fn prepare(&self, object: Object, now: Timestamp) -> Result<Prepared, Damage> {
        match self.kind {
            Kind::KoaGeneric => koa_generic::prepare(object, self.ttl, now),
            Kind::Express => {
                let mut prepared = express::prepare(object, self.ttl, now)?;
                if self.without_ttl && prepared.lifetime != Lifetime::Over {
                    prepared.lifetime = Lifetime::Never;
                }
                Ok(prepared)
            }
            Kind::KoaSession => {
                let says = self.koa_session_lifetime(&object);
                koa_session::prepare(object, says, now)
            }
        }
    }

    /// Whether using a session means writing it again, since it says itself when it ends.
    pub(crate) fn is_rewritten_by_touch(&self) -> bool {
        self.kind == Kind::KoaSession
    }

    /// How the cookie of a session is set.
    pub(crate) fn attributes(&self, object: &Object) -> Result<Attributes, InvalidCookie> {
        match self.kind {
            Kind::KoaGeneric => koa_generic::attributes(object),
            Kind::Express => express::attributes(object),
            Kind::KoaSession => {
                let mut attributes = self.cookie.clone();
                let is_said = object.get("_maxAge").or(object.get("_session")).is_some();
                match self.koa_session_lifetime(object) {
                    Says::Session => attributes.max_age = None,
                    Says::MaxAge(max_age) if is_said => attributes.max_age = Some(max_age),
                    Says::MaxAge(_) => {}
                    Says::Nonsense => return Err(InvalidCookie::Settings),
                }
                Ok(attributes)
            }
        }
    }

    fn koa_session_lifetime(&self, object: &Object) -> Says {
        koa_session::lifetime(object, self.cookie.max_age, self.until_browser_ends)
    }

    /// Whether a name is the application's own, and not the middleware's.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        match self.kind {
            Kind::KoaGeneric => name != "cookie",
            Kind::Express => name != "cookie",
            Kind::KoaSession => !name.starts_with('_') && name != "isNew",
        }
    }

    /// Whether Node would keep a value under this name. Where not, it drops it without a word, or breaks.
    pub(crate) fn is_kept(&self, name: &str) -> bool {
        let of_objects = [
            "__proto__",
            "constructor",
            "hasOwnProperty",
            "isPrototypeOf",
            "propertyIsEnumerable",
            "toLocaleString",
            "toString",
            "valueOf",
            "__defineGetter__",
            "__defineSetter__",
            "__lookupGetter__",
            "__lookupSetter__",
        ];
        let of_sessions: &[&str] = match self.kind {
            Kind::KoaGeneric => return self.is_own(name) && name != "__proto__",
            Kind::Express => express::METHODS,
            Kind::KoaSession => koa_session::METHODS,
        };
        self.is_own(name) && !of_objects.contains(&name) && !of_sessions.contains(&name)
    }
}

/// How many seconds a number of milliseconds is to Redis. A part of one counts whole.
fn seconds(millis: f64) -> Result<Lifetime, Damage> {
    match (millis / 1000.0).ceil() {
        // Redis adds it to the present, in milliseconds, and refuses what is too large for that.
        whole if whole > 1e12 => Err(Damage::Lifetime),
        whole if whole > 0.0 => Ok(Lifetime::Seconds(whole as u64)),
        _ => Ok(Lifetime::Over),
    }
}

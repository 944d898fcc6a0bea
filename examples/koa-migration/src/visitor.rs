//! Who is asking: the session of a request, as Koa would have it.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use cloakroom::node::{Attributes, Loaded, NodeSession, Sid};
use cloakroom::{ErrorKind, Subject};

use crate::{Failure, Service};

/// Who is asking.
pub(crate) struct Visitor {
    /// The session, where there is one that lives.
    pub(crate) session: Option<NodeSession>,
    /// What the answer sets: a new signature by the newest key, or nothing any more.
    pub(crate) set_cookie: Vec<String>,
}

impl Visitor {
    async fn of(headers: &HeaderMap, service: &Service) -> Result<Self, Failure> {
        // HTTP/2 may send them one by one.
        let headers = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        let header = headers.collect::<Vec<_>>().join(&b"; "[..]);
        let reading = service.cookies.read(&header);
        let mut visitor = Self {
            session: None,
            set_cookie: reading.set_cookie().to_vec(),
        };
        // Junk is no session, and Redis need not be asked.
        let Some(sid) = reading.value().and_then(|value| Sid::parse(value).ok()) else {
            return Ok(visitor);
        };
        match service.store.load(&sid).await {
            Ok(Loaded::Found(session)) if is_known(&session, service).await? => {
                visitor.session = Some(session);
            }
            Ok(_) => visitor.set_cookie.extend(cleared(service)?),
            // As Koa does with what it cannot read. It is worth a line in the log.
            Err(error) if error.kind() == ErrorKind::Corrupt => {
                visitor.set_cookie.extend(cleared(service)?);
            }
            // The server is down: that is no reason to sign anybody out.
            Err(error) => return Err(error.into()),
        }
        Ok(visitor)
    }

    pub(crate) fn user(&self) -> Option<Subject> {
        user_of(self.session.as_ref()?)
    }
}

/// Whether the user's token set has this session. Where not, somebody has ended it, and a slow request of Koa's has
/// brought it back.
async fn is_known(session: &NodeSession, service: &Service) -> Result<bool, Failure> {
    Ok(match user_of(session) {
        None => true,
        Some(user) => service.tokens.of(&user).contains(session.sid()).await?,
    })
}

pub(crate) fn user_of(session: &NodeSession) -> Option<Subject> {
    let user: String = session.data().get("user").ok().flatten()?;
    Subject::new(user).ok()
}

/// The headers that take the cookie away.
pub(crate) fn cleared(service: &Service) -> Result<Vec<String>, Failure> {
    Ok(service
        .cookies
        .clear(&Attributes::new(), service.store.now())?)
}

/// The headers that give the browser this session.
pub(crate) fn given(service: &Service, session: &NodeSession) -> Result<Vec<String>, Failure> {
    let attributes = session.attributes()?;
    let sid = session.sid().expose();
    Ok(service.cookies.set(sid, &attributes, service.store.now())?)
}

pub(crate) fn headers(set_cookie: &[String]) -> HeaderMap {
    let value = |cookie: &String| Some((SET_COOKIE, HeaderValue::from_str(cookie).ok()?));
    let mut headers = HeaderMap::new();
    for (name, value) in set_cookie.iter().filter_map(value) {
        headers.append(name, value);
    }
    headers
}

impl FromRequestParts<Service> for Visitor {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, StatusCode> {
        let visitor = Self::of(&parts.headers, service).await;
        visitor.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
    }
}

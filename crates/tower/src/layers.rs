//! Layers within one another.

use std::sync::Arc;

use http::request::Parts;

use crate::layer::{Inner, SessionData};
use crate::request_session::RequestSession;

/// What a layer finds of those further out, in the extensions of a request.
pub(crate) enum FurtherOut {
    /// None that has to do with this one.
    Nothing,
    /// This very layer: the request has its session already.
    Itself,
    /// Another layer with a cookie of the same name.
    SameCookie,
}

/// The layers that a request has passed, the last one first.
#[derive(Clone)]
struct Passed {
    by: Arc<dyn Layered>,
    before: Option<Arc<Passed>>,
}

/// What layers of different session data know of each other.
trait Layered: Send + Sync {
    fn cookie_name(&self) -> Option<&[u8]>;
}

impl<T: SessionData> Layered for Inner<T> {
    fn cookie_name(&self) -> Option<&[u8]> {
        let cookie = self.settings.sources.cookie.as_ref();
        cookie.map(crate::SessionCookie::name_bytes)
    }
}

/// Notes that a request has passed a layer.
pub(crate) fn pass<T: SessionData>(layer: &Arc<Inner<T>>, request: &mut Parts) -> FurtherOut {
    let session = request.extensions.get::<RequestSession<T>>();
    if session.is_some_and(|session| session.is_of(layer)) {
        return FurtherOut::Itself;
    }
    let before = request.extensions.get::<Passed>().cloned().map(Arc::new);
    let name = layer.cookie_name();
    let mut next = before.as_ref();
    while let Some(passed) = next {
        if name.is_some() && passed.by.cookie_name() == name {
            return FurtherOut::SameCookie;
        }
        next = passed.before.as_ref();
    }
    request.extensions.insert(Passed {
        by: Arc::clone(layer) as Arc<dyn Layered>,
        before,
    });
    FurtherOut::Nothing
}

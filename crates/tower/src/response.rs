//! What the response says of the session: cookie, caches, failures.

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, COOKIE, HeaderMap, RETRY_AFTER, SET_COOKIE, VARY,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::body::SessionBody;
use crate::error::{Error, Why};
use crate::failure::{Failure, Moment};
use crate::request_session::Finished;

/// The header that tells failures of the session store apart, on the response to one:
/// `cloakroom-failure`. Its value is [`Failure::name`].
pub const FAILURE_HEADER: HeaderName = HeaderName::from_static("cloakroom-failure");

/// In the extensions of a response: what failed, for layers further out, such as one that shows a page
/// of the application's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionFailure {
    /// How the store failed.
    pub failure: Failure,
    /// When it did.
    pub moment: Moment,
    /// Whether what was to be written may have been.
    pub is_outcome_unknown: bool,
}

impl Finished {
    /// The response as it leaves.
    pub(crate) fn apply<B>(self, response: Response<B>) -> Response<SessionBody<B>> {
        let mut response = match &self.failure {
            Some((_, error)) if self.replaces_response => replacement(error, response.headers()),
            _ => response.map(SessionBody::of),
        };
        if let Some((failure, _)) = self.failure {
            response.extensions_mut().insert(failure);
        }
        let headers = response.headers_mut();
        if let Some(cookie) = self.set_cookie {
            headers.append(SET_COOKIE, cookie);
            // What remains is what holds for every cache.
            for name in targeted(headers) {
                headers.remove(name);
            }
            if !is_private(headers) {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
        }
        if !is_private(headers) || !targeted(headers).is_empty() {
            if self.varies_by_cookie {
                vary(headers, COOKIE);
            }
            if self.varies_by_bearer {
                vary(headers, AUTHORIZATION);
            }
        }
        response
    }
}

/// The response where two layers set the same cookie: a fault of the application, told in its log.
pub(crate) fn of_contradicting_layers<B>() -> Response<SessionBody<B>> {
    let mut response = Response::new(SessionBody::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(FAILURE_HEADER, HeaderValue::from_static("same-cookie"));
    response
}

/// The response to a failure, with an empty body. It keeps the cookies of the one in whose place it
/// is: where a layer within has signed in, the old token is dead, and the new one must not be lost.
fn replacement<B>(error: &Error, replaced: &HeaderMap) -> Response<SessionBody<B>> {
    let mut response = Response::new(SessionBody::default());
    *response.status_mut() = status(error);
    for cookie in replaced.get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    describe(error, response.headers_mut());
    response
}

pub(crate) fn status(error: &Error) -> StatusCode {
    match error.failure() {
        Some(Failure::Unavailable | Failure::Slow | Failure::Corrupt) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Some(Failure::Refused) | None => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What failed, when to come again, and that nobody keeps this response.
pub(crate) fn describe(error: &Error, headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let Why::Failed {
        failure,
        retry_after,
        ..
    } = error.why
    else {
        return;
    };
    headers.insert(FAILURE_HEADER, HeaderValue::from_static(failure.name()));
    if failure != Failure::Refused {
        headers.insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    }
}

/// The fields that tell some shared caches something else than `Cache-Control`, which these then do not
/// look at: those of RFC 9213, such as `CDN-Cache-Control` and vendors' own, and older ones.
fn targeted(headers: &HeaderMap) -> Vec<HeaderName> {
    const OLDER: [&str; 3] = ["surrogate-control", "edge-control", "x-accel-expires"];
    let names = headers.keys().filter(|name| {
        let name = name.as_str();
        name.ends_with("-cache-control") || OLDER.contains(&name)
    });
    names.cloned().collect()
}

/// Whether shared caches keep their hands off: `no-store`, or `private` without a list of headers.
fn is_private(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(outside_quotes)
        .any(|directive| {
            directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("private")
        })
}

/// The members of a list, at the commas outside of quotes.
fn outside_quotes(list: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    list.split(move |c: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match c {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            ',' if !is_quoted => return true,
            _ => {}
        }
        false
    })
    .map(str::trim)
}

/// Says that the response depends on a header of the request.
fn vary(headers: &mut HeaderMap, on: HeaderName) {
    let values = headers.get_all(VARY).iter();
    let mut names = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    if !names.any(|name| name == "*" || name.eq_ignore_ascii_case(on.as_str())) {
        headers.append(VARY, HeaderValue::from(on));
    }
}

//! What the extractors refuse with.

use std::any::type_name;
use std::fmt;

use ::axum::body::Body;
use ::axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Method, StatusCode};

use crate::axum::pages::with_return_path;
use crate::error::Error;
use crate::request_session::RequestSession;
use crate::response::{describe, status};

/// Why an extractor let nobody through.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionRejection {
    /// Nobody is signed in: 401, or a redirect to the sign-in page.
    NotSignedIn(Refusal),
    /// The user has authenticated too long ago: 403, or a redirect to the step-up page.
    TooLongAgo(Refusal),
    /// The session could not be loaded: 503.
    Failed(Error),
    /// There is no layer: 500.
    MissingLayer(MissingLayer),
}

/// How somebody is refused.
#[derive(Debug)]
pub struct Refusal {
    /// Where to go instead.
    location: Option<HeaderValue>,
    challenge: Option<HeaderValue>,
}

impl SessionRejection {
    pub(super) fn not_signed_in<T>(session: &RequestSession<T>, request: &Parts) -> Self {
        let settings = session.settings();
        let challenge = settings.sources.has_bearer();
        Self::NotSignedIn(Refusal {
            location: location(settings.pages.sign_in.as_deref(), session, request),
            challenge: challenge.then(|| HeaderValue::from_static("Bearer")),
        })
    }

    pub(super) fn too_long_ago<T>(session: &RequestSession<T>, request: &Parts) -> Self {
        let page = session.settings().pages.step_up.as_deref();
        Self::TooLongAgo(Refusal {
            location: location(page, session, request),
            challenge: None,
        })
    }
}

/// Where a page is, with the way back where that can be gone again.
fn location<T>(
    page: Option<&str>,
    session: &RequestSession<T>,
    request: &Parts,
) -> Option<HeaderValue> {
    let can_return = request.method == Method::GET || request.method == Method::HEAD;
    let outer = request.extensions.get::<::axum::extract::OriginalUri>();
    let uri = outer.map_or(session.uri(), |original| &original.0);
    let target = uri.path_and_query().filter(|_| can_return);
    let page = page?;
    let Some(target) = target else {
        return HeaderValue::try_from(page).ok();
    };
    let mut location = HeaderValue::try_from(with_return_path(page, target.as_str())).ok()?;
    // The query of an old service may hold a token: whoever prints a refusal prints none of it.
    location.set_sensitive(true);
    Some(location)
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        match self {
            Self::NotSignedIn(refusal) => refusal.respond(StatusCode::UNAUTHORIZED),
            Self::TooLongAgo(refusal) => refusal.respond(StatusCode::FORBIDDEN),
            Self::Failed(error) => error.into_response(),
            Self::MissingLayer(missing) => missing.into_response(),
        }
    }
}

impl Refusal {
    fn respond(self, status: StatusCode) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let status = match self.location {
            Some(location) => {
                headers.insert(LOCATION, location);
                // Whatever the method was, the page is asked for with GET.
                StatusCode::SEE_OTHER
            }
            None => {
                if let Some(challenge) = self.challenge {
                    headers.insert(WWW_AUTHENTICATE, challenge);
                }
                status
            }
        };
        *response.status_mut() = status;
        response
    }
}

impl fmt::Display for SessionRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSignedIn(_) => f.write_str("nobody is signed in"),
            Self::TooLongAgo(_) => f.write_str("the user has authenticated too long ago"),
            Self::Failed(error) => error.fmt(f),
            Self::MissingLayer(missing) => missing.fmt(f),
        }
    }
}

impl std::error::Error for SessionRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::NotSignedIn(_) | Self::TooLongAgo(_) | Self::MissingLayer(_) => None,
        }
    }
}

impl From<Error> for SessionRejection {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<MissingLayer> for SessionRejection {
    fn from(missing: MissingLayer) -> Self {
        Self::MissingLayer(missing)
    }
}

/// What failed, in a header, and a sentence of it in the body.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.to_string().into_response();
        *response.status_mut() = status(&self);
        describe(&self, response.headers_mut());
        response
    }
}

/// The request did not pass a layer for this type of session data: a fault of the application, told
/// in its log and not to the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingLayer {
    data: &'static str,
}

impl MissingLayer {
    pub(super) fn of<T>() -> Self {
        let missing = Self {
            data: type_name::<T>(),
        };
        #[cfg(feature = "tracing")]
        tracing::error!("{missing}");
        missing
    }
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no session layer for data of type `{0}`: add `SessionLayer::<{0}>` around this route, such as with `Router::layer` after all routes",
            self.data
        )
    }
}

impl std::error::Error for MissingLayer {}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

//! The user who is signed in.

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use cloakroom_core::Subject;
use http::request::Parts;

use crate::axum::SessionRejection;
use crate::layer::SessionData;
use crate::request_session::RequestSession;
use crate::view::SessionView;

/// The user who is signed in, as an extractor.
///
/// Where nobody is, the response is a redirect to the
/// [`sign_in_page`](crate::SessionLayerBuilder::sign_in_page), or 401 without one. Where the store
/// fails, it is 503: not knowing who it is, is not being signed out.
///
/// As `Option<SignedIn<T>>` it lets everybody in.
///
/// ```
/// use cloakroom_tower::axum::SignedIn;
///
/// async fn account(user: SignedIn<()>) -> String {
///     format!("Hello, {}", user.subject)
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedIn<T> {
    /// Who it is.
    pub subject: Subject,
    /// The session as it was when the extractor ran.
    pub view: SessionView<T>,
    /// The handle of the session.
    pub session: RequestSession<T>,
}

impl<T: SessionData> SignedIn<T> {
    /// The user of a session, where somebody is signed in.
    pub(super) async fn of(session: RequestSession<T>) -> crate::Result<Option<Self>> {
        let Some(view) = session.get().await? else {
            return Ok(None);
        };
        let subject = view.subject().cloned();
        Ok(subject.map(|subject| Self {
            subject,
            view,
            session,
        }))
    }
}

impl<S: Send + Sync, T: SessionData> FromRequestParts<S> for SignedIn<T> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, SessionRejection> {
        let session =
            <RequestSession<T> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        match Self::of(session.clone()).await? {
            Some(signed_in) => Ok(signed_in),
            None => Err(SessionRejection::not_signed_in(&session, parts)),
        }
    }
}

impl<S: Send + Sync, T: SessionData> OptionalFromRequestParts<S> for SignedIn<T> {
    type Rejection = SessionRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, SessionRejection> {
        let session =
            <RequestSession<T> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Self::of(session).await?)
    }
}

//! The user who has authenticated lately.

use std::time::Duration;

use ::axum::extract::FromRequestParts;
use http::request::Parts;

use crate::axum::{SessionRejection, SignedIn};
use crate::layer::SessionData;

/// The user, signed in and authenticated within so many minutes: what to ask before a dangerous
/// action.
///
/// Where nobody is signed in, the response is that of [`SignedIn`]. Where it is too long ago, it is a
/// redirect to the [`step_up_page`](crate::SessionLayerBuilder::step_up_page), or 403 without one.
///
/// ```
/// use cloakroom_tower::axum::{AuthenticatedWithin, SignedIn};
///
/// async fn delete_account(AuthenticatedWithin(user): AuthenticatedWithin<5, ()>) {
///     // …
/// # let SignedIn { .. } = user;
/// }
/// ```
#[derive(Debug, Clone)]
pub struct AuthenticatedWithin<const MINUTES: u64, T>(pub SignedIn<T>);

impl<S: Send + Sync, T: SessionData, const MINUTES: u64> FromRequestParts<S>
    for AuthenticatedWithin<MINUTES, T>
{
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, SessionRejection> {
        let signed_in =
            <SignedIn<T> as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        let within = Duration::from_secs(MINUTES.saturating_mul(60));
        if !signed_in.view.authenticated_within(within) {
            return Err(SessionRejection::too_long_ago(&signed_in.session, parts));
        }
        Ok(Self(signed_in))
    }
}

//! Extractors for axum.

mod authenticated_within;
mod pages;
mod rejection;
mod signed_in;

use ::axum::extract::FromRequestParts;
use http::request::Parts;

pub use authenticated_within::AuthenticatedWithin;
pub use pages::return_path;
pub use rejection::{MissingLayer, SessionRejection};
pub use signed_in::SignedIn;

use crate::layer::SessionData;
use crate::request_session::RequestSession;

/// The handle of the request's session. Nothing is loaded by extracting it.
impl<S: Send + Sync, T: SessionData> FromRequestParts<S> for RequestSession<T> {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        let session = parts.extensions.get::<Self>();
        session.cloned().ok_or_else(MissingLayer::of::<T>)
    }
}

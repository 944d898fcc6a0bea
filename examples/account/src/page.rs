//! A page as a response.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// A page as a response.
pub(crate) struct Page<T> {
    status: StatusCode,
    content: T,
}

impl<T: Template> Page<T> {
    pub(crate) const fn new(content: T) -> Self {
        Self::with_status(StatusCode::OK, content)
    }

    pub(crate) const fn with_status(status: StatusCode, content: T) -> Self {
        Self { status, content }
    }
}

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.content.render() {
            Ok(html) => (self.status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a page cannot be shown"
                );
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

//! The files that every page uses. They ask for no session, so that they cost no look into the store.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// Long enough for a visit, and short enough that a new version is seen soon.
const FOR_A_WHILE: &str = "public, max-age=300";

pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, FOR_A_WHILE),
    ];
    (headers, include_str!("../../assets/style.css"))
}

pub(crate) async fn icon() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, FOR_A_WHILE),
    ];
    (headers, include_str!("../../assets/icon.svg"))
}

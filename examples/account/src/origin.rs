//! Refuses what another site makes a browser send. Why, is told in `form_token.rs`.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::failure::Failure;

/// A middleware that lets only our own pages change anything.
pub(crate) async fn same_origin_only(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || !is_from_elsewhere(request.headers()) {
        next.run(request).await
    } else {
        Failure::FromElsewhere.into_response()
    }
}

/// Whether the browser says that another site made it send this. Where it says nothing, it is an old
/// one or no browser at all, and the token in the form decides alone.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        // "none" is the user's own doing, such as reloading the page after a restart of the browser.
        // "same-site" is not enough: another port of this host, or another subdomain.
        return site != "same-origin" && site != "none";
    }
    match headers.get(ORIGIN) {
        None => false,
        Some(origin) => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            // "null" is the origin of pages that have none, and nobody's host.
            let theirs = authority(origin.to_str().unwrap_or_default());
            theirs.is_none() || theirs != host.and_then(|host| host.parse().ok())
        }
    }
}

/// The host and port of an origin. The scheme is left out: behind a proxy that speaks HTTPS, ours is
/// not the browser's.
fn authority(origin: &str) -> Option<Authority> {
    let (_, authority) = origin.split_once("://")?;
    authority.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn what_comes_from_elsewhere_is_told_by_either_header() {
        const HERE: (&str, &str) = ("host", "127.0.0.1:8088");
        for (lines, elsewhere) in [
            (vec![HERE], false),
            (vec![HERE, ("sec-fetch-site", "same-origin")], false),
            (vec![HERE, ("sec-fetch-site", "none")], false),
            (vec![HERE, ("sec-fetch-site", "same-site")], true),
            (vec![HERE, ("sec-fetch-site", "cross-site")], true),
            (vec![HERE, ("sec-fetch-site", "whatever")], true),
            (vec![HERE, ("origin", "http://127.0.0.1:8088")], false),
            (vec![HERE, ("origin", "http://127.0.0.1:8089")], true),
            (vec![HERE, ("origin", "https://evil.example")], true),
            (vec![HERE, ("origin", "null")], true),
            (vec![HERE, ("origin", "")], true),
            (vec![("origin", "http://127.0.0.1:8088")], true),
            // The newer header knows better.
            (
                vec![
                    HERE,
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://127.0.0.1:8088"),
                ],
                true,
            ),
        ] {
            assert_eq!(is_from_elsewhere(&headers(&lines)), elsewhere, "{lines:?}");
        }
    }
}

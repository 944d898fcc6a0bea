//! A token is taken from a request only where exactly one cookie has the layer's name, byte for byte,
//! and its value is a token's text. Line breaks part the `Cookie` headers of a request.
#![no_main]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::OnceLock;
use std::task::{Context, Poll};

use cloakroom_core::{Sessions, Token};
use cloakroom_fuzz::answer;
use cloakroom_moka::MokaStore;
use cloakroom_tower::{RequestSession, SessionLayer};
use http::header::COOKIE;
use http::{HeaderValue, Request, Response};
use tower_layer::Layer as _;
use tower_service::Service;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let headers: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let mut request = Request::new(());
    for header in &headers {
        // What no server lets through is left out.
        let Ok(value) = HeaderValue::from_bytes(header) else {
            return;
        };
        request.headers_mut().append(COOKIE, value);
    }
    let taken = answer(layer().layer(Ask).call(request)).expect("it always answers");
    let expected = expected(&headers);
    assert_eq!(taken.extensions().get(), expected.as_ref());
});

/// The one value of the name, where it is a token's text: told another way than the layer does it.
fn expected(headers: &[&[u8]]) -> Option<Token> {
    let joined = headers.join(&b';');
    let mut values = Vec::new();
    for pair in joined.split(|byte| *byte == b';') {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let (Some(name), Some(value)) = (halves.next(), halves.next()) else {
            continue;
        };
        if stripped(name) == b"__Host-session" {
            values.push(stripped(value));
        }
    }
    match values.as_slice() {
        [only] => std::str::from_utf8(only).ok()?.parse().ok(),
        _ => None,
    }
}

fn stripped(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let Some(start) = bytes.iter().position(|byte| !is_blank(byte)) else {
        return &[];
    };
    let end = bytes
        .iter()
        .rposition(|byte| !is_blank(byte))
        .unwrap_or(start);
    &bytes[start..=end]
}

fn layer() -> &'static SessionLayer<()> {
    static LAYER: OnceLock<SessionLayer<()>> = OnceLock::new();
    LAYER.get_or_init(|| {
        let sessions = Sessions::builder(MokaStore::new()).build();
        SessionLayer::new(sessions.expect("the defaults are valid"))
    })
}

/// Answers with the token that the layer has found, beside an empty body.
struct Ask;

impl Service<Request<()>> for Ask {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let session = request.extensions().get::<RequestSession<()>>();
        let session = session.expect("the layer has put it there");
        let token = answer(session.token()).expect("the request is not over");
        assert_eq!(token.is_some(), session.token_source().is_some());
        let mut response = Response::new(());
        if let Some(token) = token {
            response.extensions_mut().insert(token);
        }
        ready(Ok(response))
    }
}

//! Pages that are asked about by `HEAD`.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::handler::Handler;
use axum::response::Html;
use axum::routing::{MethodRouter, get};
use futures_util::stream;

use crate::app::App;

/// A page, which a handler makes for those who read it. Whoever asks by `HEAD`, such as a monitor or a link
/// checker, is told that it is there, and the handler is not asked: no visit is counted, no session begins,
/// none is kept alive, and what is said once is still to be said.
///
/// The price is that it hears 200 in any case, also where `GET` would redirect, to sign in say, or answer 503, since
/// the sessions cannot be read. A monitor that is to know whether they can asks by `GET`.
pub(crate) fn page<H, P>(handler: H) -> MethodRouter<App>
where
    H: Handler<P, App>,
    P: 'static,
{
    get(handler).head(is_there)
}

/// It says nothing of a length, which nobody knows before the page is made.
async fn is_there() -> Html<Body> {
    let nothing = stream::empty::<Result<Bytes, Infallible>>();
    Html(Body::from_stream(nothing))
}

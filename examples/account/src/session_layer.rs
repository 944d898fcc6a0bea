//! The layer that gives each request its session, and the cookie that it sets.

use cloakroom::Sessions;
use cloakroom::tower::{InvalidLayer, SessionCookie, SessionLayer};

use crate::visit::Visit;

/// The layer. `secure` is for use behind a proxy that speaks HTTPS: the cookie is then `Secure` and has the
/// prefix `__Host-`. Without it, the cookie works over plain HTTP, on this machine alone.
pub(crate) fn build(
    sessions: Sessions<Visit>,
    secure: Secure,
    backend: &'static str,
) -> Result<SessionLayer<Visit>, InvalidLayer> {
    let cookie = match secure {
        Secure::Yes => SessionCookie::new(),
        // Browsers send it to every port of the host: another name than everybody's.
        Secure::No => SessionCookie::plain_http_on_localhost().name("account-session"),
    };
    SessionLayer::builder(sessions)
        .cookie(cookie)
        .sign_in_page("/sign-in")
        .backend(backend)
        .build()
}

/// Whether cookies are for HTTPS alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secure {
    Yes,
    No,
}

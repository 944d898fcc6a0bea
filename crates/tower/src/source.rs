//! Where the token of a request comes from.

use std::fmt;
use std::sync::Arc;

use cloakroom_core::Token;
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;

use crate::cookie::{Found, SessionCookie, find};

/// Where the token of a request came from.
///
/// Only a token that came by the cookie is answered by the cookie: whoever sent it in a header has
/// no use for one, and would be left with two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenSource {
    /// The layer's cookie.
    Cookie,
    /// `Authorization: Bearer`.
    Bearer,
    /// A function of the application's.
    Function,
}

/// A function that finds a token in a request.
type FindToken = Arc<dyn Fn(&Parts) -> Option<Token> + Send + Sync>;

/// The sources of a layer, in the order in which they are tried.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    pub(crate) cookie: Option<SessionCookie>,
    pub(crate) others: Vec<Other>,
}

#[derive(Clone)]
pub(crate) enum Other {
    Bearer,
    Function(FindToken),
}

/// The token that a request came with.
pub(crate) struct Presented {
    pub(crate) token: Token,
    pub(crate) source: TokenSource,
}

impl Sources {
    /// The first text of a token's form. What has another form is refused by its length, before it
    /// is decoded, and the next source is tried. Several cookies of the name end the search.
    pub(crate) fn find(&self, request: &Parts) -> Option<Presented> {
        let by = |source| move |token| Presented { token, source };
        let by_cookie = match self.cookie.as_ref().map(|it| in_cookies(it, request)) {
            Some(Found::One(value)) => parse(value).map(by(TokenSource::Cookie)),
            // Whoever planted one of them may have planted what another source finds, too.
            Some(Found::Several) => return None,
            Some(Found::Nothing) | None => None,
        };
        by_cookie.or_else(|| {
            self.others.iter().find_map(|other| match other {
                Other::Bearer => from_bearer(request).map(by(TokenSource::Bearer)),
                Other::Function(find) => find(request).map(by(TokenSource::Function)),
            })
        })
    }

    pub(crate) fn has_bearer(&self) -> bool {
        let is_bearer = |other: &Other| matches!(other, Other::Bearer);
        self.others.iter().any(is_bearer)
    }
}

fn in_cookies<'r>(cookie: &SessionCookie, request: &'r Parts) -> Found<'r> {
    let headers = request.headers.get_all(COOKIE);
    let headers = headers.iter().map(http::HeaderValue::as_bytes);
    find(headers, cookie.name_bytes())
}

fn from_bearer(request: &Parts) -> Option<Token> {
    let mut headers = request.headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (scheme, rest) = only.as_bytes().split_at_checked(b"Bearer".len())?;
    if !scheme.eq_ignore_ascii_case(b"Bearer") || !rest.starts_with(b" ") {
        return None;
    }
    parse(rest.trim_ascii())
}

fn parse(text: &[u8]) -> Option<Token> {
    if text.len() != Token::TEXT_LEN {
        return None;
    }
    Token::parse(std::str::from_utf8(text).ok()?).ok()
}

/// Without the functions.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.others.iter().map(|other| match other {
            Other::Bearer => TokenSource::Bearer,
            Other::Function(_) => TokenSource::Function,
        });
        f.debug_struct("Sources")
            .field("cookie", &self.cookie)
            .field("others", &others.collect::<Vec<_>>())
            .finish()
    }
}

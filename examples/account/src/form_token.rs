//! The secret that makes a form ours.
//!
//! A page elsewhere can make a browser post a form to us, cookies and all (cross-site request
//! forgery). Three things stand against it, each of which would do alone in most browsers:
//!
//! - The session's cookie is `SameSite=Lax`: it does not come along with a post from another site.
//!   But `localhost` with another port is the *same* site, as is every subdomain of yours.
//! - The browser says where a request comes from, in `Sec-Fetch-Site` or at least in `Origin`: see
//!   `origin.rs`. Pages cannot change these headers. Old browsers do not send them.
//! - Each form has a secret of its session in it, which a page elsewhere cannot read. That one is here.
//!   It works in every browser, and for the forms of visitors too: otherwise somebody could sign you in
//!   to *their* account, and see what you leave there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom::Token;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The secret that makes a form ours. One for each session, and another after signing in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FormToken(String);

impl FormToken {
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// For a browser whose session has ended, or was replaced by a sign-in whose answer it may not have:
    /// it gets no session in that one's place for a while, but it can sign in. Nobody else knows the token
    /// that it has.
    pub(crate) fn of(token: &Token) -> Self {
        let mut hash = Sha256::new();
        hash.update("account form token v1 ");
        hash.update(token.expose().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }

    /// As the form has it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is the same, in a time that does not tell how much of it is.
    pub(crate) fn matches(&self, other: &FormToken) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for FormToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_matches_itself_alone() {
        let (one, two) = (FormToken::random().unwrap(), FormToken::random().unwrap());
        assert!(one.matches(&one.clone()));
        assert!(!one.matches(&two));
        assert!(!one.matches(&FormToken(String::new())));
        assert!(!FormToken(one.0.chars().take(42).collect()).matches(&one));
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = FormToken::random().unwrap();
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}

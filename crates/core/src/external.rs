//! Tokens that someone else issued.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::placement::PlacementKey;
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::token::Token;

const ID_DOMAIN: &[u8] = b"cloakroom external token v1";

/// A token that someone else issued, of one subject: an OAuth access token, the id of a JWT.
///
/// Made by [`Tokens::external`](crate::Tokens::external). It holds a digest of the token, not the
/// token itself, in a domain of its own: no such token ever opens as one of Cloakroom's.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExternalToken {
    subject: Subject,
    id: SessionId,
}

impl ExternalToken {
    /// The longest token, in bytes.
    pub const MAX_LEN: usize = 64 * 1024;

    /// The id is the placement of the subject, then the first 30 bytes of SHA-256 of the domain, the
    /// subject's length in two bytes, the subject, and the token.
    pub(crate) fn new(
        key: &PlacementKey,
        subject: &Subject,
        token: &[u8],
    ) -> Result<Self, InvalidExternalToken> {
        match token.len() {
            0 => return Err(InvalidExternalToken::Empty),
            1..=Self::MAX_LEN => {}
            found => return Err(InvalidExternalToken::TooLong { found }),
        }
        let name = subject.as_str().as_bytes();
        let mut hash = Sha256::new();
        hash.update(ID_DOMAIN);
        hash.update((name.len() as u16).to_be_bytes());
        hash.update(name);
        hash.update(token);
        let id = SessionId::from_digest(key.place(subject), hash.finalize().into());
        Ok(Self {
            subject: subject.clone(),
            id,
        })
    }

    /// Whose token it is.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What the store knows it by.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }
}

impl fmt::Debug for ExternalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternalToken({})", self.id)
    }
}

/// Why bytes are not a token that someone else issued. Never contains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidExternalToken {
    /// There are none.
    #[error("an external token cannot be empty")]
    Empty,
    /// There are too many.
    #[error(
        "an external token has at most {} bytes, this one has {found}",
        ExternalToken::MAX_LEN
    )]
    TooLong {
        /// How many bytes there are.
        found: usize,
    },
}

/// What opens a session: a [`Token`] of Cloakroom's, or an [`ExternalToken`].
///
/// A [`SessionId`] is not one, since it is shown and logged.
pub trait Credential: sealed::Sealed + Sync {
    /// What the store knows it by.
    fn session_id(&self) -> SessionId;
}

impl Credential for Token {
    fn session_id(&self) -> SessionId {
        self.id()
    }
}

impl Credential for ExternalToken {
    fn session_id(&self) -> SessionId {
        self.id()
    }
}

#[cfg(test)]
mod tests;

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Token {}
    impl Sealed for super::ExternalToken {}
}

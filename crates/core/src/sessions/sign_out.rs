//! Signing out.

use crate::error::Result;
use crate::external::Credential;
use crate::sessions::read::is_unreadable;
use crate::sessions::{Lookup, Sessions};
use crate::store::{EndReason, Reused};

/// What became of signing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOut {
    /// The session has ended.
    SignedOut {
        /// How many replicas acknowledged it, where the store was asked to wait for some.
        replicas: Option<u32>,
    },
    /// There was no session to end.
    Missing,
}

impl<T> Sessions<T> {
    /// Ends a session. Its token is worth nothing from now on, and nothing brings the session back.
    ///
    /// Works on damaged records, on an old token in its grace, and where another request renews the
    /// token meanwhile. An old token whose grace is over ends nothing: see
    /// [`end_reused`](Sessions::end_reused).
    ///
    /// # Errors
    ///
    /// Where the store fails. The session may then live on: try again.
    pub async fn sign_out(&self, credential: &impl Credential) -> Result<SignOut> {
        let now = self.now();
        let id = credential.session_id();
        let subject = match self.fetch(id, now).await {
            Ok(Lookup::Found(record)) => record.subject().cloned(),
            Ok(_) => return Ok(SignOut::Missing),
            Err(error) if is_unreadable(&error) => None,
            Err(error) => return Err(error),
        };
        self.end_wherever(id, subject.as_ref(), EndReason::Ended)
            .await
    }

    /// Ends the session whose old token was used again after its grace, whoever holds the new one: the
    /// answer to a suspected theft. [`Tokens::revoke_all`](crate::Tokens::revoke_all) of its subject
    /// goes further.
    ///
    /// # Errors
    ///
    /// As [`sign_out`](Sessions::sign_out).
    pub async fn end_reused(&self, reused: &Reused) -> Result<SignOut> {
        self.end_wherever(reused.successor, reused.subject.as_ref(), EndReason::Ended)
            .await
    }
}

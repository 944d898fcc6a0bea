//! Signing out.

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::external::Credential;
use crate::numbers::{Revision, WriteId};
use crate::session_id::SessionId;
use crate::sessions::read::is_unreadable;
use crate::sessions::retry::Tried;
use crate::sessions::{Lookup, Sessions};
use crate::store::{Delete, DeleteOutcome, EndReason, Reused};
use crate::subject::Subject;
use crate::time::Timestamp;

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
    /// Works on damaged records, and on an old token in its grace.
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
        let tried = self.end(id, subject, None, EndReason::Ended, now).await?;
        signed_out(&tried)
    }

    /// Ends the session whose old token was used again after its grace, whoever holds the new one: the
    /// answer to a suspected theft. [`Tokens::revoke_all`](crate::Tokens::revoke_all) of its subject
    /// goes further.
    ///
    /// # Errors
    ///
    /// As [`sign_out`](Sessions::sign_out).
    pub async fn end_reused(&self, reused: &Reused) -> Result<SignOut> {
        let mut id = reused.successor;
        for _ in 0..=self.settings().reruns {
            let subject = reused.subject.clone();
            let tried = self
                .end(id, subject, None, EndReason::Ended, self.now())
                .await?;
            let ended = signed_out(&tried)?;
            if ended != SignOut::Missing {
                return Ok(ended);
            }
            // Whoever holds the token may have renewed it meanwhile, and is not to get away so.
            match self.renewed_since(id, reused.subject.as_ref()).await? {
                Some(successor) => id = successor,
                None => return Ok(SignOut::Missing),
            }
        }
        Err(Error::new(ErrorKind::Contended, Operation::Delete))
    }

    /// Ends a session in the store.
    pub(super) async fn end(
        &self,
        id: SessionId,
        subject: Option<Subject>,
        expected: Option<Revision>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Tried<DeleteOutcome>> {
        let request = Delete {
            id,
            subject,
            expected,
            reason,
            write_id: WriteId::random(),
        };
        self.retry(|| self.store().delete(&request, now)).await
    }
}

fn signed_out(tried: &Tried<DeleteOutcome>) -> Result<SignOut> {
    match tried.outcome {
        DeleteOutcome::Deleted { replicas } => Ok(SignOut::SignedOut { replicas }),
        DeleteOutcome::Missing => Ok(SignOut::Missing),
        DeleteOutcome::Conflict { .. } => Err(tried.unexpected(Operation::Delete)),
    }
}

//! Signing out.

use crate::error::{Operation, Result};
use crate::external::Credential;
use crate::numbers::{Revision, WriteId};
use crate::session_id::SessionId;
use crate::sessions::read::is_unreadable;
use crate::sessions::retry::Tried;
use crate::sessions::{Lookup, Sessions};
use crate::store::{Delete, DeleteOutcome, EndReason};
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
        match tried.outcome {
            DeleteOutcome::Deleted { replicas } => Ok(SignOut::SignedOut { replicas }),
            DeleteOutcome::Missing => Ok(SignOut::Missing),
            DeleteOutcome::Conflict { .. } => Err(tried.unexpected(Operation::Delete)),
        }
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

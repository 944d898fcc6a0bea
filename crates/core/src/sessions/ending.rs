//! Ending a session by whatever id it has by then.

use std::future::Future;
use std::pin::Pin;

use crate::error::{Operation, Result};
use crate::numbers::{Revision, WriteId};
use crate::session_id::SessionId;
use crate::sessions::read::is_unreadable;
use crate::sessions::retry::Tried;
use crate::sessions::{Lookup, Sessions, SignOut};
use crate::store::{Delete, DeleteOutcome, EndReason};
use crate::subject::Subject;
use crate::time::Timestamp;

/// A session is being ended.
pub(super) type Ending<'a, O> = Pin<Box<dyn Future<Output = Result<O>> + Send + 'a>>;

impl<T> Sessions<T> {
    /// Ends a session of this subject, or of nobody, by whatever id it has by then.
    pub(super) async fn end_wherever(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        reason: EndReason,
    ) -> Result<SignOut> {
        let end = |id| -> Ending<'_, SignOut> {
            Box::pin(async move {
                let subject = subject.cloned();
                let tried = self.end(id, subject, None, reason, self.now()).await?;
                match tried.outcome {
                    DeleteOutcome::Deleted { replicas } => Ok(SignOut::SignedOut { replicas }),
                    DeleteOutcome::Missing => Ok(SignOut::Missing),
                    DeleteOutcome::Conflict { .. } => Err(tried.unexpected(Operation::Delete)),
                }
            })
        };
        let has_ended = |ended: &SignOut| *ended != SignOut::Missing;
        self.pursue(id, subject, Operation::Delete, end, has_ended)
            .await
    }

    /// Ends a session by `end`; where that finds nothing under the id, since the session was renewed
    /// without a grace, once more under the next one. Whoever holds its token does not get away by
    /// renewing it at every request.
    pub(super) async fn pursue<'a, O>(
        &self,
        mut id: SessionId,
        subject: Option<&Subject>,
        operation: Operation,
        end: impl Fn(SessionId) -> Ending<'a, O>,
        has_ended: impl Fn(&O) -> bool,
    ) -> Result<O> {
        for _ in 0..=self.settings().reruns {
            let outcome = end(id).await?;
            if has_ended(&outcome) {
                return Ok(outcome);
            }
            match self.renewed_since(id, subject).await? {
                Some(successor) => id = successor,
                None => return Ok(outcome),
            }
        }
        Err(self.contended(operation))
    }

    /// The id under which a session of this subject lives, where it was renewed and the grace of this
    /// one is over.
    async fn renewed_since(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
    ) -> Result<Option<SessionId>> {
        Ok(match self.fetch(id, self.now()).await {
            Ok(Lookup::Reused(reused)) if reused.subject.as_ref() == subject => {
                Some(reused.successor)
            }
            Ok(_) => None,
            Err(error) if is_unreadable(&error) => None,
            Err(error) => return Err(error),
        })
    }

    /// Ends the session of an id in the store.
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

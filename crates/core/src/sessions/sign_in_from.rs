//! Signing in from a session of another placement, in two steps.
//!
//! First the new session is created, then the old one is ended at the revision that was carried
//! over. Between the two both exist, and only the old token is known to the client: a crash leaves
//! the old session as it was. Where the second step cannot be made, the first is taken back.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::record::Record;
use crate::session_id::SessionId;
use crate::sessions::{Issued, Lookup, Session, Sessions, SignIn, SignInAttempt};
use crate::store::{DeleteOutcome, EndReason};
use crate::subject::Subject;
use crate::time::Timestamp;

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Signs in from an anonymous session, and carries its data over.
    pub(super) async fn sign_in_from(
        &self,
        attempt: &SignInAttempt,
        old_id: SessionId,
        old: Arc<Record>,
        mut carry: impl FnMut(Option<T>) -> T,
        now: Timestamp,
    ) -> Result<SignIn<T>> {
        let data = carry(Some(self.decode(&old, Operation::Create)?));
        let (issued, evicted) = match self.sign_in(attempt, None, data, now).await? {
            SignIn::SignedIn {
                issued, evicted, ..
            } => (issued, evicted),
            refused => return Ok(refused),
        };
        let id = issued.session.id();
        match self.hand_over(issued, old_id, old, carry, now).await {
            Ok(HandedOver::Done(issued)) => Ok(SignIn::SignedIn {
                issued,
                evicted,
                reused: None,
            }),
            Ok(HandedOver::Revoked) => Ok(SignIn::Superseded),
            Ok(HandedOver::OldGone) => {
                self.withdraw(Some(attempt.subject()), id, now).await?;
                Ok(SignIn::Gone)
            }
            Err(error) => {
                self.withdraw(Some(attempt.subject()), id, now).await?;
                Err(error)
            }
        }
    }

    /// Ends the old session at the revision that was carried over. Where it has moved on, the newer
    /// data are carried first.
    async fn hand_over(
        &self,
        mut issued: Issued<T>,
        old_id: SessionId,
        mut old: Arc<Record>,
        mut carry: impl FnMut(Option<T>) -> T,
        now: Timestamp,
    ) -> Result<HandedOver<T>> {
        for _ in 0..=self.settings().reruns {
            let revision = Some(old.revision());
            let tried = self
                .end(old_id, None, revision, EndReason::Replaced, now)
                .await?;
            match tried.outcome {
                DeleteOutcome::Deleted { .. } => return Ok(HandedOver::Done(issued)),
                DeleteOutcome::Missing => return Ok(HandedOver::OldGone),
                DeleteOutcome::Conflict { .. } => {}
            }
            old = match self.fetch(old_id, now).await? {
                Lookup::Found(moved_on) => moved_on,
                _ => return Ok(HandedOver::OldGone),
            };
            let data = carry(Some(self.decode(&old, Operation::Create)?));
            let payload = self.encode(&data, Operation::Create)?;
            let Lookup::Found(new) = self.fetch(issued.session.id(), now).await? else {
                return Ok(HandedOver::Revoked);
            };
            let label = new.label().cloned();
            let Some(saved) = self.save(new.id(), &new, payload, label, now).await? else {
                // Nobody else has its token: it can only have ended.
                return Ok(HandedOver::Revoked);
            };
            issued.session = Session::new(saved, Arc::new(data), now);
        }
        Err(self.contended(Operation::Create))
    }

    /// Ends the session of another subject that was signed in from.
    pub(super) async fn end_other(
        &self,
        signed_in: SignIn<T>,
        other_id: SessionId,
        other: &Record,
        now: Timestamp,
    ) -> Result<SignIn<T>> {
        let SignIn::SignedIn { issued, .. } = &signed_in else {
            return Ok(signed_in);
        };
        let ended = self
            .end_wherever(other_id, other.subject(), EndReason::Replaced)
            .await;
        if let Err(error) = ended {
            let new = &issued.session;
            self.withdraw(new.subject(), new.id(), now).await?;
            return Err(error);
        }
        Ok(signed_in)
    }

    /// Takes a new session back before anybody has its token. Where that fails too, the session may
    /// live on, and this is what has to be told.
    async fn withdraw(
        &self,
        subject: Option<&Subject>,
        id: SessionId,
        now: Timestamp,
    ) -> Result<()> {
        match self
            .end(id, subject.cloned(), None, EndReason::Ended, now)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::with_source(
                ErrorKind::OutcomeUnknown,
                Operation::Create,
                error,
            )),
        }
    }
}

enum HandedOver<T> {
    Done(Issued<T>),
    /// The old session went away meanwhile.
    OldGone,
    /// The new session was ended meanwhile.
    Revoked,
}

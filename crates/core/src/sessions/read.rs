//! Reading sessions.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Operation, Result};
use crate::external::Credential;
use crate::record::{Record, SessionInfo};
use crate::session_id::SessionId;
use crate::sessions::{Lookup, Session, Sessions};
use crate::store::{LoadOutcome, TouchOutcome};
use crate::time::Timestamp;

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Reads a session and touches it: its idle deadline moves.
    ///
    /// The touch is written at most once in a small fraction of the idle timeout
    /// ([`touch_fraction`](crate::SessionsBuilder::touch_fraction)), so that reading is mostly one
    /// call to the store and no write. Where the touch fails, the session is returned all the same,
    /// and says so: [`Session::touch_error`].
    ///
    /// # Errors
    ///
    /// Where the record is damaged or of a newer version, the data do not decode to `T`, or the store
    /// fails. A store that is down is never "no session".
    pub async fn load(&self, credential: &impl Credential) -> Result<Lookup<Session<T>>> {
        let mut found = self.peek(credential).await?;
        let Lookup::Found(session) = &mut found else {
            return Ok(found);
        };
        let now = session.as_of();
        let Some(touch) = self.due_touch(credential, session) else {
            return Ok(found);
        };
        match touch.await {
            Ok(true) => {}
            Ok(false) => return self.peek_at(credential.session_id(), now).await,
            Err(error) => session.set_touch_error(Arc::new(error)),
        }
        Ok(found)
    }

    /// The touch that [`load`](Sessions::load) makes, of a session that was just
    /// [peeked](Sessions::peek) at; none where none is due. It says whether the session is still there,
    /// and moves its idle deadline. For those who give reading and touching a deadline each, so that a
    /// store that hangs in writing keeps nobody from what was read.
    ///
    /// ```
    /// # use cloakroom_core::*;
    /// # async fn read(sessions: &Sessions<u32>, token: &Token) -> Result<Lookup<Session<u32>>> {
    /// let mut found = sessions.peek(token).await?;
    /// if let Lookup::Found(session) = &mut found
    ///     && let Some(touch) = sessions.due_touch(token, session)
    ///     && !touch.await?
    /// {
    ///     return sessions.peek(token).await;
    /// }
    /// # Ok(found)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The future's: where the record is damaged or of a newer version, or the store fails.
    pub fn due_touch(
        &self,
        credential: &impl Credential,
        session: &mut Session<T>,
    ) -> Option<impl Future<Output = Result<bool>> + Send> {
        let (id, now) = (credential.session_id(), session.as_of());
        let is_due = self.is_touch_due(session.record(), id, now);
        is_due.then_some(async move {
            let subject = session.subject().cloned();
            let touch = self
                .retry(|| self.store().touch(id, subject.as_ref(), now))
                .await?;
            let is_there = touch.outcome == TouchOutcome::Touched;
            if is_there {
                session.touch(id, now);
            }
            Ok(is_there)
        })
    }

    /// Reads a session without touching it.
    ///
    /// # Errors
    ///
    /// As [`load`](Sessions::load).
    pub async fn peek(&self, credential: &impl Credential) -> Result<Lookup<Session<T>>> {
        self.peek_at(credential.session_id(), self.now()).await
    }

    async fn peek_at(&self, id: SessionId, now: Timestamp) -> Result<Lookup<Session<T>>> {
        self.fetch(id, now).await?.try_map(|record| {
            let data = self.data(&record, Operation::Load)?;
            Ok(Session::new(record, data, now).by(id))
        })
    }
}

impl<T> Sessions<T> {
    /// Reads everything but the data of a session, without touching it. Works where the data no
    /// longer decode.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or of a newer version, or the store fails.
    pub async fn inspect(&self, credential: &impl Credential) -> Result<Lookup<SessionInfo>> {
        let found = self.fetch(credential.session_id(), self.now()).await?;
        Ok(found.map(|record| record.info()))
    }

    /// Touches a session now, without decoding its data. It writes every time, however lately the
    /// session was touched before: not for every message of a long-lived connection.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or of a newer version, or the store fails.
    pub async fn touch(&self, credential: &impl Credential) -> Result<Lookup<SessionInfo>> {
        let now = self.now();
        let id = credential.session_id();
        let record = match self.fetch(id, now).await? {
            Lookup::Found(record) => record,
            other => return Ok(other.map(|record| record.info())),
        };
        let tried = self
            .retry(|| self.store().touch(id, record.subject(), now))
            .await?;
        match tried.outcome {
            TouchOutcome::Touched => {
                Ok(Lookup::Found(record.touched(record.id() == id, now).info()))
            }
            TouchOutcome::Missing => Ok(self.fetch(id, now).await?.map(|record| record.info())),
        }
    }

    /// Reads a record.
    pub(super) async fn fetch(&self, id: SessionId, now: Timestamp) -> Result<Lookup<Arc<Record>>> {
        Ok(match self.look_up(id, now).await? {
            LoadOutcome::Found(record) => Lookup::Found(record),
            LoadOutcome::Reused(reused) => Lookup::Reused(reused),
            LoadOutcome::Replaced { .. } => Lookup::Replaced,
            LoadOutcome::Ended { at } => Lookup::Ended { at },
            LoadOutcome::Absent => Lookup::Absent,
        })
    }

    /// Reads a record, or when a sign-in took its place.
    pub(super) async fn look_up(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        let tried = self.retry(|| self.store().load(id, now)).await?;
        Ok(tried.outcome)
    }

    /// Whether a use now has to be written down: after a fraction of the idle timeout, and at the
    /// first use of a renewed token, which tells the store that its client has it.
    pub(super) fn is_touch_due(&self, record: &Record, id: SessionId, now: Timestamp) -> bool {
        let interval = record.timeouts().idle() / self.settings().touch_fraction;
        let idle = now.since(record.last_seen());
        (!idle.is_zero() && idle >= interval) || (record.id() == id && !record.is_confirmed())
    }
}

/// The error of an operation that has met a record it cannot read.
pub(super) fn is_unreadable(error: &Error) -> bool {
    use crate::error::ErrorKind::{Corrupt, NewerVersion};
    matches!(error.kind(), Corrupt | NewerVersion)
}

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
        let now = self.now();
        let id = credential.session_id();
        let record = match self.fetch(id, now).await? {
            Lookup::Found(record) => record,
            Lookup::Reused(reused) => return Ok(Lookup::Reused(reused)),
            Lookup::Replaced => return Ok(Lookup::Replaced),
            Lookup::Ended { at } => return Ok(Lookup::Ended { at }),
            Lookup::Absent => return Ok(Lookup::Absent),
        };
        let data = self.decode(&record, Operation::Load)?;
        if !self.is_touch_due(&record, id, now) {
            return Ok(Lookup::Found(Session::new(record, data, now).by(id)));
        }
        let touched = self
            .retry(|| self.store().touch(id, record.subject(), now))
            .await;
        Ok(match touched.map(|tried| tried.outcome) {
            Ok(TouchOutcome::Touched) => {
                let record = Arc::new(record.touched(record.id() == id, now));
                Lookup::Found(Session::new(record, data, now).by(id))
            }
            Ok(TouchOutcome::Missing) => return self.peek_at(id, now).await,
            Err(error) => Lookup::Found(
                Session::new(record, data, now)
                    .by(id)
                    .with_touch_error(Some(Arc::new(error))),
            ),
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
            let data = self.decode(&record, Operation::Load)?;
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

//! Changing sessions.

use std::convert::Infallible;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::external::Credential;
use crate::label::Label;
use crate::numbers::WriteId;
use crate::record::{Payload, Record, SessionInfo};
use crate::session_id::SessionId;
use crate::sessions::{Lookup, Session, Sessions};
use crate::store::{Update, UpdateOutcome};
use crate::time::Timestamp;

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Changes the data of a session. No change is lost: where another came first, the closure runs
    /// again on what that one stored, up to [`reruns`](crate::SessionsBuilder::reruns) times. So it
    /// should do nothing but change the data.
    ///
    /// Counts as a use. Never creates a session.
    ///
    /// # Errors
    ///
    /// As [`load`](Sessions::load), and where the data do not encode or are too large, or others keep
    /// changing the session ([`ErrorKind::Contended`]). With [`ErrorKind::OutcomeUnknown`] the change
    /// has happened once or not at all.
    pub async fn update(
        &self,
        credential: &impl Credential,
        mut change: impl FnMut(&mut T),
    ) -> Result<Lookup<Session<T>>> {
        let changed = self.try_update(credential, |data| {
            change(data);
            Ok::<_, Infallible>(())
        });
        changed.await.map_err(|error| match error {
            TryUpdateError::Refused(never) => match never {},
            TryUpdateError::Failed(error) => error,
        })
    }

    /// Changes the data of a session by a closure that may refuse, and then changes nothing.
    ///
    /// ```
    /// # use cloakroom_core::*;
    /// # #[derive(serde::Serialize, serde::Deserialize)] struct Cart { items: u32 }
    /// # async fn add(sessions: &Sessions<Cart>, token: &Token) -> Result<(), Box<dyn std::error::Error>> {
    /// let added = sessions
    ///     .try_update(token, |cart| {
    ///         if cart.items == 100 {
    ///             return Err("the cart is full");
    ///         }
    ///         cart.items += 1;
    ///         Ok(())
    ///     })
    ///     .await;
    /// match added {
    ///     Ok(Lookup::Found(session)) => println!("{} items", session.data().items),
    ///     Ok(_) => println!("no session"),
    ///     Err(TryUpdateError::Refused(why)) => println!("{why}"),
    ///     Err(TryUpdateError::Failed(error)) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What the closure refused with, and as [`update`](Sessions::update).
    pub async fn try_update<E>(
        &self,
        credential: &impl Credential,
        mut change: impl FnMut(&mut T) -> Result<(), E>,
    ) -> Result<Lookup<Session<T>>, TryUpdateError<E>> {
        let id = credential.session_id();
        for _ in 0..=self.settings().reruns {
            let now = self.now();
            let record = match self.fetch(id, now).await? {
                Lookup::Found(record) => record,
                Lookup::Reused(reused) => return Ok(Lookup::Reused(reused)),
                Lookup::Replaced => return Ok(Lookup::Replaced),
                Lookup::Ended { at } => return Ok(Lookup::Ended { at }),
                Lookup::Absent => return Ok(Lookup::Absent),
            };
            let mut data = self.decode(&record, Operation::Update)?;
            change(&mut data).map_err(TryUpdateError::Refused)?;
            let payload = self.encode(&data, Operation::Update)?;
            let label = record.label().cloned();
            if let Some(saved) = self.save(id, &record, payload, label, now).await? {
                return Ok(Lookup::Found(
                    Session::new(saved, Arc::new(data), now).by(id),
                ));
            }
        }
        Err(self.contended(Operation::Update).into())
    }
}

impl<T> Sessions<T> {
    /// Gives a session a label, or takes it away, without decoding its data.
    ///
    /// # Errors
    ///
    /// As [`update`](Sessions::update).
    pub async fn set_label(
        &self,
        credential: &impl Credential,
        label: Option<Label>,
    ) -> Result<Lookup<SessionInfo>> {
        let id = credential.session_id();
        for _ in 0..=self.settings().reruns {
            let now = self.now();
            let record = match self.fetch(id, now).await? {
                Lookup::Found(record) => record,
                other => return Ok(other.map(|record| record.info())),
            };
            let payload = record.payload().clone();
            if let Some(saved) = self.save(id, &record, payload, label.clone(), now).await? {
                return Ok(Lookup::Found(saved.info()));
            }
        }
        Err(self.contended(Operation::Update))
    }

    /// Stores a change of the record that was read; none where another change or an ending came
    /// first, so that reading again tells more. An unknown outcome ends here: the change is never run
    /// again on data that may hold it already.
    pub(super) async fn save(
        &self,
        id: SessionId,
        record: &Record,
        payload: Payload,
        label: Option<Label>,
        now: Timestamp,
    ) -> Result<Option<Arc<Record>>> {
        let request = Update {
            id,
            subject: record.subject().cloned(),
            expected: record.revision(),
            payload,
            label,
            touch: self.is_touch_due(record, id, now),
            write_id: WriteId::random(),
        };
        let tried = self.retry(|| self.store().update(&request, now)).await?;
        match tried.outcome {
            UpdateOutcome::Saved { .. } => Ok(Some(Arc::new(record.updated(
                &request,
                record.id() == id,
                now,
            )))),
            // The next revision is another's, so that an earlier try of ours did not make it.
            UpdateOutcome::Conflict { current } if current == request.expected.next() => Ok(None),
            _ if tried.after_unknown => {
                Err(Error::new(ErrorKind::OutcomeUnknown, Operation::Update))
            }
            UpdateOutcome::Conflict { .. } | UpdateOutcome::Missing => Ok(None),
        }
    }

    /// The error of an operation that others have come before as often as it may be tried.
    pub(super) fn contended(&self, operation: Operation) -> Error {
        let why = format!(
            "given up after {} tries",
            u64::from(self.settings().reruns) + 1
        );
        Error::with_source(ErrorKind::Contended, operation, why)
    }
}

/// Why [`try_update`](Sessions::try_update) changed nothing, or may have.
#[derive(Debug, thiserror::Error)]
pub enum TryUpdateError<E> {
    /// The closure refused. Nothing was written.
    #[error("the change was refused")]
    Refused(E),
    /// Something failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

//! Replacing data that nobody else has changed.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Operation, Result};
use crate::external::Credential;
use crate::numbers::Revision;
use crate::sessions::{Lookup, Session, Sessions};

/// What became of [`replace`](Sessions::replace).
#[must_use]
pub enum Replacement<T> {
    /// The data are stored.
    Replaced(Session<T>),
    /// Another request has changed the session since. Nothing was written; this is what it is now.
    Conflict(Session<T>),
}

impl<T> Sessions<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Replaces the data of a session, if it is still at the [revision](Session::revision) that was
    /// read: for those who would rather be told of a conflict than have
    /// [a change](Sessions::update) run again.
    ///
    /// Counts as a use. Never creates a session.
    ///
    /// # Errors
    ///
    /// As [`update`](Sessions::update).
    pub async fn replace(
        &self,
        credential: &impl Credential,
        read: Revision,
        data: T,
    ) -> Result<Lookup<Replacement<T>>> {
        let id = credential.session_id();
        let payload = self.encode(&data, Operation::Update)?;
        let now = self.now();
        let record = match self.fetch(id, now).await? {
            Lookup::Found(record) if record.revision() == read => record,
            other => {
                return other.try_map(|record| {
                    let data = self.data(&record, Operation::Update)?;
                    Ok(Replacement::Conflict(
                        Session::new(record, data, now).by(id),
                    ))
                });
            }
        };
        let label = record.label().cloned();
        if let Some(saved) = self.save(id, &record, payload, label, now).await? {
            let session = Session::new(saved, Arc::new(data), now).by(id);
            return Ok(Lookup::Found(Replacement::Replaced(session)));
        }
        // Another change came between the two calls, or an ending.
        Ok(self.peek(credential).await?.map(Replacement::Conflict))
    }
}

/// Without the data.
impl<T> fmt::Debug for Replacement<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced(session) => f.debug_tuple("Replaced").field(session).finish(),
            Self::Conflict(session) => f.debug_tuple("Conflict").field(session).finish(),
        }
    }
}

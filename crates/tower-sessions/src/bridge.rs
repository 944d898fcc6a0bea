//! The store as tower-sessions wants it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloakroom_core::store::{Create, CreateOutcome, Delete, EndReason, LoadOutcome};
use cloakroom_core::store::{Update, UpdateOutcome};
use cloakroom_core::{
    Cap, Clock, InvalidTimeouts, Record, SessionId, SessionStore, SystemClock, Timeouts, Timestamp,
    WriteId,
};
use tower_sessions_core::session::{Id, Record as Foreign};
use tower_sessions_core::session_store::{self, ExpiredDeletion};

use crate::error::{Why, backend};
use crate::stored::{Stored, instant, session_id};

/// How often a save is tried again because others save the same session. Each time one of them gets
/// through.
const RERUNS: usize = 64;

/// How many expired sessions are swept in one call to the store.
const SWEEP: usize = 1_000;

/// Any store of Cloakroom, as a [`SessionStore`](tower_sessions_core::SessionStore) of tower-sessions.
///
/// Clones share the store.
#[derive(Debug, Clone)]
pub struct Bridge {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    longest: Timeouts,
}

impl Bridge {
    /// A bridge to a store, for sessions that are over at most 30 days after they were saved last.
    #[must_use]
    pub fn new(store: impl SessionStore) -> Self {
        Self {
            store: Arc::new(store),
            clock: Arc::new(SystemClock),
            longest: Timeouts::AAL1,
        }
    }

    /// How far ahead the expiry of a session may lie when it is saved; 30 days by default. A save beyond it is
    /// refused. A session is over at its own expiry; its space comes back within this time of the last
    /// save.
    ///
    /// # Errors
    ///
    /// Where it is shorter than a millisecond or longer than ten years.
    pub fn longest(self, longest: Duration) -> Result<Self, InvalidTimeouts> {
        let longest = Timeouts::new(longest, longest)?;
        Ok(Self { longest, ..self })
    }

    /// Where `now` comes from. The system's clock by default.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// The record of a session that is not over.
    async fn find(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> session_store::Result<Option<(Arc<Record>, Stored)>> {
        let found = self.store.load(id, now).await.map_err(|e| backend(&e))?;
        let LoadOutcome::Found(record) = found else {
            return Ok(None);
        };
        let stored = Stored::decode(record.payload())?;
        Ok((!stored.is_over(now)).then_some((record, stored)))
    }

    /// What is stored of a session, where its expiry is not too far ahead.
    fn stored(&self, foreign: &Foreign, now: Timestamp) -> session_store::Result<Stored> {
        let expires = instant(foreign.expiry_date);
        if expires > now.plus(self.longest.idle()) {
            return Err(backend(&Why::TooFarAhead));
        }
        Ok(Stored::new(expires, &foreign.data))
    }
}

#[async_trait]
impl tower_sessions_core::SessionStore for Bridge {
    /// Stores a new session, by another id where this one is taken.
    async fn create(&self, foreign: &mut Foreign) -> session_store::Result<()> {
        for _ in 0..RERUNS {
            let now = self.clock.now();
            let payload = self.stored(foreign, now)?.encode()?;
            // Until its last save is so long ago that no expiry can lie ahead.
            let timeouts = Timeouts::new(self.longest.idle(), Timeouts::MAX);
            let timeouts = timeouts.map_err(|e| backend(&e))?;
            let request = Create {
                record: Arc::new(Record::anonymous(
                    session_id(&foreign.id),
                    now,
                    timeouts,
                    payload,
                )),
                cap: Cap::default(),
                generation: None,
                replaces: None,
                over: None,
            };
            let created = self.store.create(&request, now).await;
            match created.map_err(|e| backend(&e))? {
                CreateOutcome::Created { .. } => return Ok(()),
                _ => foreign.id = Id::default(),
            }
        }
        Err(backend(&Why::Contended))
    }

    /// Replaces the data and the expiry of a session. One that has ended is not brought back: that is
    /// an error.
    async fn save(&self, foreign: &Foreign) -> session_store::Result<()> {
        let id = session_id(&foreign.id);
        for _ in 0..RERUNS {
            let now = self.clock.now();
            let payload = self.stored(foreign, now)?.encode()?;
            let Some((record, _)) = self.find(id, now).await? else {
                return Err(backend(&Why::Ended));
            };
            let request = Update {
                id,
                subject: None,
                expected: record.revision(),
                payload,
                label: None,
                touch: true,
                write_id: WriteId::random(),
            };
            let updated = self.store.update(&request, now).await;
            match updated.map_err(|e| backend(&e))? {
                UpdateOutcome::Saved { .. } => return Ok(()),
                UpdateOutcome::Missing => return Err(backend(&Why::Ended)),
                UpdateOutcome::Conflict { .. } => {}
            }
        }
        Err(backend(&Why::Contended))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Foreign>> {
        let found = self.find(session_id(id), self.clock.now()).await?;
        found.map(|(_, stored)| stored.foreign(*id)).transpose()
    }

    /// Ends a session for good. One that is not there has ended already.
    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let request = Delete {
            id: session_id(id),
            subject: None,
            expected: None,
            reason: EndReason::Ended,
            write_id: WriteId::random(),
        };
        let deleted = self.store.delete(&request, self.clock.now()).await;
        deleted.map(drop).map_err(|e| backend(&e))
    }
}

#[async_trait]
impl ExpiredDeletion for Bridge {
    /// Sweeps what the store keeps beyond its end, of whatever made it.
    async fn delete_expired(&self) -> session_store::Result<()> {
        loop {
            let swept = self.store.purge_expired(SWEEP, self.clock.now()).await;
            if swept.map_err(|e| backend(&e))? < SWEEP {
                return Ok(());
            }
        }
    }
}

//! A store with one fault.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, Revoke,
    Revoked, ScanPage, TokenSetPage, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{
    Generation, Operation, PlacementKey, Record, Result, SessionId, SessionStore, Subject,
    Timestamp,
};

use super::shelf::BrokenShelf;
use super::{Fault, create, end, listing, load, purge, renew, update};
use crate::reference::MemoryStore;

/// A [`MemoryStore`] with one [`Fault`]. Use it for nothing but testing a suite.
pub struct BrokenStore {
    pub(super) fault: Fault,
    pub(super) sound: MemoryStore,
    /// The records as they were last written, whatever became of their bytes.
    pub(super) written: Arc<Mutex<HashMap<SessionId, Record>>>,
    /// What has been read, by whichever client shares it.
    pub(super) cache: Arc<Mutex<HashMap<SessionId, Arc<Record>>>>,
}

impl BrokenStore {
    /// A store with this fault, and no data.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            sound: MemoryStore::default(),
            written: Arc::default(),
            cache: Arc::default(),
        }
    }

    /// Another client of the same data.
    #[must_use]
    pub fn client(&self) -> Self {
        Self {
            fault: self.fault,
            sound: self.sound.clone(),
            written: Arc::clone(&self.written),
            cache: match self.fault {
                Fault::CachesReads => Arc::default(),
                _ => Arc::clone(&self.cache),
            },
        }
    }

    /// What is stored, seen through the fault.
    pub(super) fn shelf(&self, operation: Operation, now: Timestamp) -> BrokenShelf<'_> {
        BrokenShelf {
            fault: self.fault,
            operation,
            now,
            maps: self.sound.maps(),
            written: lock(&self.written),
        }
    }

    /// What `now` is taken for.
    fn taken_for(&self, now: Timestamp) -> Timestamp {
        match self.fault {
            Fault::RoundsToSeconds => Timestamp::from_millis(now.as_millis() / 1_000 * 1_000),
            Fault::TheLastInstantNeverComes => {
                now.min(Timestamp::from_millis(Timestamp::MAX.as_millis() - 1))
            }
            _ => now,
        }
    }

    /// A write forgets what this client has read.
    fn forget(&self) {
        lock(&self.cache).clear();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl SessionStore for BrokenStore {
    fn placement_key(&self) -> &PlacementKey {
        self.sound.placement_key()
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        create::begin(self, subject, until, self.taken_for(now)).await
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        self.forget();
        create::create(self, request, self.taken_for(now)).await
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        load::load(self, id, self.taken_for(now)).await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        self.forget();
        update::update(self, request, self.taken_for(now)).await
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        self.forget();
        update::touch(self, id, subject, self.taken_for(now)).await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        self.forget();
        renew::renew(self, request, self.taken_for(now)).await
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        self.forget();
        end::delete(self, request, self.taken_for(now)).await
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        listing::token_set(self, subject, page, self.taken_for(now))
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        self.forget();
        end::revoke(self, request, self.taken_for(now)).await
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        purge::purge(self, limit, self.taken_for(now)).await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        listing::scan(self, page, self.taken_for(now))
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        listing::count(self, self.taken_for(now))
    }
}

impl fmt::Debug for BrokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BrokenStore");
        shown.field("fault", &self.fault);
        if self.fault == Fault::ShowsItsSessions {
            shown.field("records", &self.sound.maps().records);
        }
        shown.finish_non_exhaustive()
    }
}

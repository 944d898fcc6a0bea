//! The store.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use cloakroom_core::semantics;
use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, Revoke,
    Revoked, ScanPage, TokenSetPage, TouchOutcome, Update, UpdateOutcome, validate_create,
    validate_renew,
};
use cloakroom_core::{
    Generation, Operation, PlacementKey, Result, SessionId, SessionStore, Subject, Timestamp,
};

use crate::config::{self, MokaStoreBuilder};
use crate::ledger::Budgets;
use crate::size;
use crate::table::Table;

/// The in-memory session store.
///
/// It needs no setup, starts no thread, and forgets everything when its last handle is dropped.
/// Clones are handles to the same data. What it promises and what it costs is told at the
/// [crate root](crate).
///
/// ```
/// use cloakroom_core::Sessions;
/// use cloakroom_moka::MokaStore;
///
/// let sessions = Sessions::<()>::builder(MokaStore::new()).build()?;
/// # Ok::<_, cloakroom_core::Error>(())
/// ```
#[derive(Clone)]
pub struct MokaStore {
    inner: Arc<Inner>,
}

struct Inner {
    placement_key: PlacementKey,
    table: Table,
}

impl MokaStore {
    /// An empty store with the default limits: 100,000 anonymous sessions in 256 MiB, and no limit
    /// of signed-in ones.
    #[must_use]
    pub fn new() -> Self {
        config::default_store()
    }

    /// Builds a store with other limits.
    pub fn builder() -> MokaStoreBuilder {
        MokaStoreBuilder::new()
    }

    /// How many sessions have given way to a limit since the store was made.
    ///
    /// Where the number keeps growing, the limits are too low for the load, or somebody floods the
    /// store.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        let budgets = self.table().budgets.all();
        budgets.map(|budget| budget.evicted()).sum()
    }

    pub(crate) fn with(placement_key: PlacementKey, budgets: Budgets) -> Self {
        Self {
            inner: Arc::new(Inner {
                placement_key,
                table: Table::new(budgets),
            }),
        }
    }

    pub(crate) fn table(&self) -> &Table {
        &self.inner.table
    }
}

impl Default for MokaStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Numbers only.
impl fmt::Debug for MokaStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let budgets = &self.table().budgets;
        f.debug_struct("MokaStore")
            .field("anonymous", &budgets.anonymous)
            .field("signed_in", &budgets.signed_in)
            .finish_non_exhaustive()
    }
}

// Nothing here waits: every future is ready at its first poll.
#[async_trait]
impl SessionStore for MokaStore {
    fn placement_key(&self) -> &PlacementKey {
        &self.inner.placement_key
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        let placement = self.placement_key().place(subject);
        self.table().write(placement, now, |view| {
            semantics::begin(view, subject, until, now)
        })
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        validate_create(self.placement_key(), request)?;
        let record = &request.record;
        let bytes = size::of_record(record);
        let table = self.table();
        table
            .budgets
            .check_size(record.subject(), bytes, Operation::Create)?;
        table.write(record.id().placement(), now, |view| {
            semantics::create(view, request, now)
        })
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.table().load(id, now)
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        let bytes = size::of_update(request);
        let table = self.table();
        table
            .budgets
            .check_size(request.subject.as_ref(), bytes, Operation::Update)?;
        table.write(request.id.placement(), now, |view| {
            semantics::update(view, request, now)
        })
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        self.table().write(id.placement(), now, |view| {
            semantics::touch(view, id, subject, now)
        })
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        validate_renew(request)?;
        self.table().write(request.old.placement(), now, |view| {
            semantics::renew(view, request, now)
        })
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        self.table().write(request.id.placement(), now, |view| {
            semantics::delete(view, request, now)
        })
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        let placement = self.placement_key().place(subject);
        self.table().read(placement, |view| {
            semantics::token_set(view, subject, page, now)
        })
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        let placement = self.placement_key().place(&request.subject);
        self.table()
            .write(placement, now, |view| semantics::revoke(view, request, now))
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        self.table().purge(limit, now)
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        self.table().scan(page, now)
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        Ok(self.table().count(now))
    }
}

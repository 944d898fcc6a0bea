//! Every operation of the store within.

use async_trait::async_trait;

use crate::error::{Operation, Result};
use crate::fault::FaultStore;
use crate::numbers::Generation;
use crate::placement::PlacementKey;
use crate::session_id::SessionId;
use crate::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, Revoke,
    Revoked, ScanPage, SessionStore, TokenSetPage, TouchOutcome, Update, UpdateOutcome,
};
use crate::subject::Subject;
use crate::time::Timestamp;

#[async_trait]
impl<S: SessionStore> SessionStore for FaultStore<S> {
    /// Never fails, and is not counted.
    fn placement_key(&self) -> &PlacementKey {
        self.within.placement_key()
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        self.run(Operation::Begin, || self.within.begin(subject, until, now))
            .await
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        self.run(Operation::Create, || self.within.create(request, now))
            .await
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.run(Operation::Load, || self.within.load(id, now))
            .await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        self.run(Operation::Update, || self.within.update(request, now))
            .await
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        self.run(Operation::Touch, || self.within.touch(id, subject, now))
            .await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        self.run(Operation::Renew, || self.within.renew(request, now))
            .await
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        self.run(Operation::Delete, || self.within.delete(request, now))
            .await
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        self.run(Operation::TokenSet, || {
            self.within.token_set(subject, page, now)
        })
        .await
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        self.run(Operation::Revoke, || self.within.revoke(request, now))
            .await
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        self.run(Operation::PurgeExpired, || {
            self.within.purge_expired(limit, now)
        })
        .await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        self.run(Operation::Scan, || self.within.scan(page, now))
            .await
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        self.run(Operation::Count, || self.within.count(now)).await
    }
}

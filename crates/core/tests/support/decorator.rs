// A decorator that forwards every operation but `count`, which is up to the caller.

use cloakroom_core::store::*;
use cloakroom_core::{Generation, PlacementKey, Result, SessionId, SessionStore, Subject, Timestamp};

macro_rules! decorator {
    ($($count:tt)*) => {
        #[derive(Debug)]
        struct Decorator<S>(S);

        #[async_trait::async_trait]
        impl<S: SessionStore> SessionStore for Decorator<S> {
            fn placement_key(&self) -> &PlacementKey {
                self.0.placement_key()
            }

            async fn begin(
                &self,
                subject: &Subject,
                until: Timestamp,
                now: Timestamp,
            ) -> Result<Generation> {
                self.0.begin(subject, until, now).await
            }

            async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
                self.0.create(request, now).await
            }

            async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
                self.0.load(id, now).await
            }

            async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
                self.0.update(request, now).await
            }

            async fn touch(
                &self,
                id: SessionId,
                subject: Option<&Subject>,
                now: Timestamp,
            ) -> Result<TouchOutcome> {
                self.0.touch(id, subject, now).await
            }

            async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
                self.0.renew(request, now).await
            }

            async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
                self.0.delete(request, now).await
            }

            async fn token_set(
                &self,
                subject: &Subject,
                page: &Page,
                now: Timestamp,
            ) -> Result<TokenSetPage> {
                self.0.token_set(subject, page, now).await
            }

            async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
                self.0.revoke(request, now).await
            }

            async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
                self.0.purge_expired(limit, now).await
            }

            async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
                self.0.scan(page, now).await
            }

            $($count)*
        }
    };
}

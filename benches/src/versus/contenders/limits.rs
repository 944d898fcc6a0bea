//! The limits in memory: a plain map, and moka by itself.

use std::hint::black_box;
use std::sync::Arc;

use cloakroom_core::{Record, SessionId};
use rand::rngs::StdRng;

use crate::contestants::{Failure, ShardedMap, records};
use crate::versus::keyed::Keyed;

impl Keyed for ShardedMap {
    type Key = SessionId;

    fn key(&self, at: usize) -> Result<SessionId, Failure> {
        Ok(self.ids()[at])
    }

    async fn fetch(&self, id: SessionId) -> Result<bool, Failure> {
        Ok(black_box(self.get(id)).is_some())
    }
}

/// A moka cache with a bound, as one would use it.
pub(crate) struct RawMoka {
    cache: moka::future::Cache<SessionId, Arc<Record>>,
    ids: Vec<SessionId>,
}

impl RawMoka {
    pub(crate) async fn filled(size: usize, random: &mut StdRng) -> Result<Self, Failure> {
        let cache = moka::future::Cache::new(2 * size as u64);
        let mut ids = Vec::with_capacity(size);
        for record in records(size, random)? {
            ids.push(record.id());
            cache.insert(record.id(), record).await;
        }
        cache.run_pending_tasks().await;
        Ok(Self { cache, ids })
    }
}

impl Keyed for RawMoka {
    type Key = SessionId;

    fn key(&self, at: usize) -> Result<SessionId, Failure> {
        Ok(self.ids[at])
    }

    async fn fetch(&self, id: SessionId) -> Result<bool, Failure> {
        Ok(black_box(self.cache.get(&id).await).is_some())
    }
}

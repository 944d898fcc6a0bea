//! The limits in memory: a plain map, and moka by itself.

use std::hint::black_box;
use std::sync::Arc;

use cloakroom_core::{Record, SessionId};
use rand::rngs::StdRng;

use crate::contestants::{Failure, ShardedMap, records};
use crate::versus::race::{Contender, deal};
use crate::workload::Keys;

/// A hash map in 64 shards.
pub(crate) struct MapGet {
    pub(crate) map: ShardedMap,
    pub(crate) keys: Keys,
}

impl Contender for MapGet {
    type Item = SessionId;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<SessionId>>, Failure> {
        let ids = self.map.ids();
        Ok(deal(&self.keys, tasks, each, random, |at| ids[at]))
    }

    async fn operate(&self, id: SessionId) -> Result<bool, Failure> {
        Ok(black_box(self.map.get(id)).is_some())
    }
}

/// A moka cache with a bound, as one would use it.
pub(crate) struct MokaGet {
    cache: moka::future::Cache<SessionId, Arc<Record>>,
    ids: Vec<SessionId>,
    keys: Keys,
}

impl MokaGet {
    pub(crate) async fn filled(
        size: usize,
        keys: Keys,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let cache = moka::future::Cache::new(2 * size as u64);
        let mut ids = Vec::with_capacity(size);
        for record in records(size, random)? {
            ids.push(record.id());
            cache.insert(record.id(), record).await;
        }
        cache.run_pending_tasks().await;
        Ok(Self { cache, ids, keys })
    }
}

impl Contender for MokaGet {
    type Item = SessionId;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<SessionId>>, Failure> {
        Ok(deal(&self.keys, tasks, each, random, |at| self.ids[at]))
    }

    async fn operate(&self, id: SessionId) -> Result<bool, Failure> {
        Ok(black_box(self.cache.get(&id).await).is_some())
    }
}

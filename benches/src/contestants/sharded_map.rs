//! The limit: a hash map in shards, which forgets every rule but the map's.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::sync::{Arc, PoisonError, RwLock};

use cloakroom_core::{Payload, Record, SessionId, Timeouts, Timestamp};
use rand::Rng as _;
use rand::rngs::StdRng;

use crate::contestants::{Contestant, Failure, Sample};
use crate::stopwatch::Stopwatch;
use crate::workload::{self, Account, Operation};

const SHARDS: usize = 64;

/// Ids are uniform digests already, so that a few of their bytes are a hash.
#[derive(Default)]
struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Shard = RwLock<HashMap<SessionId, Arc<Record>, BuildHasherDefault<DigestHasher>>>;

/// Records by their ids.
pub(crate) struct Shards(Vec<Shard>);

/// As many records as the contestant beside it, in a plain map.
pub(crate) struct ShardedMap {
    shards: Shards,
    ids: Vec<SessionId>,
    random: StdRng,
}

/// Records of as many sessions.
pub(crate) fn records(size: usize, random: &mut StdRng) -> Result<Vec<Arc<Record>>, Failure> {
    (0..size).map(|_| record(random)).collect()
}

/// The record of one session.
pub(crate) fn record(random: &mut StdRng) -> Result<Arc<Record>, Failure> {
    let mut id = [0; SessionId::LEN];
    random.fill_bytes(&mut id);
    let json = serde_json::to_vec(&Account::example(random))?;
    let payload = Payload {
        codec: 1,
        bytes: json.into_boxed_slice().into(),
    };
    let (id, now) = (SessionId::from_stored(id), Timestamp::from_millis(0));
    let record = Record::anonymous(id, now, Timeouts::default(), payload);
    Ok(Arc::new(record))
}

impl Shards {
    pub(crate) fn empty() -> Self {
        Self((0..SHARDS).map(|_| Shard::default()).collect())
    }

    pub(crate) fn insert(&self, record: Arc<Record>) {
        let id = record.id();
        let shard = self.0[shard_of(id)].write();
        let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
        shard.insert(id, record);
    }

    fn get(&self, id: SessionId) -> Option<Arc<Record>> {
        let shard = self.0[shard_of(id)].read();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        shard.get(&id).cloned()
    }
}

impl ShardedMap {
    pub(crate) fn filled(size: usize, mut random: StdRng) -> Result<Self, Failure> {
        let shards = Shards::empty();
        let mut ids = Vec::with_capacity(size);
        for record in records(size, &mut random)? {
            ids.push(record.id());
            shards.insert(record);
        }
        Ok(Self {
            shards,
            ids,
            random,
        })
    }

    /// The ids of what it holds.
    pub(crate) fn ids(&self) -> &[SessionId] {
        &self.ids
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Record>> {
        self.shards.get(id)
    }
}

/// By other bits than the map within takes.
fn shard_of(id: SessionId) -> usize {
    let last = id.digest().last().map_or(0, |byte| usize::from(*byte));
    last % SHARDS
}

impl Contestant for ShardedMap {
    fn measure(&mut self, operation: Operation) -> Result<Option<Sample>, Failure> {
        if operation != Operation::StoreLoad {
            return Ok(None);
        }
        let drawn = workload::draw(&mut self.random, operation.batch(), self.ids.len());
        let ids: Vec<_> = drawn.iter().map(|at| self.ids[*at]).collect();
        let start = Stopwatch::start();
        let found = ids.iter().filter(|id| black_box(self.get(**id)).is_some());
        let found = found.count();
        Sample::new(start.elapsed(), found, ids.len()).map(Some)
    }

    fn settle(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn verify(&self) -> Result<(), Failure> {
        Ok(())
    }
}

//! sled by itself.

use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cloakroom_core::{RecordVersion, SessionId};
use rand::rngs::StdRng;

use crate::contestants::{Failure, records};
use crate::versus::contender::Contender;
use crate::versus::keyed::Keyed;

/// What sled keeps of its pages in memory, here and in the store beside it: the store's default.
pub(crate) const CACHE_BYTES: u64 = 256 << 20;

/// The records of as many sessions, by their ids.
pub(crate) struct RawSled {
    db: sled::Db,
    ids: Vec<SessionId>,
}

impl RawSled {
    pub(crate) fn filled(path: &Path, size: usize, random: &mut StdRng) -> Result<Self, Failure> {
        let db = config(path).open()?;
        let mut ids = Vec::with_capacity(size);
        for record in records(size, random)? {
            let value = record.encode(RecordVersion::default());
            db.insert(record.id().as_bytes(), value.as_slice())?;
            ids.push(record.id());
        }
        db.flush()?;
        Ok(Self { db, ids })
    }
}

impl Keyed for RawSled {
    type Key = SessionId;

    fn key(&self, at: usize) -> Result<SessionId, Failure> {
        Ok(self.ids[at])
    }

    async fn fetch(&self, id: SessionId) -> Result<bool, Failure> {
        Ok(black_box(self.db.get(id.as_bytes())?).is_some())
    }
}

fn config(path: &Path) -> sled::Config {
    let config = sled::Config::new().path(path);
    config.cache_capacity(CACHE_BYTES)
}

/// Each removes a key, flushes, and syncs the file, on a thread that may wait. As many keys as there are
/// sessions in the store beside it are never removed.
pub(crate) struct RemoveAndFlush {
    db: Arc<sled::Db>,
    file: Arc<File>,
    made: Mutex<u64>,
}

impl RemoveAndFlush {
    pub(crate) fn filled(path: &Path, size: usize) -> Result<Self, Failure> {
        let db = config(path).flush_every_ms(None).open()?;
        let file = File::options().write(true).open(path.join("db"))?;
        let filled = Self {
            db: Arc::new(db),
            file: Arc::new(file),
            made: Mutex::new(0),
        };
        filled.insert(size)?;
        Ok(filled)
    }

    /// Inserts so many new keys, and says which.
    fn insert(&self, count: usize) -> Result<Vec<Vec<u8>>, Failure> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<_> = (0..count)
            .map(|_| {
                *made += 1;
                // As long as an id, and as far apart.
                let spread = made.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let mut key = spread.to_be_bytes().to_vec();
                key.resize(SessionId::LEN, 7);
                key
            })
            .collect();
        for some in keys.chunks(1_000) {
            let mut batch = sled::Batch::default();
            for key in some {
                batch.insert(key.as_slice(), vec![7; 400]);
            }
            self.db.apply_batch(batch)?;
        }
        self.db.flush()?;
        Ok(keys)
    }
}

impl Contender for RemoveAndFlush {
    type Item = Vec<u8>;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        _: &mut StdRng,
    ) -> Result<Vec<Vec<Vec<u8>>>, Failure> {
        let mut keys = self.insert(tasks * each)?.into_iter();
        Ok((0..tasks)
            .map(|_| keys.by_ref().take(each).collect())
            .collect())
    }

    async fn operate(&self, key: Vec<u8>) -> Result<bool, Failure> {
        let (db, file) = (Arc::clone(&self.db), Arc::clone(&self.file));
        tokio::task::spawn_blocking(move || -> Result<bool, Failure> {
            let removed = db.remove(key)?;
            db.flush()?;
            file.sync_data()?;
            Ok(removed.is_some())
        })
        .await?
    }

    fn most(&self) -> usize {
        10_000
    }
}

//! How the suite starts, reopens and damages a `MemoryStore`.

use cloakroom_core::semantics::Shelf as _;
use cloakroom_core::{SessionId, Subject, Timestamp};

use super::MemoryStore;
use crate::{Harness, Tamper};

/// The harness of [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryHarness(MemoryStore);

impl Harness for MemoryHarness {
    type Store = MemoryStore;

    async fn start() -> Self {
        Self(MemoryStore::default())
    }

    async fn store(&self) -> MemoryStore {
        self.0.clone()
    }

    /// The maps are the disk here: they are still there.
    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(&self.0)
    }
}

#[async_trait::async_trait]
impl Tamper for MemoryStore {
    async fn read_record(&self, id: SessionId) -> Option<Vec<u8>> {
        self.maps().records.get(&id).map(|bytes| bytes.to_vec())
    }

    async fn write_record(&self, id: SessionId, bytes: Vec<u8>) {
        self.maps().records.insert(id, bytes.into());
    }

    async fn lose_record(&self, id: SessionId) {
        self.maps().remove_entry(id);
    }

    async fn lose_token_set(&self, subject: &Subject) {
        self.maps().remove_head(subject);
    }

    async fn stored_members(&self, subject: &Subject) -> usize {
        self.maps()
            .sets
            .get(subject)
            .map_or(0, |(_, ids)| ids.len())
    }

    /// Maps expire nothing.
    async fn expire(&self, _now: Timestamp) {}
}

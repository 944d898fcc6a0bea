//! The way around a broken store: that of the sound one, but for what its engine expires.

use async_trait::async_trait;
use cloakroom_core::semantics::{Entry, Shelf as _};
use cloakroom_core::{SessionId, Subject, Timestamp};

use super::{BrokenStore, Fault};
use crate::Tamper;

#[async_trait]
impl Tamper for BrokenStore {
    async fn read_record(&self, id: SessionId) -> Option<Vec<u8>> {
        self.sound.read_record(id).await
    }

    async fn write_record(&self, id: SessionId, bytes: Vec<u8>) {
        self.sound.write_record(id, bytes).await;
    }

    async fn lose_record(&self, id: SessionId) {
        self.sound.lose_record(id).await;
    }

    async fn lose_token_set(&self, subject: &Subject) {
        self.sound.lose_token_set(subject).await;
    }

    async fn stored_members(&self, subject: &Subject) -> usize {
        self.sound.stored_members(subject).await
    }

    async fn expire(&self, now: Timestamp) {
        if self.fault != Fault::LetsTheEngineSweepTheTouched {
            return self.sound.expire(now).await;
        }
        let mut maps = self.sound.maps();
        let ids: Vec<_> = maps.records.keys().copied().collect();
        for id in ids {
            if let Ok(Some(Entry::Live(record))) = maps.entry(id)
                && record.created().plus(record.timeouts().idle()) <= now
            {
                maps.remove_entry(id);
            }
        }
    }
}

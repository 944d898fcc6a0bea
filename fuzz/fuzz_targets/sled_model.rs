//! The store on disk does what the model says, whatever is asked of it and whenever: sequences of
//! operations, with the time moved by hand, and the store opened again between them.
//!
//! Input: a script of the conformance suite, eight bytes for each step. All bytes are meaningful; what
//! comes after a hundred steps is left out, since each may have to wait for the disk.
#![no_main]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cloakroom_conformance::{Harness, Tamper, model};
use cloakroom_core::{SessionId, Subject, Timestamp};
use cloakroom_sled::{SledStore, Tampering};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let script = bytes.get(..800).unwrap_or(bytes);
    model::run_script::<OnDisk>(script);
});

static COUNT: AtomicU64 = AtomicU64::new(0);

struct OnDisk {
    // Closed before its directory goes.
    store: SledStore,
    dir: Directory,
}

/// A directory that goes with the run.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl OnDisk {
    fn open(dir: Directory) -> Self {
        // Time is moved by hand: the host's clock must not sweep.
        let store = SledStore::builder(&dir.0)
            .without_sweeper()
            .cache_bytes(16 << 20)
            // A few sessions, which take the room from each other.
            .session_cache_bytes(4 << 10)
            .open()
            .expect("the store opens");
        Self { store, dir }
    }
}

impl Harness for OnDisk {
    type Store = SledStore;

    async fn start() -> Self {
        let number = COUNT.fetch_add(1, Relaxed);
        let name = format!("cloakroom-fuzz-{}-{number}", std::process::id());
        Self::open(Directory(std::env::temp_dir().join(name)))
    }

    async fn store(&self) -> SledStore {
        self.store.clone()
    }

    async fn reopen(self) -> Option<Self> {
        assert!(self.store.close().expect("it closes"), "the last handle");
        Some(Self::open(self.dir))
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(self)
    }
}

#[async_trait::async_trait]
impl Tamper for OnDisk {
    async fn read_record(&self, id: SessionId) -> Option<Vec<u8>> {
        let read = Tampering::of(&self.store).read_record(id).await;
        read.expect("it reads").map(|bytes| bytes.to_vec())
    }

    async fn write_record(&self, id: SessionId, bytes: Vec<u8>) {
        let written = Tampering::of(&self.store).write_record(id, bytes).await;
        written.expect("it writes");
    }

    async fn lose_record(&self, id: SessionId) {
        let lost = Tampering::of(&self.store).lose_record(id).await;
        lost.expect("it writes");
    }

    async fn lose_token_set(&self, subject: &Subject) {
        let lost = Tampering::of(&self.store).lose_token_set(subject).await;
        lost.expect("it writes");
    }

    async fn stored_members(&self, subject: &Subject) -> usize {
        let count = Tampering::of(&self.store).stored_members(subject).await;
        count.expect("it reads")
    }

    async fn expire(&self, _now: Timestamp) {}
}

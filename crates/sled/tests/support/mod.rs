//! A store in a directory of its own.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use cloakroom_conformance::{Harness, Tamper};
use cloakroom_core::{SessionId, Subject, Timestamp};
use cloakroom_sled::{Durability, SledStore, SledStoreBuilder, Tampering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// A directory that goes with the test.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        let number = COUNT.fetch_add(1, SeqCst);
        let name = format!("cloakroom-sled-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match std::fs::create_dir(&path) {
            // Left by a run that was killed, whose process id has come around.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::new(),
            made => {
                made.expect("a directory for the test");
                Self(path)
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where the store goes: not there yet.
    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("sessions")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A builder for tests: their time is moved by hand, so that a sweeper on the host's clock would
/// sweep what lives.
pub(crate) fn builder(path: &Path) -> SledStoreBuilder {
    SledStore::builder(path)
        .without_sweeper()
        .cache_bytes(16 << 20)
}

/// How the suite starts, reopens and damages a store on sled.
#[derive(Debug)]
pub(crate) struct SledHarness<D> {
    // Closed before its directory goes.
    store: SledStore,
    dir: Scratch,
    durability: D,
}

/// Which durability a harness chooses.
pub(crate) trait Chosen: Default + Send + Sync + 'static {
    const DURABILITY: Durability;
    /// Room for the sessions that were used lately.
    const SESSION_CACHE: u64;
}

#[derive(Debug, Default)]
pub(crate) struct Immediate;

impl Chosen for Immediate {
    const DURABILITY: Durability = Durability::Immediate;
    const SESSION_CACHE: u64 = 1 << 20;
}

const WITHIN_A_DAY: Durability = Durability::Interval(std::time::Duration::from_secs(86_400));

/// Within a day: only what has to be on disk is. With room for a few sessions, which take it from each other.
#[derive(Debug, Default)]
pub(crate) struct Lazy;

impl Chosen for Lazy {
    const DURABILITY: Durability = WITHIN_A_DAY;
    const SESSION_CACHE: u64 = 4 << 10;
}

/// As lazy, and every session is read from sled.
#[derive(Debug, Default)]
pub(crate) struct Uncached;

impl Chosen for Uncached {
    const DURABILITY: Durability = WITHIN_A_DAY;
    const SESSION_CACHE: u64 = 0;
}

impl<D: Chosen> SledHarness<D> {
    fn open(dir: Scratch) -> Self {
        let store = builder(&dir.store())
            .durability(D::DURABILITY)
            .session_cache_bytes(D::SESSION_CACHE)
            .open();
        Self {
            store: store.expect("the store opens"),
            dir,
            durability: D::default(),
        }
    }
}

impl<D: Chosen> Harness for SledHarness<D> {
    type Store = SledStore;

    async fn start() -> Self {
        Self::open(Scratch::new())
    }

    async fn store(&self) -> SledStore {
        self.store.clone()
    }

    async fn reopen(self) -> Option<Self> {
        assert!(
            self.store.close().expect("it closes"),
            "a client is still there"
        );
        Some(Self::open(self.dir))
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(self)
    }
}

#[async_trait::async_trait]
impl<D: Chosen> Tamper for SledHarness<D> {
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

    /// sled expires nothing.
    async fn expire(&self, _now: Timestamp) {}
}

//! Real servers, and how the suite starts, reopens and damages stores on them.

#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod bare;
pub(crate) mod cluster;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod requests;
pub(crate) mod sentinel;
pub(crate) mod tamper;
pub(crate) mod workload;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::time::Duration;

use cloakroom_conformance::{Harness, Tamper};
use cloakroom_redis::{Eviction, RedisStore, RedisStoreBuilder, Server};

use process::Process;
use tamper::Around;

/// How many databases a test's server has: each case takes one of its own.
const DATABASES: u16 = 4_000;

static NEXT_DATABASE: AtomicU16 = AtomicU16::new(0);

/// The server of all cases of a test binary.
pub(crate) fn shared() -> &'static Process {
    static SERVER: OnceLock<Process> = OnceLock::new();
    let databases = DATABASES.to_string();
    SERVER.get_or_init(|| Process::start(&["--save", "", "--databases", &databases]))
}

/// A database of its own on the shared server.
pub(crate) fn database() -> u16 {
    let number = NEXT_DATABASE.fetch_add(1, SeqCst);
    assert!(number < DATABASES, "more cases than databases");
    number
}

/// A server that stands alone.
#[derive(Debug)]
pub(crate) struct Standalone {
    database: u16,
    around: Around,
}

impl Standalone {
    pub(crate) fn builder(&self) -> RedisStoreBuilder {
        // Sets can be lost in the suite, by the suite's own hand.
        RedisStore::builder(Server::standalone(shared().url()))
            .database(self.database)
            .eviction(Eviction::Possible)
            // All cases share the machine and the server.
            .timeout(Duration::from_secs(10))
    }
}

impl Harness for Standalone {
    type Store = RedisStore;

    async fn start() -> Self {
        let database = database();
        let url = format!("{}/{database}", shared().url());
        Self {
            database,
            around: Around::at(&[url], "cloakroom").await,
        }
    }

    async fn store(&self) -> RedisStore {
        self.builder().connect().await.expect("the server is there")
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(&self.around)
    }
}

/// The same where the server keeps what it has: loading is one `GET`.
#[derive(Debug)]
pub(crate) struct Keeping(Standalone);

impl Harness for Keeping {
    type Store = RedisStore;

    async fn start() -> Self {
        Self(Standalone::start().await)
    }

    async fn store(&self) -> RedisStore {
        let builder = self.0.builder().eviction(Eviction::Never);
        builder.connect().await.expect("the server is there")
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        self.0.tamper()
    }
}

//! Real servers, and what the tests ask them directly.

#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod fake;
pub(crate) mod held;
pub(crate) mod node;
#[path = "../../../redis/tests/support/process.rs"]
pub(crate) mod process;
pub(crate) mod sessions;
pub(crate) mod shard;
pub(crate) mod stack;
pub(crate) mod users;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};

use cloakroom_node::{Layout, NodeStore, NodeStoreBuilder, Servers};
use process::Process;
use redis::aio::MultiplexedConnection;

/// How many databases the server of a test binary has: each test takes one of its own.
const DATABASES: u16 = 1_000;

/// A database of its own, on a server that the tests of a binary share.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) url: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        static SERVER: OnceLock<Process> = OnceLock::new();
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let databases = DATABASES.to_string();
        let server =
            SERVER.get_or_init(|| Process::start(&["--save", "", "--databases", &databases]));
        let database = NEXT.fetch_add(1, SeqCst);
        assert!(database < DATABASES, "more tests than databases");
        Self {
            url: format!("{}/{database}", server.url()),
        }
    }

    pub(crate) fn builder(&self, layout: Layout) -> NodeStoreBuilder {
        NodeStore::builder(layout, Servers::standalone(&*self.url))
            // The tests share the machine with others.
            .timeout(std::time::Duration::from_secs(20))
    }

    pub(crate) async fn store(&self, layout: Layout) -> NodeStore {
        self.builder(layout)
            .connect()
            .await
            .expect("the server is there")
    }

    /// Asks by `redis-cli`: without a runtime.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let words = [&["-u", &self.url], arguments].concat();
        let asked = std::process::Command::new("redis-cli").args(words).output();
        let answer = asked.expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&answer.stdout).into_owned()
    }

    /// A connection that is not the store's.
    pub(crate) async fn redis(&self) -> MultiplexedConnection {
        let client = redis::Client::open(&*self.url).expect("a URL");
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let connected = client.get_multiplexed_async_connection_with_config(&config);
        connected.await.expect("the server is there")
    }
}

/// Asks a server something, and takes the answer as what it should be.
pub(crate) async fn ask<T: redis::FromRedisValue>(
    redis: &mut MultiplexedConnection,
    words: &[&[u8]],
) -> T {
    let (name, arguments) = words.split_first().expect("a command");
    let mut command = redis::cmd(std::str::from_utf8(name).expect("a name"));
    for argument in arguments {
        command.arg(*argument);
    }
    command
        .query_async(redis)
        .await
        .expect("the server answers")
}

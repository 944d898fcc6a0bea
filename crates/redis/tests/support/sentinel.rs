//! A primary with two replicas, and three Sentinels that watch over them.

use std::sync::OnceLock;
use std::time::Duration;

use cloakroom_conformance::{Harness, Tamper};
use cloakroom_redis::{Eviction, RedisStore, RedisStoreBuilder, Server};

use super::cluster::cli;
use super::process::{Process, wait_until};
use super::tamper::Around;
use super::{DATABASES, database};

/// The name of the group.
pub(crate) const NAME: &str = "sessions";

/// A running group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) servers: Vec<Process>,
    pub(crate) sentinels: Vec<Process>,
}

impl Group {
    pub(crate) fn start() -> Self {
        let databases = DATABASES.to_string();
        let arguments = [
            "--save",
            "",
            "--databases",
            &databases,
            "--repl-diskless-sync-delay",
            "0",
        ];
        let primary = Process::start(&arguments);
        let port = primary.port.to_string();
        let of = ["--replicaof", "127.0.0.1", &port];
        let replica = [&arguments[..], &of].concat();
        let servers = vec![primary, Process::start(&replica), Process::start(&replica)];
        let sentinels = (0..3).map(|_| {
            Process::start_as(true, &[], |dir, _| {
                let configuration = format!(
                    "sentinel monitor {NAME} 127.0.0.1 {port} 2\n\
                     sentinel down-after-milliseconds {NAME} 1000\n\
                     sentinel failover-timeout {NAME} 3000\n"
                );
                std::fs::write(dir.join("sentinel.conf"), configuration).expect("a file");
            })
        });
        let group = Self {
            sentinels: sentinels.collect(),
            servers,
        };
        wait_until("the Sentinels know one another and the replicas", || {
            let knows = |sentinel: &Process| {
                let info = cli(sentinel.port, &["INFO", "sentinel"]);
                info.contains("status=ok") && info.contains("slaves=2,sentinels=3")
            };
            let info = cli(group.servers[0].port, &["INFO", "replication"]);
            group.sentinels.iter().all(knows) && info.matches("state=online").count() == 2
        });
        group
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Process::url).collect()
    }

    pub(crate) fn server(&self) -> Server {
        Server::sentinel(self.urls(), NAME)
    }

    /// Which of the servers is the primary, by what the Sentinels say.
    pub(crate) fn primary(&self) -> Option<&Process> {
        let named = cli(
            self.sentinels[0].port,
            &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME],
        );
        let port = named.lines().nth(1)?.to_owned();
        self.servers
            .iter()
            .find(|server| server.port.to_string() == port)
    }
}

/// The group of all cases of a test binary.
pub(crate) fn shared() -> &'static Group {
    static GROUP: OnceLock<Group> = OnceLock::new();
    GROUP.get_or_init(Group::start)
}

/// A database of its own on the shared group.
#[derive(Debug)]
pub(crate) struct Watched {
    database: u16,
    around: Around,
}

impl Watched {
    pub(crate) fn builder(&self) -> RedisStoreBuilder {
        RedisStore::builder(shared().server())
            .database(self.database)
            .eviction(Eviction::Possible)
            .timeout(Duration::from_secs(10))
    }
}

impl Harness for Watched {
    type Store = RedisStore;

    async fn start() -> Self {
        let database = database();
        let primary = shared().primary().expect("a primary");
        let url = format!("{}/{database}", primary.url());
        Self {
            database,
            around: Around::at(&[url], "cloakroom").await,
        }
    }

    async fn store(&self) -> RedisStore {
        self.builder().connect().await.expect("the group is there")
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(&self.around)
    }
}

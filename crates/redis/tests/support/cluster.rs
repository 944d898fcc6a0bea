//! A cluster of three primaries with a replica each.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use cloakroom_conformance::{Harness, Tamper};
use cloakroom_redis::{Eviction, RedisStore, RedisStoreBuilder, Server};

use super::process::{Process, wait_until};
use super::tamper::Around;

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Process>,
}

impl Cluster {
    /// Starts three primaries with a replica each, and waits until they agree.
    pub(crate) fn start() -> Self {
        Self::start_with("1000")
    }

    /// The same, where no node ever takes another's place.
    pub(crate) fn start_without_failovers() -> Self {
        Self::start_with("600000")
    }

    /// Nodes that take one another for dead after so many milliseconds.
    fn start_with(node_timeout: &str) -> Self {
        let arguments = [
            "--save",
            "",
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            node_timeout,
            "--repl-diskless-sync-delay",
            "0",
            "--cluster-replica-validity-factor",
            "0",
        ];
        let nodes: Vec<_> = (0..6).map(|_| Process::start(&arguments)).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .output()
            .expect("redis-cli comes with redis-server");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stdout)
        );
        let cluster = Self { nodes };
        wait_until("all nodes are linked", || {
            let of_all = |node: &Process| {
                let info = cli(node.port, &["INFO", "replication"]);
                let state = cli(node.port, &["CLUSTER", "INFO"]);
                let linked =
                    info.contains("master_link_status:up") || info.contains("connected_slaves:1");
                linked
                    && state.contains("cluster_state:ok")
                    && state.contains("cluster_known_nodes:6")
            };
            cluster.nodes.iter().all(of_all)
        });
        cluster
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Process::url).collect()
    }

    /// Those that have slots now.
    pub(crate) fn primaries(&self) -> Vec<&Process> {
        let is_primary = |node: &&Process| cli(node.port, &["ROLE"]).starts_with("master");
        self.nodes.iter().filter(is_primary).collect()
    }
}

/// Asks a server by `redis-cli`; an empty answer where it is down.
pub(crate) fn cli(port: u16, arguments: &[&str]) -> String {
    let asked = Command::new("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(arguments)
        .output();
    let answer = asked.expect("redis-cli comes with redis-server");
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

/// The cluster of all cases of a test binary.
pub(crate) fn shared() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// A prefix of its own on the shared cluster, which has but one database.
#[derive(Debug)]
pub(crate) struct Clustered {
    prefix: String,
    around: Around,
}

impl Clustered {
    pub(crate) fn builder(&self) -> RedisStoreBuilder {
        RedisStore::builder(Server::cluster(shared().urls()))
            .prefix(&self.prefix)
            .eviction(Eviction::Possible)
            // Six nodes and the tests share the machine.
            .timeout(Duration::from_secs(10))
    }
}

impl Harness for Clustered {
    type Store = RedisStore;

    async fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("case-{}", NEXT.fetch_add(1, SeqCst));
        let primaries = shared().primaries();
        let urls: Vec<_> = primaries.into_iter().map(Process::url).collect();
        Self {
            around: Around::at(&urls, &prefix).await,
            prefix,
        }
    }

    async fn store(&self) -> RedisStore {
        self.builder()
            .connect()
            .await
            .expect("the cluster is there")
    }

    async fn reopen(self) -> Option<Self> {
        Some(self)
    }

    fn tamper(&self) -> Option<&dyn Tamper> {
        Some(&self.around)
    }
}

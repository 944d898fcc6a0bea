//! A cluster of three servers.

use std::process::Command;
use std::time::{Duration, Instant};

use super::process::Process;

/// A running cluster: three primaries, without replicas.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Process>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let arguments = ["--save", "", "--cluster-enabled", "yes"];
        let nodes: Vec<_> = (0..3).map(|_| Process::start(&arguments)).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "0", "--cluster-yes"])
            .output()
            .expect("redis-cli comes with redis-server");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stdout)
        );
        let cluster = Self { nodes };
        for node in &cluster.nodes {
            wait_until_ok(node, 3);
        }
        cluster
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Process::url).collect()
    }

    /// Asks by `redis-cli`, which goes to whoever has the key.
    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let words = [&["-c"], arguments].concat();
        cli(self.nodes[0].port, &words).trim().to_owned()
    }
}

/// Until this node knows so many, and that all slots are served. It tells nobody when it does.
pub(crate) fn wait_until_ok(node: &Process, nodes: usize) {
    let began = Instant::now();
    let known = format!("cluster_known_nodes:{nodes}\r");
    loop {
        let info = cli(node.port, &["CLUSTER", "INFO"]);
        if info.contains("cluster_state:ok") && info.contains(&known) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{info}");
        std::thread::sleep(Duration::from_millis(20));
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

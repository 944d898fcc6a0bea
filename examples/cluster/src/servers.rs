//! A cluster on this machine, for as long as the example runs.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::Result;

pub(crate) struct Cluster {
    servers: Vec<(u16, std::cell::RefCell<Child>)>,
    directory: PathBuf,
}

impl Cluster {
    /// Starts six servers on free ports, and makes them a cluster.
    pub(crate) fn start() -> Result<Self> {
        let name = format!("cloakroom-example-{}", std::process::id());
        let mut cluster = Self {
            servers: Vec::new(),
            directory: std::env::temp_dir().join(name),
        };
        for _ in 0..6 {
            cluster.start_server()?;
        }
        sleep(Duration::from_millis(500));
        let addresses = cluster
            .servers
            .iter()
            .map(|(port, _)| format!("127.0.0.1:{port}"));
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stdout).into());
        }
        let replicas_are_linked = |port: u16| {
            let info = ask(port, &["INFO", "replication"])?;
            Ok::<_, Box<dyn std::error::Error>>(
                info.contains("state=online") || info.contains("master_link_status:up"),
            )
        };
        for (port, _) in &cluster.servers {
            while !replicas_are_linked(*port)? {
                sleep(Duration::from_millis(100));
            }
        }
        Ok(cluster)
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        let url = |(port, _): &(u16, _)| format!("redis://127.0.0.1:{port}");
        self.servers.iter().map(url).collect()
    }

    /// As a power failure would: without a word.
    pub(crate) fn kill_a_primary(&self) -> Result<()> {
        for (port, server) in &self.servers {
            if ask(*port, &["ROLE"])?.starts_with("master") {
                let mut server = server.borrow_mut();
                server.kill()?;
                server.wait()?;
                return Ok(());
            }
        }
        Err("there is no primary".into())
    }

    fn start_server(&mut self) -> Result<()> {
        let port = free_port()?;
        let directory = self.directory.join(port.to_string());
        std::fs::create_dir_all(&directory)?;
        let server = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
            ])
            .args(["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"])
            .arg("--dir")
            .arg(&directory)
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("redis-server cannot be run ({error}): install it first"))?;
        self.servers.push((port, server.into()));
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for (_, server) in &self.servers {
            let mut server = server.borrow_mut();
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Also the one 10,000 above is free, which the nodes talk to each other on.
fn free_port() -> Result<u16> {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(21_000);
    loop {
        let port = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if port > 30_000 {
            return Err("no port is free".into());
        }
        if is_free(port) && is_free(port + 10_000) {
            return Ok(port);
        }
    }
}

fn ask(port: u16, arguments: &[&str]) -> Result<String> {
    let port = port.to_string();
    let answer = Command::new("redis-cli")
        .args(["-p", &port])
        .args(arguments)
        .output()?;
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

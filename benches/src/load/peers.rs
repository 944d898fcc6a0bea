//! The peers in Node, each a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Failure;

const PROGRAM: &str = include_str!("peers.mjs");

/// What they need, in the versions that the tests of `cloakroom-node` run as well.
const PACKAGES: [(&str, &str); 2] = [
    (
        "package.json",
        include_str!("../../../crates/node/tests/node/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../../crates/node/tests/node/package-lock.json"),
    ),
];

/// Installs what they need.
pub(crate) fn install(scratch: &Path) -> Result<PathBuf, Failure> {
    let folder = scratch.join("peers");
    fs::create_dir_all(&folder)?;
    for (name, text) in PACKAGES.into_iter().chain([("peers.mjs", PROGRAM)]) {
        fs::write(folder.join(name), text)?;
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("npm cannot be started, install Node.js and npm: {error}"))?;
    if !installed.success() {
        return Err(format!("`npm ci` failed ({installed})").into());
    }
    Ok(folder)
}

/// The version of a package that they are run with.
pub(crate) fn version(package: &str) -> &'static str {
    let [(_, manifest), _] = PACKAGES;
    let entry = manifest.split(&format!("\"{package}\": \"")).nth(1);
    let version = entry.and_then(|entry| entry.split('"').next());
    version.unwrap_or("of an unknown version")
}

/// One of them, which ends with this.
pub(crate) struct Peer {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Peer {
    pub(crate) fn start(folder: &Path, stack: &str, redis: &str) -> Result<Self, Failure> {
        let mut child = Command::new("node")
            .args(["peers.mjs", stack, redis])
            .env("NODE_ENV", "production")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("node cannot be started, install Node.js: {error}"))?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let port: u16 = said
            .trim()
            .parse()
            .map_err(|_| format!("the peer `{stack}` did not start"))?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        Ok(Self { child, address })
    }

    pub(crate) fn computed(&self) -> Result<Duration, Failure> {
        computed_by(self.child.id())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all threads of a process have computed that have not ended.
pub(crate) fn computed_by(process: u32) -> Result<Duration, Failure> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // One that cannot be read has ended since it was listed: ENOENT, or ESRCH.
        let Ok(schedule) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let computed = schedule.split_whitespace().next();
        nanos += computed.ok_or("an empty schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_are_installed() {
        assert_eq!(version("koa-redis"), "4.0.1");
        assert_eq!(version("koa-rediss"), "of an unknown version");
    }

    #[test]
    fn a_process_is_told_by_its_number() {
        assert!(computed_by(std::process::id()).unwrap() > Duration::ZERO);
        assert!(computed_by(u32::MAX).is_err());
    }
}

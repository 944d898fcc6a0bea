//! How much memory a session takes: what a fresh process grows by while it makes them.

use std::process::Command;
use std::{env, fs};

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::filling::Filling;

/// What a store of one kind and size took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    pub(crate) filling: Filling,
    pub(crate) size: usize,
    pub(crate) bytes_each: f64,
}

/// The argument that makes a process a child of [`measure`].
pub(crate) const CHILD: &str = "--fill";

/// Starts this program again, to fill one store and tell what that took. Memory that an earlier store
/// gave back would hide what a later one takes, hence the fresh process.
pub(crate) fn measure(filling: Filling, size: usize) -> Result<Footprint, Failure> {
    let child = Command::new(env::current_exe()?)
        .args([CHILD, filling.name(), &size.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&child.stdout);
    let Some(bytes) = said.trim().parse().ok().filter(|_| child.status.success()) else {
        let why = String::from_utf8_lossy(&child.stderr);
        return Err(format!("filling a store failed ({}): {}", child.status, why.trim()).into());
    };
    let bytes: f64 = bytes;
    Ok(Footprint {
        filling,
        size,
        bytes_each: bytes / size as f64,
    })
}

/// What the child does: it prints the bytes.
pub(crate) fn fill(filling: Filling, size: usize, seed: u64) -> Result<(), Failure> {
    let before = resident_bytes()?;
    let full = filling.fill(size, StdRng::seed_from_u64(seed))?;
    let grown = resident_bytes()?.saturating_sub(before);
    drop(full);
    println!("{grown}");
    Ok(())
}

/// The resident set, exact, unlike the figure in `statm`, which each thread brings up to date only
/// now and then.
fn resident_bytes() -> Result<u64, Failure> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")
        .map_err(|error| format!("memory is measured on Linux only: {error}"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib: u64 = line
        .and_then(|line| line.trim().strip_suffix("kB"))
        .ok_or("no Rss in smaps_rollup")?
        .trim()
        .parse()?;
    Ok(kib * 1024)
}

//! How much memory a session takes: what a fresh process grows by while it makes them.

use std::process::Command;
use std::{env, fs};

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::contestants::{Failure, Kind};
use crate::filling::Filling;
use crate::workload::{LARGEST, SIZES};

/// What a store of one kind and size took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    pub(crate) filling: Filling,
    pub(crate) size: usize,
    pub(crate) bytes_each: f64,
}

/// What a session of ours takes at most, its client's token included.
const BYTES_EACH: u64 = 1_300;

/// What is left to others.
const MARGIN: u64 = 2 << 30;

/// All figures, those of the largest store where it fits.
pub(crate) fn measure_all(largest: bool) -> Result<Vec<Footprint>, Failure> {
    let mut footprints = Vec::new();
    for filling in Filling::ALL {
        for size in SIZES {
            let is_ours = filling == Filling::Ours(Kind::SignedIn);
            if size < LARGEST || (is_ours && largest) {
                footprints.push(measure(filling, size)?);
            }
        }
    }
    Ok(footprints)
}

/// Whether the machine has room for so many sessions of ours.
pub(crate) fn fits(size: usize) -> Result<bool, Failure> {
    has_room(size as u64 * BYTES_EACH)
}

/// Whether the machine has so many bytes of memory.
pub(crate) fn has_room(bytes: u64) -> Result<bool, Failure> {
    let all = fs::read_to_string("/proc/meminfo")
        .map_err(|error| format!("memory is measured on Linux only: {error}"))?;
    let available = kib(&all, "MemAvailable:")? * 1024;
    Ok(bytes.saturating_add(MARGIN) < available)
}

/// The argument that makes a process a child of [`measure`].
pub(crate) const CHILD: &str = "--fill";

/// Starts this program again, to fill one store and tell what that took. Memory that an earlier store
/// gave back would hide what a later one takes, hence the fresh process.
fn measure(filling: Filling, size: usize) -> Result<Footprint, Failure> {
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
    Ok(kib(&rollup, "Rss:")? * 1024)
}

/// A figure from a table of the system's.
fn kib(table: &str, name: &str) -> Result<u64, Failure> {
    let line = table.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.and_then(|line| line.trim().strip_suffix("kB"));
    let figure = figure.ok_or_else(|| format!("the system tells no `{name}`"))?;
    Ok(figure.trim().parse()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_its_name() {
        let table = "MemTotal:       24 kB\nMemAvailable:   12345 kB\n";
        assert_eq!(kib(table, "MemAvailable:").unwrap(), 12_345);
        assert!(kib(table, "Rss:").is_err());
    }

    #[test]
    fn no_machine_has_room_for_everything() {
        assert!(!has_room(u64::MAX).unwrap());
    }
}

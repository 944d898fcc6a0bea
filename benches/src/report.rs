//! The figures as tables.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::contestants::Failure;
use crate::driver::{Timings, Who};
use crate::filling::Filling;
use crate::memory::Footprint;
use crate::single::Single;
use crate::statistics::Spread;
use crate::versus::Standings;
use crate::workload::{BASE, Operation, SIZES};
use crate::{one_user, plots, single, versions, versus};

const METHOD: &str = include_str!("method.md");

/// Which versions stand behind the figures.
const PACKAGES: [&str; 16] = [
    "cloakroom-moka",
    "moka",
    "sled",
    "redis@1",
    "serde_json",
    "sha2@0.11",
    "tokio",
    "criterion",
    "async-session",
    "actix-session",
    "pavex_session",
    "tower-sessions-core@0.14",
    "tower-sessions-memory-store@0.14",
    "tower-sessions-moka-store",
    "tower-sessions-redis-store",
    "fred",
];

pub(crate) struct Report {
    pub(crate) payload: f64,
    pub(crate) timings: Timings,
    pub(crate) footprints: Vec<Footprint>,
    pub(crate) of_one_user: one_user::Timings,
    pub(crate) singles: Vec<Single>,
    /// By the number of sessions.
    pub(crate) standings: Vec<(usize, Standings)>,
}

impl Report {
    /// Replaces the results that are kept in the repository.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::write(directory.join("RESULTS.md"), self.to_string())?;
        plots::write(self, &directory.join("plots"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{METHOD}")?;
        self.machine(f)?;
        for (size, standings) in &self.standings {
            let size = *size;
            write!(f, "{}", versus::Report { size, standings })?;
        }
        single::table(&self.singles, f)?;
        self.times(f)?;
        self.ratios(f)?;
        write!(f, "{}", self.of_one_user)?;
        self.limit(f)?;
        self.memory(f)
    }
}

impl Report {
    fn machine(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
        writeln!(f, "## Machine and versions\n")?;
        writeln!(
            f,
            "{cores} shared cores ({}), {} GiB of memory, {os} on {architecture}. {}. {}.",
            told_by("/proc/cpuinfo", "model name").unwrap_or_default(),
            gibibytes().unwrap_or_default(),
            compiler(),
            versus::check_redis_server().unwrap_or_default(),
        )?;
        let versions = versions::told(&PACKAGES);
        writeln!(f, "{versions}.\n")
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Time for one operation\n")?;
        writeln!(f, "Nanoseconds of computing: median (quartiles).\n")?;
        head(f, "operation", &SIZES.map(sessions))?;
        for operation in Operation::ALL {
            let cells = SIZES.map(|size| {
                let figures = self.timings.figures(Who::Cloakroom, size, operation);
                cell(Spread::of(figures.to_vec()), 0)
            });
            row(f, operation.name(), &cells)?;
        }
        writeln!(f)
    }

    fn ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## How the time grows\n")?;
        writeln!(
            f,
            "As a multiple of the same round's time with {}: median (quartiles).\n",
            sessions(BASE)
        )?;
        writeln!(f, "![time by the number of sessions](plots/sessions.svg)\n")?;
        head(f, "operation", &SIZES.map(sessions))?;
        for operation in Operation::ALL {
            let base = self.timings.figures(Who::Cloakroom, BASE, operation);
            let cells = SIZES.map(|size| {
                let figures = self.timings.figures(Who::Cloakroom, size, operation);
                cell(Spread::of_ratios(figures, base), 2)
            });
            row(f, operation.name(), &cells)?;
        }
        let figures = |size| {
            self.timings
                .figures(Who::ShardedMap, size, Operation::StoreLoad)
        };
        let cells = SIZES.map(|size| cell(Spread::of_ratios(figures(size), figures(BASE)), 2));
        row(f, "for comparison: get, plain map", &cells)?;
        writeln!(f)
    }

    fn limit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Beside the limit\n")?;
        writeln!(
            f,
            "A get from a hash map in 64 shards: no deadline, no token set, no trait object, no \
             future. Times in nanoseconds, the ratio of throughputs round by round.\n"
        )?;
        head(f, "", &SIZES.map(sessions))?;
        let load = Operation::StoreLoad;
        let plain = |size| self.timings.figures(Who::ShardedMap, size, load);
        let ours = |size| self.timings.figures(Who::Cloakroom, size, load);
        let cells = SIZES.map(|size| cell(Spread::of(plain(size).to_vec()), 0));
        row(f, "get, plain map", &cells)?;
        let cells = SIZES.map(|size| cell(Spread::of_ratios(plain(size), ours(size)), 2));
        row(f, "\"load, store\" beside it", &cells)?;
        writeln!(f)
    }

    fn memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Memory for one session\n")?;
        writeln!(
            f,
            "Bytes of a fresh process's resident set, everything included, and as a multiple\nof the \
             {:.0} bytes of data; the aim is at most 2.4 at a million.\n",
            self.payload
        )?;
        head(f, "sessions", &SIZES.map(sessions))?;
        for filling in Filling::ALL {
            let of_kind = self.footprints.iter().filter(|it| it.filling == filling);
            let cells = SIZES.map(|size| {
                let footprint = of_kind.clone().find(|it| it.size == size);
                footprint.map_or("–".to_owned(), |Footprint { bytes_each, .. }| {
                    format!("{bytes_each:.0} ({:.2})", bytes_each / self.payload)
                })
            });
            row(f, filling.title(), &cells)?;
        }
        Ok(())
    }
}

pub(crate) fn head(f: &mut fmt::Formatter<'_>, first: &str, others: &[String]) -> fmt::Result {
    row(f, first, others)?;
    let rules = vec!["---:".to_owned(); others.len()];
    row(f, "---", &rules)
}

pub(crate) fn row(f: &mut fmt::Formatter<'_>, first: &str, others: &[String]) -> fmt::Result {
    writeln!(f, "| {first} | {} |", others.join(" | "))
}

pub(crate) fn cell(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or("–".to_owned(), |spread| {
        let Spread { low, median, high } = spread;
        format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
    })
}

/// `1,000,000 sessions`.
pub(crate) fn sessions(count: usize) -> String {
    format!("{} sessions", grouped(count))
}

/// `1,000,000`.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// What a file of the system's says of something.
fn told_by(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

fn gibibytes() -> Option<u64> {
    let total = told_by("/proc/meminfo", "MemTotal")?;
    let kib: u64 = total.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib >> 20)
}

/// What the compiler on the path says of itself.
fn compiler() -> String {
    let said = Command::new("rustc").arg("--version").output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
    said.ok()
        .filter(|said| !said.is_empty())
        .unwrap_or_else(|| "An unknown rustc".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_well() {
        assert_eq!(sessions(1_000_000), "1,000,000 sessions");
        assert_eq!(sessions(100), "100 sessions");
    }

    #[test]
    fn versions_are_those_of_the_lock_file() {
        for package in PACKAGES {
            assert!(
                versions::version(package).starts_with(|c: char| c.is_ascii_digit()),
                "{package}"
            );
        }
    }
}

//! Single operations, one after the other on one thread, by criterion.

use std::cell::Cell;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fmt, fs};

use bytes::Bytes;
use cloakroom_core::{Record, RecordVersion, Token};
use criterion::Criterion;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::contestants::{Failure, sharded_map};
use crate::report::{head, row, sessions};
use crate::stopwatch::Stopwatch;
use crate::versus::{self, Entrant, Extent};
use crate::workload::{Account, BASE};

/// The argument that makes a process a child of [`measure`], which a hand may type too.
pub(crate) const CHILD: &str = "--single";

/// What criterion found of one operation, in nanoseconds: the median, and between what it is with
/// 95 % of confidence.
#[derive(Debug)]
pub(crate) struct Single {
    name: String,
    low: f64,
    median: f64,
    high: f64,
}

/// Starts this program again, for a fresh process, and reads what criterion kept of it.
pub(crate) fn measure() -> Result<Vec<Single>, Failure> {
    let program = env::current_exe()?;
    let home = program.with_file_name("criterion-of-bench");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let mut child = Command::new(program);
    child.arg(CHILD).env("CRITERION_HOME", &home);
    // What it says on the way is not a part of the report.
    let done = child.stdout(Stdio::null()).output()?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let is_why = |line: &&str| line.starts_with("bench:") || line.contains("panicked");
        let why = said.lines().find(is_why).unwrap_or_default();
        return Err(format!(
            "single operations were not measured ({}): {why}",
            done.status
        )
        .into());
    }
    read_all(&home)
}

/// What criterion keeps in a directory, by name.
fn read_all(home: &Path) -> Result<Vec<Single>, Failure> {
    let mut singles = Vec::new();
    for entry in fs::read_dir(home)? {
        let kept = entry?.path().join("new");
        if kept.is_dir() {
            singles.push(Single::read(&kept)?);
        }
    }
    singles.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(singles)
}

impl Single {
    fn read(kept: &Path) -> Result<Self, Failure> {
        let file = |name: &str| -> Result<Value, Failure> {
            Ok(serde_json::from_slice(&fs::read(kept.join(name))?)?)
        };
        let (benchmark, estimates) = (file("benchmark.json")?, file("estimates.json")?);
        let figure = |path: &str| estimates.pointer(path).and_then(Value::as_f64);
        let name = benchmark["full_id"].as_str();
        let found = (
            name,
            figure("/median/confidence_interval/lower_bound"),
            figure("/median/point_estimate"),
            figure("/median/confidence_interval/upper_bound"),
        );
        let (Some(name), Some(low), Some(median), Some(high)) = found else {
            return Err(format!("criterion tells no median in {}", kept.display()).into());
        };
        Ok(Self {
            name: name.to_owned(),
            low,
            median,
            high,
        })
    }
}

/// All of them as a table.
pub(crate) fn table(singles: &[Single], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "## Single operations\n")?;
    writeln!(
        f,
        "One after the other on one thread, with {} in each store: nanoseconds that the thread has \
         computed, the median, and between what criterion puts it with 95 % of confidence.\n",
        sessions(BASE)
    )?;
    head(f, "operation", &["median", "from", "to"].map(str::to_owned))?;
    for single in singles {
        let Single {
            low, median, high, ..
        } = single;
        let cells = [median, low, high].map(|nanos| format!("{nanos:.0}"));
        row(f, &format!("`{}`", single.name), &cells)?;
    }
    writeln!(f)
}

/// Lets criterion measure all of them, or those whose names have this part.
pub(crate) fn run(filter: Option<&str>, seed: u64) -> Result<(), Failure> {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_200));
    let random = &mut StdRng::seed_from_u64(seed);
    let found = Cell::new(false);
    let is_asked_for = |name: &str| {
        let is = filter.is_none_or(|part| name.contains(part));
        found.set(found.get() || is);
        is
    };
    values(&mut criterion, &is_asked_for, random)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let extent = Extent {
        size: BASE,
        rounds: 0,
        lap: versus::LAP,
        whole: true,
        crowded: false,
        only: None,
    };
    versus::each_in_memory(&runtime, extent, random, |entrant, random| {
        if is_asked_for(&entrant.name) {
            one(&mut criterion, &runtime, entrant, random)?;
        }
        Ok(())
    })?;
    match filter {
        Some(part) if !found.get() => {
            Err(format!("nothing in memory has a name with `{part}`").into())
        }
        _ => Ok(()),
    }
}

/// What needs no store.
fn values(
    criterion: &mut Criterion,
    is_asked_for: &dyn Fn(&str) -> bool,
    random: &mut StdRng,
) -> Result<(), Failure> {
    // As good as any of 43 characters, for these.
    let text = "A".repeat(Token::TEXT_LEN);
    let token = Token::parse(&text)?;
    let record = sharded_map::record(random)?;
    let id = record.id();
    let encoded = Bytes::from(record.encode(RecordVersion::default()));
    let account = Account::example(random);
    let json = serde_json::to_vec(&account)?;
    let mut each = |name: &str, operation: &dyn Fn(u64)| {
        if is_asked_for(name) {
            criterion.bench_function(name, |bencher| {
                bencher.iter_custom(|count| {
                    let watch = Stopwatch::start();
                    operation(count);
                    watch.elapsed()
                });
            });
        }
    };
    each("token.parse", &repeat(|| Token::parse(black_box(&text))));
    each("token.id", &repeat(|| black_box(&token).id()));
    each(
        "record.encode",
        &repeat(|| black_box(&record).encode(RecordVersion::default())),
    );
    each(
        "record.decode",
        &repeat(|| Record::decode(id, black_box(&encoded).clone())),
    );
    each(
        "serde-json.write",
        &repeat(|| serde_json::to_vec(black_box(&account))),
    );
    each(
        "serde-json.read",
        &repeat(|| serde_json::from_slice::<Account>(black_box(&json))),
    );
    Ok(())
}

/// An operation, so many times, none of which the compiler may leave out.
fn repeat<T>(operation: impl Fn() -> T) -> impl Fn(u64) {
    move |count| {
        for _ in 0..count {
            drop(black_box(operation()));
        }
    }
}

fn one(
    criterion: &mut Criterion,
    runtime: &tokio::runtime::Runtime,
    entrant: &mut Entrant,
    random: &mut StdRng,
) -> Result<(), Failure> {
    let mut failure = None;
    criterion.bench_function(&entrant.name.clone(), |bencher| {
        bencher.iter_custom(|count| {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            // Once something has failed there is no figure to get right any more.
            entrant
                .alone(runtime, count, random)
                .unwrap_or_else(|error| {
                    failure = Some(error);
                    Duration::from_nanos(1)
                })
        });
    });
    failure.map_or(Ok(()), Err)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
mod tests {
    use super::*;

    #[test]
    fn what_criterion_kept_is_read() {
        let home = env::temp_dir().join(format!("cloakroom-single-{}", std::process::id()));
        let mut criterion = Criterion::default()
            .output_directory(&home)
            .without_plots()
            .nresamples(100)
            .sample_size(10)
            .warm_up_time(Duration::from_millis(1))
            .measurement_time(Duration::from_millis(10));
        for (name, steps) in [("second", 100), ("first", 10)] {
            criterion.bench_function(name, |bencher| {
                bencher.iter(|| (0..steps).fold(0_u64, |sum, step| black_box(sum + step)));
            });
        }
        let singles = read_all(&home).unwrap();
        let names: Vec<_> = singles.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["first", "second"]);
        for single in &singles {
            let Single { low, high, .. } = single;
            assert!((*low..=*high).contains(&single.median), "{single:?}");
        }
        fs::remove_dir_all(&home).unwrap();
    }
}

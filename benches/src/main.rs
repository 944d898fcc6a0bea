//! The benchmarks of Cloakroom. `cargo xtask bench -- --help` tells how to run them.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program talks to its terminal"
)]

mod arguments;
mod contestants;
mod driver;
mod filling;
mod memory;
mod one_user;
mod plots;
mod report;
mod shape;
mod single;
mod statistics;
mod stopwatch;
mod versions;
mod versus;
mod workload;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::arguments::{HELP, Request};
use crate::contestants::Failure;
use crate::report::Report;
use crate::versus::Extent;
use crate::workload::{Account, LARGEST};

/// The same sessions in each run.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match Request::parse(&arguments).and_then(carry_out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            let mut cause = failure.source();
            while let Some(why) = cause {
                eprintln!("  because: {why}");
                cause = why.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn carry_out(request: Request) -> Result<(), Failure> {
    match request {
        Request::Help => print!("{HELP}"),
        Request::Fill { filling, size } => memory::fill(filling, size, SEED)?,
        Request::Quick => quick()?,
        Request::Only { name } => only(&name)?,
        Request::Single { filter } => single::run(filter.as_deref(), SEED)?,
        Request::Full => full()?,
    }
    Ok(())
}

/// A line for each of the watched figures.
fn quick() -> Result<(), Failure> {
    let start = Instant::now();
    let extent = Extent {
        size: versus::SIZE,
        rounds: 20,
        lap: versus::LAP,
        whole: false,
        crowded: false,
        only: None,
    };
    let standings = versus::run(extent, SEED)?;
    eprintln!("{}", versus::Report::of_watched(&standings));
    for ratio in versus::ratios(&standings, versus::TASKS) {
        println!("ratio {} {:.3}", ratio.name, ratio.spread.median);
    }
    eprintln!("done in {:.1?}", start.elapsed());
    Ok(())
}

fn only(name: &str) -> Result<(), Failure> {
    let extent = Extent {
        size: versus::SIZE,
        rounds: 100,
        lap: versus::LAP,
        whole: true,
        crowded: false,
        only: Some(name),
    };
    let standings = versus::run(extent, SEED)?;
    if standings.races().is_empty() {
        return Err(format!("nobody is called `{name}`").into());
    }
    println!("{}", versus::Report::of_watched(&standings));
    Ok(())
}

fn full() -> Result<(), Failure> {
    let start = Instant::now();
    // Not after a quarter of an hour.
    versus::check_redis_server()?;
    let largest = memory::fits(LARGEST)?;
    // First, while nothing else takes memory.
    let footprints = memory::measure_all(largest)?;
    eprintln!("memory measured in {:.1?}", start.elapsed());
    let singles = single::measure()?;
    eprintln!("single operations measured in {:.1?}", start.elapsed());
    // Before the races leave the memory of this process in pieces.
    let of_one_user = one_user::run(SEED)?;
    eprintln!("sets of one user measured in {:.1?}", start.elapsed());
    let standings = versus::run_all(SEED)?;
    let timings = driver::run(120, largest, SEED)?;
    eprintln!("growth measured in {:.1?}", start.elapsed());
    let report = Report {
        payload: Account::mean_json_len(&mut StdRng::seed_from_u64(SEED)),
        timings,
        footprints,
        of_one_user,
        singles,
        standings,
    };
    // Neither is lost where the other fails.
    let written = report.write();
    println!("{report}");
    eprintln!("done in {:.1?}", start.elapsed());
    written
}

//! The benchmarks of Cloakroom. `cargo xtask bench -- --help` tells how to run them.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program talks to its terminal"
)]

mod arguments;
mod contestants;
mod driver;
mod memory;
mod report;
mod statistics;
mod stopwatch;
mod workload;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::arguments::{HELP, Plan, Request};
use crate::contestants::{Failure, Kind};
use crate::report::Report;
use crate::workload::{Account, SIZES};

/// The same sessions in each run.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match Request::parse(&arguments).and_then(carry_out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(request: Request) -> Result<(), Failure> {
    match request {
        Request::Help => print!("{HELP}"),
        Request::Fill { kind, size } => memory::fill(kind, size, SEED)?,
        Request::Run(plan) => run(&plan)?,
    }
    Ok(())
}

fn run(plan: &Plan) -> Result<(), Failure> {
    let start = Instant::now();
    // First, while nothing else takes memory.
    let mut footprints = Vec::new();
    for kind in Kind::ALL {
        for size in SIZES {
            footprints.push(memory::measure(kind, size)?);
        }
    }
    eprintln!("memory measured in {:.1?}", start.elapsed());
    let timings = driver::run(plan.rounds, SEED)?;
    let report = Report {
        payload: Account::mean_json_len(&mut StdRng::seed_from_u64(SEED)),
        timings,
        footprints,
    };
    let text = report.to_string();
    println!("{text}");
    eprintln!("done in {:.1?}", start.elapsed());
    if plan.write {
        report::write(&text)?;
    }
    Ok(())
}

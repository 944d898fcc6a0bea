//! The chores of Cloakroom. `cargo xtask help` lists them.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program talks to its terminal"
)]

mod bench;
mod ci;
mod command;
mod deny;
mod failure;
mod fuzz;
mod independence;
mod msrv;
mod shuttle;
mod step;
mod system;
mod test;
mod tools;

use std::process::ExitCode;
use std::{env, path::Path};

use failure::{Failure, Result};

const HELP: &str = "\
The chores of Cloakroom.

  cargo xtask test [-- ARGS]
      Installs the programs that the tests need, where it can, and runs every test.
      ARGS go to `cargo test`, for instance: -- -p cloakroom-core
  cargo xtask ci
      All that a change must pass: format, clippy, docs, every feature combination,
      the tests, interleavings, licences and advisories of the dependencies, a short
      fuzz run.
  cargo xtask fuzz [--seconds N] [TARGET ...]
      Runs every fuzz target, or those named, for N seconds each (60 by default).
  cargo xtask shuttle
      Tries the store in memory in thousands of interleavings of its threads.
  cargo xtask bench [ARGS]
      Runs the benchmarks, and writes benches/RESULTS.md. ARGS go to them, for instance:
      --quick, which writes nothing and takes minutes
  cargo xtask load [ARGS]
      Measures requests per second over HTTP, beside tower-sessions. ARGS go to it:
      --quick, or --write for benches/LOAD.md
  cargo xtask help
      Prints this.
";

fn main() -> ExitCode {
    match enter_workspace().and_then(|()| dispatch()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

/// Chores run from the workspace's root, wherever they were called.
fn enter_workspace() -> Result {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .ok_or_else(|| Failure::failed("run this through cargo: cargo xtask"))?;
    let root = Path::new(&package).join("..");
    env::set_current_dir(&root)
        .map_err(|error| Failure::failed(format!("cannot enter {}: {error}", root.display())))
}

fn dispatch() -> Result {
    let words = env::args_os()
        .skip(1)
        .map(std::ffi::OsString::into_string)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|word| Failure::usage(format!("{} is not UTF-8", word.display())))?;
    let Some((chore, rest)) = words.split_first() else {
        print!("{HELP}");
        return Ok(());
    };
    match chore.as_str() {
        "test" => test::run(rest),
        "ci" => ci::run(rest),
        "fuzz" => fuzz::run(rest),
        "shuttle" => shuttle::run(),
        "bench" => bench::run("bench", rest),
        "load" => bench::run("load", rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        unknown => Err(Failure::usage(format!("there is no chore `{unknown}`"))),
    }
}

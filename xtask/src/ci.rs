//! `cargo xtask ci`: all that a change must pass, cheapest first. The first failure ends it.

use std::path::Path;
use std::time::Instant;

use crate::command::CommandLine;
use crate::failure::{Failure, Result};
use crate::{deny, fuzz, independence, msrv, shuttle, step, test, tools};

const FUZZ_SECONDS_EACH: u32 = 10;

/// The package that an application depends on.
const UMBRELLA: &str = "cloakroom";

pub(crate) fn run(words: &[String]) -> Result {
    if let Some(word) = words.first() {
        return Err(Failure::usage(format!(
            "`ci` takes no arguments, and got `{word}`"
        )));
    }
    let start = Instant::now();
    // The last step needs it; better to hear so now.
    fuzz::require_nightly()?;
    msrv::report()?;
    step::run("lock file of the fuzz targets", fuzz::check_lock)?;
    step::run("format", format)?;
    step::run("clippy", clippy)?;
    step::run("docs", docs)?;
    step::run("every feature combination", feature_combinations)?;
    step::run("test", || test::run(&[]))?;
    step::run("interleavings", shuttle::run)?;
    step::run("core stands alone", independence::check)?;
    step::run("dependencies", deny::check)?;
    step::run("fuzz", || {
        fuzz::Request::smoke(FUZZ_SECONDS_EACH).carry_out()
    })?;
    println!("\nAll of ci passed in {}.", step::readable(start.elapsed()));
    Ok(())
}

fn format() -> Result {
    CommandLine::cargo()
        .args(["fmt", "--all", "--check"])
        .run()?;
    if !Path::new("fuzz/Cargo.toml").is_file() {
        return Ok(());
    }
    // A workspace of its own. Without --all, which would follow its paths back into ours.
    CommandLine::cargo()
        .args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
        .run()
}

fn clippy() -> Result {
    CommandLine::cargo()
        .args(["clippy", "--workspace", "--all-targets", "--all-features"])
        .args(["--", "-D", "warnings"])
        .run()
}

fn docs() -> Result {
    doc(&["--workspace", "--all-features"])?;
    // A link to what a feature brings is broken without it.
    doc(&["--package", UMBRELLA])?;
    doc(&["--package", UMBRELLA, "--no-default-features"])
}

fn doc(scope: &[&str]) -> Result {
    CommandLine::cargo()
        .args(["doc", "--no-deps"])
        .args(scope.iter().copied())
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}

/// Of the published packages. Clippy, because what only one combination leaves unused is a fault too.
fn feature_combinations() -> Result {
    tools::HACK.ensure()?;
    hack(&[
        "--workspace",
        "--ignore-private",
        "--exclude",
        UMBRELLA,
        "--feature-powerset",
        // Others by another name, where it is not empty.
        "--exclude-features",
        "default",
    ])?;
    // It only hands on what the others have: its 4,000 combinations would tell no more than each alone.
    hack(&["--package", UMBRELLA, "--each-feature"])
}

fn hack(scope: &[&str]) -> Result {
    CommandLine::cargo()
        .args(["hack", "clippy"])
        .args(scope.iter().copied())
        .args(["--", "-D", "warnings"])
        .run()
}

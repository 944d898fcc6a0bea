//! `cargo xtask bench`: the benchmarks, with their own arguments.

use crate::command::CommandLine;
use crate::failure::Result;

pub(crate) fn run(words: &[String]) -> Result {
    CommandLine::cargo()
        .args([
            "run",
            "--release",
            "--package",
            "cloakroom-benches",
            "--bin",
            "bench",
            "--",
        ])
        .args(words)
        .run()
}

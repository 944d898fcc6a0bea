//! `cargo xtask shuttle`: the store in memory, in thousands of interleavings of its threads.

use crate::command::CommandLine;
use crate::failure::Result;

/// Of its own, since a flag that every crate is built with would build all others anew, each time.
const TARGET: &str = "target/shuttle";

pub(crate) fn run() -> Result {
    CommandLine::cargo()
        .args(["test", "--package", "cloakroom-moka", "--lib"])
        .args(["--target-dir", TARGET, "interleavings"])
        .env("RUSTFLAGS", "--cfg shuttle")
        .run()
}

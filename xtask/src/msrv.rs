//! The declared minimum Rust version is true only where something builds with it.

use crate::command::CommandLine;
use crate::failure::{Failure, Result};

/// `rust-version` in the workspace's manifest.
const DECLARED: &str = env!("CARGO_PKG_RUST_VERSION");

/// Says so where this run does not prove the declared version, being one of a newer compiler.
pub(crate) fn report() -> Result {
    let rustc = CommandLine::new("rustc").args(["--version"]);
    let output = rustc
        .capture()
        .map_err(|error| Failure::failed(format!("cannot run `{rustc}`: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !is_declared(&said, DECLARED) {
        let said = said.trim();
        println!(
            "NOT CHECKED: the declared minimum, Rust {DECLARED}. This run builds with {said}."
        );
    }
    Ok(())
}

/// Whether `rustc 1.95.0 (59807616e 2026-04-14)` is a Rust 1.95.
fn is_declared(said: &str, declared: &str) -> bool {
    let Some(version) = said.split_whitespace().nth(1) else {
        return false;
    };
    version
        .strip_prefix(declared)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_release_is_still_the_declared_version() {
        assert!(is_declared("rustc 1.95.0 (59807616e 2026-04-14)\n", "1.95"));
        assert!(is_declared("rustc 1.95.2", "1.95"));
    }

    #[test]
    fn a_newer_compiler_is_another_version() {
        assert!(!is_declared(
            "rustc 1.97.0-nightly (e50aa6fba 2026-05-15)",
            "1.95"
        ));
        assert!(!is_declared("rustc 1.950.0", "1.95"));
        assert!(!is_declared("", "1.95"));
    }
}

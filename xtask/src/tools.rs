//! Cargo's helpers from crates.io. Each is installed where it is missing or older than pinned.

use crate::command::CommandLine;
use crate::failure::Result;
use crate::step;

/// A cargo subcommand: `hack` is the package `cargo-hack`.
#[derive(Debug)]
pub(crate) struct Tool {
    subcommand: &'static str,
    version: &'static str,
}

pub(crate) const HACK: Tool = Tool {
    subcommand: "hack",
    version: "0.6.46",
};
pub(crate) const DENY: Tool = Tool {
    subcommand: "deny",
    version: "0.20.2",
};
pub(crate) const FUZZ: Tool = Tool {
    subcommand: "fuzz",
    version: "0.13.2",
};

impl Tool {
    /// Afterwards `cargo <subcommand>` works, in the pinned version or a newer one.
    pub(crate) fn ensure(&self) -> Result {
        if self.is_installed() {
            return Ok(());
        }
        let install = self.install();
        step::run(&install.to_string(), || install.run())
    }

    fn is_installed(&self) -> bool {
        CommandLine::cargo()
            .args([self.subcommand, "--version"])
            .capture()
            .is_ok_and(|output| {
                output.status.success()
                    && is_at_least(&String::from_utf8_lossy(&output.stdout), self.version)
            })
    }

    /// As a debug build: optimising them takes minutes, and they do little.
    fn install(&self) -> CommandLine {
        let package = format!("cargo-{}", self.subcommand);
        let version = ["--version", self.version];
        CommandLine::cargo()
            .args(["install", "--locked", "--debug", &package])
            .args(version)
    }
}

/// Compares what a tool says of itself, such as `cargo-hack 0.6.46`, with a pinned version.
fn is_at_least(said: &str, pinned: &str) -> bool {
    let said = said.split_whitespace().find_map(numbers);
    matches!((said, numbers(pinned)), (Some(said), Some(pinned)) if said >= pinned)
}

/// `1.2.3` as numbers. A pre-release is no version here.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_and_newer_ones_will_do() {
        for said in [
            "cargo-hack 0.6.46\n",
            "cargo-hack 0.6.100",
            "cargo-hack 1.0.0 (2026)",
        ] {
            assert!(is_at_least(said, "0.6.46"), "{said}");
        }
    }

    #[test]
    fn an_older_version_is_replaced_and_so_is_one_that_cannot_be_read() {
        for said in [
            "cargo-hack 0.6.9",
            "cargo-hack 0.6.46-beta",
            "cargo-hack",
            "",
        ] {
            assert!(!is_at_least(said, "0.6.46"), "{said}");
        }
    }

    #[test]
    fn every_pin_is_a_version() {
        for tool in [HACK, DENY, FUZZ] {
            assert!(numbers(tool.version).is_some(), "{tool:?}");
        }
    }

    #[test]
    fn a_tool_is_installed_as_its_authors_locked_it() {
        assert_eq!(
            HACK.install().to_string(),
            "cargo install --locked --debug cargo-hack --version 0.6.46"
        );
    }
}

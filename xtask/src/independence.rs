//! Core depends on no engine, no async runtime and no HTTP crate: checked, not promised.

use std::collections::BTreeSet;

use crate::command::CommandLine;
use crate::failure::{Failure, Result};

const CORE: &str = "cloakroom-core";

/// Engines, async runtimes and HTTP crates.
const STRANGERS: &[&str] = &[
    // Engines.
    "fjall",
    "fred",
    "moka",
    "quick_cache",
    "redb",
    "redis",
    "rocksdb",
    "rusqlite",
    "sled",
    "sqlx-core",
    // Async runtimes.
    "actix-rt",
    "async-executor",
    "async-io",
    "async-std",
    "compio",
    "glommio",
    "mio",
    "monoio",
    "smol",
    "tokio",
    "tokio-util",
    // HTTP.
    "actix-http",
    "axum-core",
    "cookie",
    "h2",
    "http",
    "http-body",
    "httparse",
    "hyper",
    "tower-layer",
    "tower-service",
];

/// What an application can ask for: the feature `tokio` spawns the sweeper.
const ON_REQUEST: &[&str] = &["tokio"];

pub(crate) fn check() -> Result {
    refuse(&[], &tree("--no-default-features"))?;
    refuse(ON_REQUEST, &tree("--all-features"))
}

fn tree(features: &str) -> CommandLine {
    CommandLine::cargo()
        .args(["tree", "--package", CORE, "--edges", "normal", features])
        .args(["--prefix", "none", "--format", "{p}"])
}

fn refuse(allowed: &[&str], tree: &CommandLine) -> Result {
    let output = tree
        .capture()
        .map_err(|error| Failure::failed(format!("cannot run `{tree}`: {error}")))?;
    let listed = String::from_utf8_lossy(&output.stdout);
    let dependencies = names(&listed);
    if !output.status.success() || !dependencies.contains(CORE) {
        return Err(Failure::failed(format!(
            "this did not list {CORE}:\n    {tree}"
        )));
    }
    match strangers(&dependencies, allowed).as_slice() {
        [] => Ok(()),
        found => Err(Failure::failed(format!(
            "{CORE} depends on no engine, runtime or HTTP crate, but has {}; see it with:\n    {tree}",
            found.join(", ")
        ))),
    }
}

/// The first word of each line: `name v1.2.3 (source)`.
fn names(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

fn strangers<'a>(dependencies: &BTreeSet<&'a str>, allowed: &[&str]) -> Vec<&'a str> {
    dependencies
        .iter()
        .copied()
        .filter(|name| STRANGERS.contains(name) && !allowed.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "cloakroom-core v0.1.0 (/somewhere/core)\nbytes v1.11.0\n\
                        tokio v1.48.0\nmio v1.1.0\nbytes v1.11.0 (*)\n";

    #[test]
    fn a_stranger_is_found_unless_it_was_asked_for() {
        let dependencies = names(TREE);
        assert_eq!(strangers(&dependencies, &[]), ["mio", "tokio"]);
        assert_eq!(strangers(&dependencies, &["tokio"]), ["mio"]);
    }

    #[test]
    fn a_name_that_only_looks_like_a_stranger_is_none() {
        assert!(strangers(&names("tokio-macros v2.0.0\nmokapot v1.0.0"), &[]).is_empty());
    }

    #[test]
    fn core_stands_alone() {
        check().expect("core depends on none of them");
    }

    #[test]
    fn a_tree_that_lists_nothing_proves_nothing() {
        let nothing = CommandLine::new("true");
        assert!(refuse(&[], &nothing).is_err());
    }

    #[test]
    fn a_backend_would_be_refused() {
        let moka = CommandLine::cargo()
            .args(["tree", "--package", "cloakroom-moka"])
            .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
        let refused = refuse(&[], &moka).expect_err("it has moka");
        assert!(refused.to_string().contains("but has moka"), "{refused}");
    }
}

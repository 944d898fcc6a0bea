//! `cargo xtask test`: brings what the tests need, and runs every test.

use crate::command::CommandLine;
use crate::failure::{Failure, Result};
use crate::system::{self, Program};

pub(crate) const REDIS_SERVER: Program = Program {
    name: "redis-server",
    package: "redis-server",
    needed_by: "the tests of the store on Redis, which start servers of their own",
};

/// The programs that tests start.
const PROGRAMS: &[Program] = &[
    Program {
        name: "strace",
        package: "strace",
        needed_by: "the tests of the sled store that watch, fail and crash its calls to the system",
    },
    REDIS_SERVER,
    Program {
        name: "chromium",
        package: "chromium",
        needed_by: "the browser test of the account application",
    },
    Program {
        name: "chromedriver",
        package: "chromium-driver",
        needed_by: "the browser test of the account application",
    },
    Program {
        name: "node",
        package: "nodejs",
        needed_by: "the tests that hold cloakroom-node against real middleware",
    },
    Program {
        name: "npm",
        package: "npm",
        needed_by: "the tests that hold cloakroom-node against real middleware, to install that",
    },
];

pub(crate) fn run(words: &[String]) -> Result {
    let for_cargo = match words.split_first() {
        None => &[],
        Some((dashes, rest)) if dashes == "--" => rest,
        Some((word, _)) => {
            return Err(Failure::usage(format!(
                "`test` does not know `{word}`; arguments for cargo test go after `--`"
            )));
        }
    };
    system::provide(PROGRAMS)?;
    cargo_test(for_cargo).run()
}

/// Every package, unless the caller chose some.
fn cargo_test(args: &[String]) -> CommandLine {
    let names_package = |arg: &String| {
        arg.starts_with("--package") || arg.starts_with("-p") || arg.starts_with("--manifest-path")
    };
    let scope: &[&str] = if args
        .iter()
        .take_while(|arg| *arg != "--")
        .any(names_package)
    {
        &[]
    } else {
        &["--workspace"]
    };
    CommandLine::cargo()
        .args(["test"])
        .args(scope.iter().copied())
        .args(["--all-features"])
        .args(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn every_package_is_tested() {
        assert_eq!(
            cargo_test(&[]).to_string(),
            "cargo test --workspace --all-features"
        );
        assert_eq!(
            cargo_test(&words("grace -- -p")).to_string(),
            "cargo test --workspace --all-features grace -- -p"
        );
    }

    #[test]
    fn or_the_one_that_was_asked_for() {
        assert_eq!(
            cargo_test(&words("-p cloakroom-core -- --nocapture")).to_string(),
            "cargo test --all-features -p cloakroom-core -- --nocapture"
        );
    }

    #[test]
    fn a_word_before_the_dashes_is_refused() {
        let refused = run(&words("cloakroom-core"));
        assert!(matches!(refused, Err(Failure::Usage(_))), "{refused:?}");
    }
}

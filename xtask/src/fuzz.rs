//! `cargo xtask fuzz`: fuzz targets for a bounded time, starting from the committed seeds.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::command::CommandLine;
use crate::failure::{Failure, Result};
use crate::{step, system, test, tools};

/// One file for each target, of the same name; so says `fuzz/Cargo.toml`.
const TARGETS: &str = "fuzz/fuzz_targets";

/// A target that starts a server.
const ON_REDIS: &str = "redis_values";

pub(crate) fn run(words: &[String]) -> Result {
    Request::parse(words)?.carry_out()
}

/// What to fuzz, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    seconds_each: u32,
    /// All there are, where none is named.
    targets: Vec<String>,
    /// Built in less time, to run slower: where the time of fuzzing is short.
    is_smoke: bool,
}

impl Request {
    pub(crate) fn every_target(seconds_each: u32) -> Self {
        Self {
            seconds_each,
            targets: Vec::new(),
            is_smoke: false,
        }
    }

    pub(crate) fn smoke(seconds_each: u32) -> Self {
        Self {
            is_smoke: true,
            ..Self::every_target(seconds_each)
        }
    }

    fn parse(words: &[String]) -> Result<Self> {
        let mut request = Self::every_target(60);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--seconds" {
                request.seconds_each = seconds(words.next().map(String::as_str))?;
            } else if let Some(number) = word.strip_prefix("--seconds=") {
                request.seconds_each = seconds(Some(number))?;
            } else if word.starts_with('-') {
                return Err(Failure::usage(format!("`fuzz` does not know `{word}`")));
            } else {
                request.targets.push(word.clone());
            }
        }
        Ok(request)
    }

    pub(crate) fn carry_out(&self) -> Result {
        // First what costs nothing: a name that was mistyped installs no tools.
        let chosen = self.choose(known_targets(Path::new(TARGETS))?)?;
        require_nightly()?;
        tools::FUZZ.ensure()?;
        if chosen.iter().any(|target| target == ON_REDIS) {
            system::provide(&[test::REDIS_SERVER])?;
        }
        for target in chosen {
            step::run(
                &format!("fuzz {target} for {} s", self.seconds_each),
                || self.fuzz(&target),
            )?;
        }
        Ok(())
    }

    fn choose(&self, known: Vec<String>) -> Result<Vec<String>> {
        if let Some(stranger) = self.targets.iter().find(|target| !known.contains(target)) {
            return Err(Failure::usage(format!(
                "there is no fuzz target `{stranger}`, but there is: {}",
                known.join(", ")
            )));
        }
        Ok(if self.targets.is_empty() {
            known
        } else {
            self.targets.clone()
        })
    }

    fn fuzz(&self, target: &str) -> Result {
        // What libFuzzer finds new goes to the first folder; of the second it only reads.
        let found = format!("fuzz/corpus/{target}");
        let seeds = format!("fuzz/seeds/{target}");
        if !Path::new(&seeds).is_dir() {
            return Err(Failure::failed(format!(
                "the fuzz target `{target}` has no seeds: commit some in {seeds}/"
            )));
        }
        fs::create_dir_all(&found)
            .map_err(|error| Failure::failed(format!("cannot make {found}: {error}")))?;
        self.command(target, &[&found, &seeds])
            .run()
            .map_err(|failure| {
                let help = self.after_a_finding(target);
                Failure::failed(format!("{failure}\n{help}"))
            })
    }

    fn command(&self, target: &str, corpora: &[&str]) -> CommandLine {
        self.cargo_fuzz(target)
            .args(corpora.iter().copied())
            .args(["--", "-timeout=10", "-rss_limit_mb=4096"])
            .args([format!("-max_total_time={}", self.seconds_each)])
    }

    fn cargo_fuzz(&self, target: &str) -> CommandLine {
        let fuzz = nightly_cargo().args(["fuzz", "run", target]);
        if self.is_smoke {
            fuzz.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        } else {
            fuzz
        }
    }

    fn after_a_finding(&self, target: &str) -> String {
        let again = self.cargo_fuzz(target);
        format!(
            "If that was a finding, its input is in fuzz/artifacts/{target}/. See it again with:\n    \
             {again} fuzz/artifacts/{target}/FILE\n\
             Once it is mended, keep the input: move it to fuzz/seeds/{target}/."
        )
    }
}

/// libFuzzer takes zero as "without end", which is not what a bounded run asks for.
fn seconds(word: Option<&str>) -> Result<u32> {
    word.and_then(|word| word.parse().ok())
        .filter(|&seconds| seconds > 0)
        .ok_or_else(|| Failure::usage("`--seconds` needs a number above zero"))
}

pub(crate) fn require_nightly() -> Result {
    if nightly_cargo().args(["--version"]).succeeds() {
        return Ok(());
    }
    Err(Failure::failed(
        "fuzzing needs the nightly toolchain; install it with:\n    \
         rustup toolchain install nightly --profile minimal",
    ))
}

/// Fails where the lock file lags behind the manifests: cargo-fuzz would only bring it up to date. Of the
/// other lock file, `.ci/run` asks that of cargo itself.
pub(crate) fn check_lock() -> Result {
    CommandLine::cargo()
        .args(["fetch", "--locked", "--manifest-path", "fuzz/Cargo.toml"])
        .run()
}

/// By their files, as nothing has to be installed to read those.
fn known_targets(folder: &Path) -> Result<Vec<String>> {
    let unreadable = |error| Failure::failed(format!("cannot read {}: {error}", folder.display()));
    let mut targets = Vec::new();
    for file in fs::read_dir(folder).map_err(unreadable)? {
        let file = file.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension == "rs")
            && let Some(name) = file.file_stem().and_then(OsStr::to_str)
        {
            targets.push(name.to_owned());
        }
    }
    if targets.is_empty() {
        return Err(Failure::failed("fuzz/ has no target"));
    }
    targets.sort();
    Ok(targets)
}

fn nightly_cargo() -> CommandLine {
    CommandLine::cargo().args(["+nightly"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_request_names_targets_and_a_time() {
        let request = Request::parse(&words("token --seconds 5 record")).unwrap();
        assert_eq!(
            request,
            Request {
                seconds_each: 5,
                targets: words("token record"),
                is_smoke: false,
            }
        );
        assert_eq!(
            Request::parse(&words("token --seconds=5 record")).unwrap(),
            request
        );
        assert_eq!(Request::parse(&[]).unwrap(), Request::every_target(60));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for line in [
            "--seconds",
            "--seconds 0",
            "--seconds soon",
            "--seconds=",
            "--seconds=0",
            "--secondss=5",
            "--forever",
        ] {
            let refused = Request::parse(&words(line));
            assert!(
                matches!(refused, Err(Failure::Usage(_))),
                "{line}: {refused:?}"
            );
        }
    }

    /// A file that the manifest does not name would be chosen and then not found, and a target without
    /// a file of its name never chosen.
    #[test]
    fn the_files_are_the_targets_of_the_manifest() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        let (_, bins) = manifest.split_once("[[bin]]").unwrap();
        let mut named: Vec<_> = bins
            .lines()
            .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            .collect();
        named.sort_unstable();
        assert_eq!(known_targets(&fuzz.join("fuzz_targets")).unwrap(), named);
    }

    #[test]
    fn every_target_is_run_or_those_named() {
        let known = || words("record token");
        let all = Request::every_target(1);
        assert_eq!(all.choose(known()).unwrap(), known());
        let one = Request::parse(&words("token")).unwrap();
        assert_eq!(one.choose(known()).unwrap(), words("token"));
    }

    #[test]
    fn a_target_that_is_not_there_is_told_with_those_that_are() {
        let failure = Request::parse(&words("cookie"))
            .unwrap()
            .choose(words("record token"))
            .unwrap_err();
        assert!(
            failure
                .to_string()
                .contains("`cookie`, but there is: record, token")
        );
    }

    #[test]
    fn the_seeds_come_second_so_that_nothing_is_written_there() {
        let corpora = ["fuzz/corpus/token", "fuzz/seeds/token"];
        let line = "cargo +nightly fuzz run token fuzz/corpus/token fuzz/seeds/token -- \
                    -timeout=10 -rss_limit_mb=4096 -max_total_time=10";
        let long = Request::every_target(10).command("token", &corpora);
        assert_eq!(long.to_string(), line);
        let short = Request::smoke(10).command("token", &corpora);
        let line = format!("CARGO_PROFILE_RELEASE_OPT_LEVEL=1 {line}");
        assert_eq!(short.to_string(), line);
    }
}

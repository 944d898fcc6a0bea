//! `cargo xtask fuzz`: fuzz targets for a bounded time, starting from the committed seeds.

use std::fs;
use std::path::Path;

use crate::command::CommandLine;
use crate::failure::{Failure, Result};
use crate::{step, tools};

pub(crate) fn run(words: &[String]) -> Result {
    Request::parse(words)?.carry_out()
}

/// What to fuzz, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    seconds_each: u32,
    /// All there are, where none is named.
    targets: Vec<String>,
}

impl Request {
    pub(crate) fn every_target(seconds_each: u32) -> Self {
        Self {
            seconds_each,
            targets: Vec::new(),
        }
    }

    fn parse(words: &[String]) -> Result<Self> {
        let mut request = Self::every_target(60);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--seconds" {
                request.seconds_each = seconds(words.next())?;
            } else if word.starts_with('-') {
                return Err(Failure::usage(format!("`fuzz` does not know `{word}`")));
            } else {
                request.targets.push(word.clone());
            }
        }
        Ok(request)
    }

    pub(crate) fn carry_out(&self) -> Result {
        require_nightly()?;
        tools::FUZZ.ensure()?;
        for target in self.choose(known_targets()?)? {
            step::run(
                &format!("fuzz {target} for {} s", self.seconds_each),
                || fuzz(&target, self.seconds_each),
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
}

/// libFuzzer takes zero as "without end", which is not what a bounded run asks for.
fn seconds(word: Option<&String>) -> Result<u32> {
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

fn known_targets() -> Result<Vec<String>> {
    let list = nightly_cargo().args(["fuzz", "list"]);
    let output = list
        .capture()
        .map_err(|error| Failure::failed(format!("cannot run `{list}`: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::failed(format!("`{list}` failed: {}", said.trim())));
    }
    let targets: Vec<_> = String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if targets.is_empty() {
        return Err(Failure::failed("fuzz/ has no target"));
    }
    Ok(targets)
}

fn fuzz(target: &str, seconds: u32) -> Result {
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
    command(target, &[&found, &seeds], seconds)
        .run()
        .map_err(|failure| Failure::failed(format!("{failure}\n{}", after_a_finding(target))))
}

fn command(target: &str, corpora: &[&str], seconds: u32) -> CommandLine {
    nightly_cargo()
        .args(["fuzz", "run", target])
        .args(corpora.iter().copied())
        .args(["--", "-timeout=10", "-rss_limit_mb=4096"])
        .args([format!("-max_total_time={seconds}")])
}

fn after_a_finding(target: &str) -> String {
    format!(
        "If that was a finding, its input is in fuzz/artifacts/{target}/. See it again with:\n    \
         cargo +nightly fuzz run {target} fuzz/artifacts/{target}/FILE\n\
         Once it is mended, keep the input: move it to fuzz/seeds/{target}/."
    )
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
            }
        );
        assert_eq!(Request::parse(&[]).unwrap(), Request::every_target(60));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for line in ["--seconds", "--seconds 0", "--seconds soon", "--forever"] {
            let refused = Request::parse(&words(line));
            assert!(
                matches!(refused, Err(Failure::Usage(_))),
                "{line}: {refused:?}"
            );
        }
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
        assert_eq!(
            command("token", &corpora, 10).to_string(),
            "cargo +nightly fuzz run token fuzz/corpus/token fuzz/seeds/token -- \
             -timeout=10 -rss_limit_mb=4096 -max_total_time=10"
        );
    }
}

//! `cargo deny`: licences, bans, sources and security advisories of the dependencies.

use crate::command::CommandLine;
use crate::failure::Result;
use crate::tools;

pub(crate) fn check() -> Result {
    tools::DENY.ensure()?;
    cargo_deny(&["check", "bans", "licenses", "sources"]).run()?;
    check_advisories()
}

/// The advisories live in a git repository of their own, which not every machine can reach. Where
/// it cannot be fetched, the answer is "not checked", in so many words: neither yes nor no.
fn check_advisories() -> Result {
    match fetch_advisories() {
        Ok(()) => cargo_deny(&["check", "advisories"]).run(),
        Err(reason) => {
            println!("NOT CHECKED: security advisories. Their database was not fetched: {reason}");
            Ok(())
        }
    }
}

fn fetch_advisories() -> std::result::Result<(), String> {
    let output = cargo_deny(&["fetch", "db"])
        // No question for a password, and no waiting for a server that has gone silent.
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
        .env("GIT_HTTP_LOW_SPEED_TIME", "30")
        .capture()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(last_line(&String::from_utf8_lossy(&output.stderr)))
}

fn cargo_deny(words: &[&str]) -> CommandLine {
    CommandLine::cargo()
        .args(["deny"])
        .args(words.iter().copied())
}

/// Git says last what went wrong.
fn last_line(said: &str) -> String {
    said.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("no reason was given")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_one_line() {
        let said = "[ERROR] failed to fetch\nCloning …\nfatal: could not resolve host\n\n";
        assert_eq!(last_line(said), "fatal: could not resolve host");
        assert_eq!(last_line(""), "no reason was given");
    }
}

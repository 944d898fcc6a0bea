//! A command line that can be run, and shown so that a person can repeat it.

use std::process::{Command, Output, Stdio};
use std::{env, fmt, io};

use crate::failure::{Failure, Result};

/// A program, its arguments, and the environment it needs beside ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl CommandLine {
    pub(crate) fn new(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
        }
    }

    /// `cargo`, with the toolchain that runs us.
    pub(crate) fn cargo() -> Self {
        Self::new("cargo")
    }

    pub(crate) fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs it on our terminal. A failure tells how to repeat it.
    pub(crate) fn run(&self) -> Result {
        let status = self
            .prepare()
            .status()
            .map_err(|error| Failure::failed(format!("cannot run `{self}`: {error}")))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "this failed ({status}); repeat it with:\n    {self}"
        )))
    }

    /// Runs it out of sight, without input, and returns what it printed.
    pub(crate) fn capture(&self) -> io::Result<Output> {
        self.prepare().stdin(Stdio::null()).output()
    }

    /// Whether it runs and succeeds; nothing is shown.
    pub(crate) fn succeeds(&self) -> bool {
        self.capture().is_ok_and(|output| output.status.success())
    }

    fn prepare(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        // What `cargo run` told us about the package xtask. Build scripts that watch these
        // variables would run again each time one goes between `cargo xtask` and plain cargo.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(describes_package) {
                command.env_remove(name);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn describes_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

/// As one would type it in a shell.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&self.program)?;
        for arg in &self.args {
            write!(f, " {}", quoted(arg))?;
        }
        Ok(())
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_reads_as_typed() {
        let line = CommandLine::cargo()
            .args(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            line.to_string(),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
    }

    #[test]
    fn what_a_shell_would_split_or_expand_is_quoted() {
        let line = CommandLine::new("echo").args(["a b", "", "$HOME", "it's"]);
        assert_eq!(line.to_string(), r"echo 'a b' '' '$HOME' 'it'\''s'");
    }

    #[test]
    #[cfg(unix)]
    fn a_failing_command_tells_how_to_repeat_it() {
        let failure = CommandLine::new("false")
            .args(["--seed", "7"])
            .run()
            .unwrap_err();
        assert!(
            failure
                .to_string()
                .ends_with("repeat it with:\n    false --seed 7"),
            "{failure}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        let line = CommandLine::new("cloakroom-has-no-such-program");
        assert!(!line.succeeds());
        assert!(line.run().is_err());
    }
}

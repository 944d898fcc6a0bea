//! `cargo xtask bench` and `cargo xtask load`: the benchmarks, with their own arguments.

use crate::command::CommandLine;
use crate::failure::Result;

/// Runs one of the programs of the benches.
pub(crate) fn run(program: &str, words: &[String]) -> Result {
    command(program, words).run()
}

fn command(program: &str, words: &[String]) -> CommandLine {
    // As `test` needs the dashes, a hand may well type them here too.
    let args = match words.split_first() {
        Some((dashes, rest)) if dashes == "--" => rest,
        _ => words,
    };
    CommandLine::cargo()
        .args(["run", "--release", "--package", "cloakroom-benches"])
        .args(["--bin", program, "--"])
        .args(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_go_to_the_benchmarks_with_or_without_dashes() {
        let expected = "cargo run --release --package cloakroom-benches --bin bench -- --quick";
        for words in [&["--quick"][..], &["--", "--quick"]] {
            let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(command("bench", &words).to_string(), expected);
        }
    }
}

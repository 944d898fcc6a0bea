//! What the command line asks for.

use crate::contestants::{Failure, Kind};
use crate::memory;

pub(crate) const HELP: &str = "\
The benchmarks of Cloakroom.

  cargo xtask bench [--quick] [--write]

  --quick   fewer rounds
  --write   put the report into benches/RESULTS.md
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Run(Plan),
    /// Fill one store and tell what memory that took: what the program asks of itself.
    Fill {
        kind: Kind,
        size: usize,
    },
    Help,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) write: bool,
}

impl Request {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut plan = Plan {
            rounds: 200,
            write: false,
        };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            match argument {
                "--quick" => plan.rounds = 40,
                "--write" => plan.write = true,
                "--help" => return Ok(Self::Help),
                memory::CHILD => {
                    let kind = arguments.next().and_then(Kind::named);
                    let size = arguments.next().and_then(|size| size.parse().ok());
                    return match (kind, size) {
                        (Some(kind), Some(size)) => Ok(Self::Fill { kind, size }),
                        _ => Err(format!("`{}` needs a kind and a size", memory::CHILD).into()),
                    };
                }
                other => return Err(format!("there is no `{other}`\n\n{HELP}").into()),
            }
        }
        Ok(Self::Run(plan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, Failure> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Request::parse(&words)
    }

    #[test]
    fn a_quick_run_has_fewer_rounds_and_writes_only_when_told() {
        let (Request::Run(full), Request::Run(quick)) =
            (parse("").unwrap(), parse("--quick --write").unwrap())
        else {
            panic!("both are runs");
        };
        assert!(quick.rounds < full.rounds);
        assert!(quick.write && !full.write);
    }

    #[test]
    fn a_child_is_told_what_to_fill() {
        let request = parse("--fill anonymous 10").unwrap();
        let expected = Request::Fill {
            kind: Kind::Anonymous,
            size: 10,
        };
        assert_eq!(request, expected);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in ["--slow", "quick", "--fill", "--fill all 10"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

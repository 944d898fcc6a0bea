//! What the command line asks for.

use crate::contestants::Failure;
use crate::filling::Filling;
use crate::memory;

pub(crate) const HELP: &str = "\
The benchmarks of Cloakroom.

  cargo xtask bench [--quick | --write | --only NAME]

  --quick   only what the watched figures need, in few rounds: prints `ratio NAME VALUE` for each
  --write   put the report into benches/RESULTS.md, and the plots beside it
  --only    one contender, `moka.load` for instance, for long enough to be profiled
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The watched figures.
    Quick,
    /// Everything.
    Full {
        write: bool,
    },
    /// One contender.
    Only {
        name: String,
    },
    /// Fill one store and tell what memory that took: what the program asks of itself.
    Fill {
        filling: Filling,
        size: usize,
    },
    Help,
}

impl Request {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        match arguments.as_slice() {
            [] => Ok(Self::Full { write: false }),
            ["--write"] => Ok(Self::Full { write: true }),
            ["--quick"] => Ok(Self::Quick),
            ["--only", name] => Ok(Self::Only {
                name: (*name).to_owned(),
            }),
            ["--help"] => Ok(Self::Help),
            [memory::CHILD, filling, size] => match (Filling::named(filling), size.parse().ok()) {
                (Some(filling), Some(size)) => Ok(Self::Fill { filling, size }),
                _ => Err(format!("`{}` needs a kind and a size", memory::CHILD).into()),
            },
            others => Err(format!("there is no `{}`\n\n{HELP}", others.join(" ")).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestants::Kind;

    fn parse(line: &str) -> Result<Request, Failure> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Request::parse(&words)
    }

    #[test]
    fn everything_is_measured_and_written_only_when_told() {
        assert_eq!(parse("").unwrap(), Request::Full { write: false });
        assert_eq!(parse("--write").unwrap(), Request::Full { write: true });
        assert_eq!(parse("--quick").unwrap(), Request::Quick);
    }

    #[test]
    fn a_child_is_told_what_to_fill() {
        let request = parse("--fill anonymous 10").unwrap();
        let expected = Request::Fill {
            filling: Filling::Ours(Kind::Anonymous),
            size: 10,
        };
        assert_eq!(request, expected);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            "--slow",
            "quick",
            "--quick --write",
            "--fill",
            "--fill all 10",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

//! What the command line asks for.

use crate::contestants::Failure;
use crate::filling::Filling;
use crate::{memory, single};

pub(crate) const HELP: &str = "\
The benchmarks of Cloakroom.

  cargo xtask bench [--quick | --only NAME | --single [PART]]

Without a word it measures everything, for three quarters of an hour, prints the report, and puts
it into benches/RESULTS.md and benches/plots.

  --quick   only what the watched figures need, in few rounds: prints `ratio NAME VALUE` for each
  --only    one contender, `moka.load` for instance, for long enough to be profiled
  --single  one operation at a time, by criterion, beside what it found when it last ran: those in
            memory and those that need no store, or those of them whose names have this part
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The watched figures.
    Quick,
    /// Everything.
    Full,
    /// One contender.
    Only {
        name: String,
    },
    /// Single operations.
    Single {
        /// A part of their names.
        filter: Option<String>,
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
            [] => Ok(Self::Full),
            ["--quick"] => Ok(Self::Quick),
            ["--only", name] => Ok(Self::Only {
                name: (*name).to_owned(),
            }),
            [single::CHILD] => Ok(Self::Single { filter: None }),
            [single::CHILD, part] if !part.starts_with('-') => Ok(Self::Single {
                filter: Some((*part).to_owned()),
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
    fn everything_is_measured_where_nothing_less_is_asked_for() {
        assert_eq!(parse("").unwrap(), Request::Full);
        assert_eq!(parse("--quick").unwrap(), Request::Quick);
    }

    #[test]
    fn single_operations_can_be_chosen_by_a_part_of_their_names() {
        assert_eq!(parse("--single").unwrap(), Request::Single { filter: None });
        let filter = Some("moka.load".to_owned());
        assert_eq!(
            parse("--single moka.load").unwrap(),
            Request::Single { filter }
        );
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
            "--quick --only moka.load",
            "--fill",
            "--fill all 10",
            "--single --quick",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

//! The figures as a table.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::contestants::Who;
use crate::peers;
use crate::statistics::Spread;
use crate::{BATCH, CONNECTIONS, Failure, SESSIONS, versions};

const METHOD: &str = include_str!("method.md");

/// Which versions stand behind the figures.
const PACKAGES: [&str; 7] = [
    "axum",
    "cloakroom-tower",
    "hyper",
    "redis@1",
    "tokio",
    "tower-sessions",
    "tower-sessions-memory-store",
];

const PACKAGES_IN_NODE: [&str; 6] = [
    "express",
    "express-session",
    "connect-redis",
    "koa",
    "koa-generic-session",
    "koa-redis",
];

pub(crate) struct Report {
    rounds: usize,
    figures: Vec<(Who, Figures)>,
}

#[derive(Debug, Clone, Default)]
struct Figures {
    /// Requests in a second on the wall, round by round.
    rates: Vec<f64>,
    /// Microseconds that the server has computed for each request.
    computed: Vec<f64>,
}

impl Report {
    pub(crate) fn new(rounds: usize) -> Self {
        let figures = Who::ALL.map(|who| (who, Figures::default()));
        Self {
            rounds,
            figures: figures.into(),
        }
    }

    pub(crate) fn add(&mut self, who: Who, took: Duration, computed: Duration) {
        let requests = (CONNECTIONS * BATCH) as f64;
        if let Some((_, figures)) = self.figures.iter_mut().find(|(of, _)| *of == who) {
            figures.rates.push(requests / took.as_secs_f64());
            figures
                .computed
                .push(computed.as_secs_f64() * 1e6 / requests);
        }
    }

    fn of(&self, who: Who) -> Figures {
        let found = self.figures.iter().find(|(of, _)| *of == who);
        found
            .map(|(_, figures)| figures.clone())
            .unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{METHOD}")?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let versions = versions::told(&PACKAGES);
        writeln!(
            f,
            "{cores} shared cores. {} rounds of {} requests over {CONNECTIONS} connections, {SESSIONS} \
             sessions.\n{}.",
            self.rounds,
            CONNECTIONS * BATCH,
            versions
        )?;
        let in_node = PACKAGES_IN_NODE.map(|name| format!("{name} {}", peers::version(name)));
        writeln!(f, "In Node: {}.\n", in_node.join(", "))?;
        writeln!(
            f,
            "| | requests/s | rate / no session | rate / tower-sessions | server, µs each | µs more than no session | server / tower-sessions |"
        )?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        let (bare, theirs) = (self.of(Who::NoSession), self.of(Who::TowerSessions));
        for who in Who::ALL {
            let figures = self.of(who);
            let more = figures
                .computed
                .iter()
                .zip(&bare.computed)
                .map(|(a, b)| a - b);
            let cells = [
                cell(Spread::of(figures.rates.clone()), 0),
                cell(Spread::of_ratios(&figures.rates, &bare.rates), 2),
                cell(Spread::of_ratios(&figures.rates, &theirs.rates), 2),
                cell(Spread::of(figures.computed.clone()), 1),
                cell(Spread::of(more.collect()), 1),
                cell(Spread::of_ratios(&figures.computed, &theirs.computed), 2),
            ];
            writeln!(f, "| {} | {} |", who.title(), cells.join(" | "))?;
        }
        Ok(())
    }
}

/// Replaces the results that are kept in the repository.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("LOAD.md");
    Ok(fs::write(path, text)?)
}

fn cell(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or("–".to_owned(), |spread| {
        let Spread { low, median, high } = spread;
        format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_told_beside_the_two_that_they_are_of() {
        let mut report = Report::new(1);
        for (who, millis) in [
            (Who::NoSession, 100),
            (Who::Moka, 125),
            (Who::TowerSessions, 200),
        ] {
            report.add(
                who,
                Duration::from_millis(millis),
                Duration::from_millis(millis),
            );
        }
        let text = report.to_string();
        let line = text
            .lines()
            .find(|line| line.contains("MokaStore"))
            .unwrap();
        assert!(
            line.contains("| 0.80 (0.80 to 0.80) | 1.60 (1.60 to 1.60) |"),
            "{line}"
        );
        assert!(!text.contains("unknown version"), "{text}");
    }
}

//! The peers as tables.

use std::fmt;

use crate::report::{cell, head, row};
use crate::statistics::Spread;
use crate::versus::field::{Figures, Standing};
use crate::versus::ratios::Aim;
use crate::versus::{SIZE, Standings, WORKERS, ratios};

/// The peers as tables.
pub(crate) struct Report<'a>(pub(crate) &'a Standings);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !ratios(self.0).is_empty() {
            self.ratios(f)?;
        }
        self.standings(f)
    }
}

impl Report<'_> {
    fn ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Beside the peers: ratios\n")?;
        writeln!(
            f,
            "{SIZE} sessions in each, uniform keys, {WORKERS} threads, 64 operations under way. Throughput \
             of ours divided by theirs in the same round (`-cpu`: processor time of the client by the same \
             of theirs): median (quartiles). The limit is what `sharded-map.get` comes to beside the same \
             peer, or for an update on Redis `raw-redis.compare-and-set-of-member`.\n"
        )?;
        head(
            f,
            "ratio",
            &["measured", "limit", "aim", ""].map(str::to_owned),
        )?;
        for ratio in ratios(self.0) {
            let median = ratio.spread.median;
            let (aim, reached) = match ratio.aim {
                Aim::AtLeast(aim) => (format!("≥ {aim}"), median >= aim),
                Aim::AtMost(aim) => (format!("≤ {aim}"), median <= aim),
            };
            let verdict = if reached { "reached" } else { "not reached" };
            let name = format!("`{}`", ratio.name);
            let limit = cell(ratio.limit, 2);
            let cells = [cell(Some(ratio.spread), 2), limit, aim, verdict.to_owned()];
            row(f, &name, &cells)?;
        }
        writeln!(f)
    }

    fn standings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## Beside the peers: all figures\n")?;
        writeln!(
            f,
            "Medians over the rounds. Throughput in thousands a second (quartiles); latencies in \
             microseconds; processor time of this process, and of the server where there is one, in \
             microseconds for each operation.\n"
        )?;
        let columns = [
            "under way",
            "thousand/s",
            "p50",
            "p99",
            "p99.9",
            "CPU",
            "server CPU",
        ];
        head(f, "operation", &columns.map(str::to_owned))?;
        for standing in self.0.iter() {
            let median = |figure: &dyn Fn(&Figures) -> f64, digits: usize| {
                let spread = Spread::of(standing.laps.iter().map(figure).collect());
                spread.map_or("–".to_owned(), |it| format!("{:.digits$}", it.median))
            };
            let thousands = |lap: &Figures| lap.per_second / 1e3;
            let rate = Spread::of(standing.laps.iter().map(thousands).collect());
            let latency = |at: usize| median(&|lap| lap.latency[at] as f64 / 1e3, 1);
            row(
                f,
                &format!("`{}`", standing.name),
                &[
                    standing.in_flight.to_string(),
                    cell(rate, 0),
                    latency(0),
                    latency(1),
                    latency(2),
                    median(&|lap| lap.client_nanos / 1e3, 2),
                    server(standing),
                ],
            )?;
        }
        writeln!(f)
    }
}

fn server(standing: &Standing) -> String {
    let figures: Option<Vec<f64>> = standing.laps.iter().map(|lap| lap.server_nanos).collect();
    let spread = figures.and_then(Spread::of);
    spread.map_or("–".to_owned(), |it| format!("{:.2}", it.median / 1e3))
}

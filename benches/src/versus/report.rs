//! The peers as tables.

use std::fmt;

use crate::report::{cell, head, row, sessions};
use crate::statistics::Spread;
use crate::versus::ratios::{Aim, MORE_TASKS, OTHERS, Others, Ratio, TASKS, limits};
use crate::versus::standings::{Figures, Race, Standing};
use crate::versus::{SIZE, Standings, WORKERS, ratios};

/// How all of them did with so many sessions, as tables.
pub(crate) struct Report<'a> {
    pub(crate) size: usize,
    pub(crate) standings: &'a Standings,
}

impl<'a> Report<'a> {
    /// Of those with as many sessions as the ratios with a name are taken with.
    pub(crate) fn of_watched(standings: &'a Standings) -> Self {
        let size = SIZE;
        Self { size, standings }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !ratios(self.standings, TASKS).is_empty() {
            self.ratios(f)?;
        }
        for others in &OTHERS {
            self.others(others, f)?;
        }
        self.standings(f)?;
        self.weights(f)
    }
}

impl Report<'_> {
    fn ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## Beside the peers: ratios with {}\n",
            sessions(self.size)
        )?;
        writeln!(
            f,
            "Uniform keys, {TASKS} tasks on {WORKERS} threads. Throughput of ours divided by theirs in the \
             same round (`-cpu`: processor time of the client by the same of theirs): median (quartiles). \
             The limit is what the least that the operation takes comes to beside the same peer: {}.\n",
            limits()
        )?;
        self.with_tasks(&ratios(self.standings, TASKS), f)?;
        let more = ratios(self.standings, MORE_TASKS);
        if more.is_empty() {
            return Ok(());
        }
        writeln!(f, "With {MORE_TASKS} tasks:\n")?;
        self.with_tasks(&more, f)
    }

    fn with_tasks(&self, ratios: &[Ratio], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aim_is_here = self.size == SIZE;
        let mut columns = vec!["measured", "limit"];
        if aim_is_here {
            columns.extend(["aim", ""]);
        }
        let columns: Vec<_> = columns.into_iter().map(str::to_owned).collect();
        head(f, "ratio", &columns)?;
        for ratio in ratios {
            let name = format!("`{}`", ratio.name);
            let mut cells = vec![cell(Some(ratio.spread), 2), cell(ratio.limit, 2)];
            if aim_is_here {
                cells.extend(verdict(ratio));
            }
            row(f, &name, &cells)?;
        }
        writeln!(f)
    }

    fn others(&self, others: &Others, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = others
            .operations
            .iter()
            .map(|operation| (operation, others.beside(self.standings, operation)))
            .filter(|(_, spreads)| spreads.iter().any(Option::is_some))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let peers: Vec<_> = others
            .peers
            .iter()
            .map(|peer| format!("`{peer}`"))
            .collect();
        head(f, "beside the same operation of", &peers)?;
        for (operation, spreads) in rows {
            let cells: Vec<_> = spreads.into_iter().map(|spread| cell(spread, 2)).collect();
            row(f, &format!("`{}.{operation}`", others.ours), &cells)?;
        }
        writeln!(f)
    }

    /// What a session takes on the server.
    fn weights(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((_, first)) = self.standings.scales().first() else {
            return Ok(());
        };
        writeln!(
            f,
            "Bytes of the Redis server for a session, by its `used_memory_dataset`: keys and values, without \
             the tables that find them.\n"
        )?;
        let names = first.weights().iter().map(|(name, _)| format!("`{name}`"));
        head(f, "", &names.collect::<Vec<_>>())?;
        for (title, scales) in self.standings.scales() {
            let of = |(name, _): &(&str, f64)| {
                let bytes = scales.weights().iter().find(|(other, _)| other == name);
                bytes.map_or("–".to_owned(), |(_, bytes)| format!("{bytes:.0}"))
            };
            let bytes: Vec<_> = first.weights().iter().map(of).collect();
            row(f, title, &bytes)?;
        }
        writeln!(f)
    }

    fn standings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = sessions(self.size);
        writeln!(f, "## Beside the peers: all figures with {sessions}\n")?;
        writeln!(
            f,
            "Medians over the rounds. Throughput in thousands a second (quartiles); latencies in \
             microseconds; processor time of this process, and of the server where there is one, in \
             microseconds for each operation. Those of one table took turns.\n"
        )?;
        self.standings.races().iter().try_for_each(|it| race(it, f))
    }
}

fn race(race: &Race, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Race { title, tasks, .. } = race;
    writeln!(f, "### {title}, {tasks} tasks\n")?;
    let columns = ["thousand/s", "p50", "p99", "p99.9", "CPU", "server CPU"];
    head(f, "operation", &columns.map(str::to_owned))?;
    for standing in &race.standings {
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
                cell(rate, digits_of(rate)),
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

/// Enough for three figures.
fn digits_of(spread: Option<Spread>) -> usize {
    match spread {
        Some(Spread { median, .. }) if median < 10.0 => 2,
        Some(Spread { median, .. }) if median < 100.0 => 1,
        _ => 0,
    }
}

/// The aim, and whether it is reached.
fn verdict(ratio: &Ratio) -> [String; 2] {
    let median = ratio.spread.median;
    let (aim, is_reached) = match ratio.aim {
        Aim::AtLeast(aim) => (format!("≥ {aim}"), median >= aim),
        Aim::AtMost(aim) => (format!("≤ {aim}"), median <= aim),
    };
    let verdict = if is_reached { "reached" } else { "not reached" };
    [aim, verdict.to_owned()]
}

fn server(standing: &Standing) -> String {
    let figures: Option<Vec<f64>> = standing.laps.iter().map(|lap| lap.server_nanos).collect();
    let spread = figures.and_then(Spread::of);
    spread.map_or("–".to_owned(), |it| format!("{:.2}", it.median / 1e3))
}

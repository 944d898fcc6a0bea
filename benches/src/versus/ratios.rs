//! The figures that are watched: one contender divided by another.

use crate::statistics::Spread;
use crate::versus::standings::{Figures, Standing, Standings};

/// Ours, a slash, theirs: throughput by throughput, or, where both end in `-cpu`, processor time of the
/// client by processor time of the client. And what we aim at.
const NAMED: [(&str, Aim); 14] = [
    ("moka.load/sharded-map.get", Aim::AtLeast(0.4)),
    ("moka.load/raw-moka.get", Aim::AtLeast(5.5)),
    ("moka.load/async-session.load", Aim::AtLeast(4.5)),
    ("moka.load/tower-sessions-moka.load", Aim::AtLeast(12.0)),
    ("moka.update/tower-sessions-moka.save", Aim::AtLeast(12.0)),
    ("moka.sign-in/tower-sessions-moka.create", Aim::AtLeast(4.0)),
    (
        "sessions.load-typed/async-session.load-typed",
        Aim::AtLeast(2.2),
    ),
    (
        "sessions.load-typed/tower-sessions-moka.load-typed",
        Aim::AtLeast(3.0),
    ),
    ("sled.load/raw-sled.get", Aim::AtLeast(0.85)),
    ("sled.delete/flush-each", Aim::AtLeast(4.0)),
    ("redis.load/raw-redis.get", Aim::AtLeast(0.95)),
    ("redis.load-cpu/raw-redis.get-cpu", Aim::AtMost(1.15)),
    ("redis.load/tower-sessions-redis.load", Aim::AtLeast(1.3)),
    ("redis.update/tower-sessions-redis.save", Aim::AtLeast(1.1)),
];

/// The least that each of some operations takes, whoever does it.
const LIMITS: [(&str, &str); 3] = [
    ("moka.load", "sharded-map.get"),
    ("sled.delete", "plain-file.append"),
    ("redis.update", "raw-redis.compare-and-set-of-member"),
];

/// How many tasks there are in every race.
pub(crate) const TASKS: usize = 64;

/// How many there are on Redis too, in the full run.
pub(crate) const MORE_TASKS: usize = 256;

/// What is good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

/// One of the watched figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) name: &'static str,
    pub(crate) aim: Aim,
    pub(crate) spread: Spread,
    /// What the least that the operation takes comes to beside the same peer, where both have run.
    pub(crate) limit: Option<Spread>,
}

/// All of them, as far as their contenders have run with so many tasks.
pub(crate) fn ratios(standings: &Standings, tasks: usize) -> Vec<Ratio> {
    NAMED
        .iter()
        .filter_map(|(name, aim)| {
            let spread = spread(standings, name, tasks)?;
            Some(Ratio {
                name,
                aim: *aim,
                spread,
                limit: limit(standings, name, tasks),
            })
        })
        .collect()
}

/// Those, as a list.
pub(crate) fn limits() -> String {
    let told = LIMITS.map(|(operation, limit)| format!("`{limit}` for `{operation}`"));
    told.join(", ")
}

/// Ours beside all peers on one engine; most of these ratios have no aim.
pub(crate) struct Others {
    pub(crate) ours: &'static str,
    pub(crate) operations: &'static [&'static str],
    pub(crate) peers: &'static [&'static str],
}

const IN_MEMORY: &[&str] = &[
    "async-session",
    "tower-sessions-moka",
    "tower-sessions-memory",
    "pavex-memory",
];

pub(crate) const OTHERS: [Others; 3] = [
    Others {
        ours: "moka",
        operations: &["load", "load-zipf"],
        peers: IN_MEMORY,
    },
    Others {
        ours: "sessions",
        operations: &[
            "load-typed",
            "load-map",
            "update-typed",
            "update-map",
            "sign-in-again",
            "mixed",
            "mixed-zipf",
        ],
        peers: IN_MEMORY,
    },
    Others {
        ours: "redis",
        operations: &[
            "load",
            "load-zipf",
            "load-typed",
            "load-map",
            "update-typed",
            "update-map",
            "sign-in-again",
            "mixed",
            "mixed-zipf",
        ],
        peers: &["tower-sessions-redis", "actix-session-redis"],
    },
];

impl Others {
    /// Of one operation, beside each peer; none where it did not take turns with ours.
    pub(crate) fn beside(&self, standings: &Standings, operation: &str) -> Vec<Option<Spread>> {
        let ours = self.ours;
        let name = |peer: &&str| format!("{ours}.{operation}/{peer}.{operation}");
        let peers = self.peers.iter().map(name);
        let spread = |name: String| spread(standings, &name, TASKS);
        peers.map(spread).collect()
    }
}

fn limit(standings: &Standings, name: &str, tasks: usize) -> Option<Spread> {
    let (ours, theirs) = name.split_once('/')?;
    let (_, limit) = LIMITS.iter().find(|(operation, _)| *operation == ours)?;
    let is_other = theirs != *limit;
    is_other.then(|| spread(standings, &format!("{limit}/{theirs}"), tasks))?
}

fn spread(standings: &Standings, name: &str, tasks: usize) -> Option<Spread> {
    let (ours, theirs) = name.split_once('/')?;
    let is_cpu = ours.ends_with("-cpu") && theirs.ends_with("-cpu");
    let operation = |name: &str| match is_cpu {
        true => name.trim_end_matches("-cpu").to_owned(),
        false => name.to_owned(),
    };
    let (ours, theirs) = standings.pair(&operation(ours), &operation(theirs), tasks)?;
    let figure = |lap: &Figures| match is_cpu {
        true => lap.client_nanos,
        false => lap.per_second,
    };
    let figures = |standing: &Standing| standing.laps.iter().map(figure).collect::<Vec<_>>();
    Spread::of_ratios(&figures(ours), &figures(theirs))
}

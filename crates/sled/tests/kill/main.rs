//! A process that writes is killed at random instants; what it had acknowledged is there afterwards.
//!
//! The child is this very test program. It tells what it is about to do and what was done, line by
//! line, over a pipe. `CLOAKROOM_KILLS` says how often to kill: 20 times unless it is set.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it has done"
)]

#[path = "../support/mod.rs"]
mod support;

mod check;
mod child;
mod known;
mod line;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cloakroom_sled::Durability;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use known::Known;
use line::Line;
use support::Scratch;

const DIR: &str = "CLOAKROOM_KILL_DIR";
const SEED: &str = "CLOAKROOM_KILL_SEED";
const LAZY: &str = "CLOAKROOM_KILL_LAZY";
const KILLS: &str = "CLOAKROOM_KILLS";

fn durability(lazy: bool) -> Durability {
    if lazy {
        Durability::Interval(Duration::from_millis(20))
    } else {
        Durability::Immediate
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let kills = std::env::var(KILLS).map_or(20, |kills| kills.parse().unwrap());
    let first: u64 = std::env::var(SEED).map_or(1, |seed| seed.parse().unwrap());
    let dir = Scratch::new();
    let mut known = Known::default();
    let mut acknowledged = 0;
    for seed in first..first + kills {
        // A store's life has both, since a store can be opened with either.
        let lazy = seed % 3 == 0;
        acknowledged += one_life(&dir, seed, lazy, &mut known);
        check::reopened(&dir.store(), seed, lazy, &mut known);
    }
    check::everything_goes(&dir.store());
    println!("{kills} kills, {acknowledged} acknowledged operations, every one accounted for");
}

/// Runs the child until it has acknowledged a random number of operations, and kills it.
fn one_life(dir: &Scratch, seed: u64, lazy: bool, known: &mut Known) -> usize {
    let mut random = SmallRng::seed_from_u64(seed);
    let patience = random.random_range(1..600);
    let mut child = Killed(
        Command::new(std::env::current_exe().unwrap())
            .args([
                "child_of_the_kill_test",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(DIR, dir.store())
            .env(SEED, seed.to_string())
            .env(LAZY, if lazy { "1" } else { "0" })
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut acknowledged = 0;
    while acknowledged < patience {
        let line = lines
            .next()
            .expect("the child lives until it is killed")
            .unwrap();
        acknowledged += hear(&line, known);
    }
    drop(child);
    // What it had told before it died.
    for line in lines.map_while(Result::ok) {
        acknowledged += hear(&line, known);
    }
    acknowledged
}

/// Says whether the line acknowledges something. The harness of the tests prints lines too, and the
/// last may be cut off.
fn hear(line: &str, known: &mut Known) -> usize {
    match Line::parse(line) {
        None => 0,
        Some(Line::Begins { task, op }) => {
            known.begins(task, op);
            0
        }
        Some(Line::Done { task, ended }) => {
            known.done(task, &ended);
            1
        }
    }
}

/// A child that is killed when this is dropped.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL, to this process alone.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Not a test of its own: what the test above starts.
#[test]
fn child_of_the_kill_test() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let seed = std::env::var(SEED).unwrap().parse().unwrap();
    let lazy = std::env::var(LAZY).unwrap() == "1";
    child::work(dir.as_ref(), seed, durability(lazy));
}

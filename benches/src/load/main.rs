//! Requests per second over HTTP: a handler that reads its session, beside the same handler without
//! one, beside tower-sessions, and beside Express and Koa in Node. `cargo xtask load` runs it.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program talks to its terminal"
)]

mod client;
mod contestants;
mod peers;
#[path = "../versus/redis_server.rs"]
mod redis_server;
mod report;
mod server;
#[path = "../statistics.rs"]
mod statistics;
#[path = "../versions.rs"]
mod versions;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::client::Client;
use crate::contestants::Who;
use crate::report::Report;
use crate::server::Server;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const HELP: &str = "\
Requests per second over HTTP, with a session and without. Needs redis-server, node and npm.

  cargo xtask load [--quick] [--write]

  --quick   fewer rounds
  --write   put the report into benches/LOAD.md
";

/// Sessions in each store. Each request comes with one of them, at random.
const SESSIONS: usize = 2_000;
/// Connections that are kept open, each with one request under way.
const CONNECTIONS: usize = 32;
/// Requests in a batch, over each connection: few, so that what slows one batch down slows the next one
/// too, and ratios are of the same weather.
const BATCH: usize = 20;

fn main() -> ExitCode {
    let (mut rounds, mut write) = (300, false);
    for word in env::args().skip(1) {
        match word.as_str() {
            "--quick" => rounds = 50,
            "--write" => write = true,
            "--help" => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("load: there is no `{other}`\n\n{HELP}");
                return ExitCode::from(2);
            }
        }
    }
    match run(rounds, write) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("load: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The clients share one thread, and our servers another.
#[tokio::main(flavor = "current_thread")]
async fn run(rounds: usize, write: bool) -> Result<(), Failure> {
    let server = Server::start().await?;
    let mut clients = Vec::new();
    for who in Who::ALL {
        clients.push(Client::connect(who, server.address(who)?).await?);
    }
    let mut report = Report::new(rounds);
    let mut random = StdRng::seed_from_u64(1);
    // The first round warms up.
    for round in 0..=rounds {
        let mut order: Vec<_> = clients.iter_mut().collect();
        order.shuffle(&mut random);
        for client in order {
            let computed = server.computed(client.who()).await?;
            let start = Instant::now();
            client.batch(random.random()).await?;
            let took = start.elapsed();
            let after = server.computed(client.who()).await?;
            if round > 0 {
                report.add(client.who(), took, after.saturating_sub(computed));
            }
        }
    }
    let text = report.to_string();
    println!("{text}");
    if write {
        report::write(&text)?;
    }
    Ok(())
}

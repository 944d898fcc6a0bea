//! What the store takes beside bare commands of the `redis` crate, and what a session takes in the memory of
//! the server beside other libraries, and how long it takes to sign out a user with many, in one run:
//! `cargo run --release -p cloakroom-redis --example figures [ROUNDS]`. It starts a server of its own.

#![allow(clippy::print_stdout, reason = "it prints a table")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be measured is none"
)]

mod measure;
mod memory;
mod revoking;
mod server;
mod stage;
mod work;

use std::sync::Arc;

use measure::Table;
use server::OwnServer;
use stage::Stage;
use work::Work;

const ROUNDS: usize = 15;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let rounds = std::env::args().nth(1);
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let server = OwnServer::start();
    memory::print(&server).await;
    let stage = Arc::new(Stage::prepare(&server).await);
    println!("\n{rounds} rounds; each ratio is the median of the rounds, with its tenths.\n");
    Table::print_head();
    for in_flight in [1, 64, 256] {
        let mut table = Table::default();
        // One of each in every round, so that what else the machine does hits all alike. The first warms up.
        for round in 0..=rounds {
            for work in Work::ALL {
                let measured = work.round(&stage, in_flight).await;
                if round > 0 {
                    table.add(work, measured);
                }
            }
        }
        table.print(in_flight);
    }
    revoking::print(&stage).await;
}

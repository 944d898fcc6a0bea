//! A primary is killed while there is work. `CLOAKROOM_FAILOVERS` says how often; twice by default.

mod support;

use std::time::{Duration, Instant};

use cloakroom_redis::{RedisStore, Server};
use support::cluster::Cluster;
use support::process::wait_until;
use support::sentinel::Group;
use support::workload::{Workload, account};

const TASKS: usize = 6;

/// How many steps each of them makes before a primary is killed, and after another has taken over.
const STEPS: usize = 20;

fn rounds() -> usize {
    let rounds = std::env::var("CLOAKROOM_FAILOVERS").ok();
    rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(2)
}

async fn connect(server: Server) -> RedisStore {
    RedisStore::builder(server)
        .wait_for_replicas(1, Duration::from_millis(300))
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .expect("the servers are there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_make_another_server_the_primary() {
    let group = Group::start();
    let store = connect(group.server()).await;
    for round in 0..rounds() {
        let mut workload = Workload::start(&store, TASKS, round);
        workload.goes_on(STEPS).await;
        let primary = group.primary().expect("a primary");
        let killed = Instant::now();
        primary.kill();
        wait_until("there is another primary", || {
            group.primary().is_some_and(|now| now.port != primary.port)
        });
        workload.goes_on(STEPS).await;
        let told = workload.stop().await;
        let report = account(&store, &told, killed).await;
        println!("Sentinel, round {round}: {report:?}");
        assert!(
            report.recovery > Duration::ZERO,
            "nothing went on after the failover"
        );
        primary.restart();
        wait_until("all replicas are there again", || {
            let port = group.primary().map_or(0, |primary| primary.port);
            let info = support::cluster::cli(port, &["INFO", "replication"]);
            info.matches("state=online").count() == 2
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_takes_over_a_shard() {
    let cluster = Cluster::start();
    let store = connect(Server::cluster(cluster.urls())).await;
    for round in 0..rounds() {
        let mut workload = Workload::start(&store, TASKS, round);
        workload.goes_on(STEPS).await;
        let primaries = cluster.primaries();
        let primary = primaries[round % primaries.len()];
        let killed = Instant::now();
        primary.kill();
        wait_until("a replica has taken over", || {
            cluster.primaries().len() == 3
        });
        workload.goes_on(STEPS).await;
        let told = workload.stop().await;
        let report = account(&store, &told, killed).await;
        println!("Cluster, round {round}: {report:?}");
        assert!(
            report.recovery > Duration::ZERO,
            "nothing went on after the failover"
        );
        primary.restart();
        wait_until("all replicas are there again", || {
            let is_linked = |primary: &&support::process::Process| {
                let info = support::cluster::cli(primary.port, &["INFO", "replication"]);
                info.contains("state=online")
            };
            let primaries = cluster.primaries();
            primaries.len() == 3 && primaries.iter().all(is_linked)
        });
    }
}

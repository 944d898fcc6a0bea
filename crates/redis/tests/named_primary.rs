//! What Sentinels say of the primary, and whether it is believed.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::net::TcpListener;
use std::time::Duration;

use cloakroom_core::{Clock, ErrorKind, SessionStore, SystemClock};
use cloakroom_redis::{RedisStore, Server};
use support::process::{Process, free_port};
use support::requests::{create, visit};
use support::sentinel::NAME;

/// A Sentinel that is told of this server as the primary, and does nothing about it during a test.
fn sentinel_of(server: &Process) -> Process {
    let port = server.port;
    Process::start_as(true, &[], |dir, _| {
        let configuration = format!(
            "sentinel monitor {NAME} 127.0.0.1 {port} 1\n\
             sentinel down-after-milliseconds {NAME} 600000\n"
        );
        std::fs::write(dir.join("sentinel.conf"), configuration).unwrap();
    })
}

/// One that takes writes, so that nothing but its own word tells it from a primary.
#[tokio::test]
async fn a_replica_that_is_named_is_not_written_to() {
    let nowhere = free_port().to_string();
    let replica = Process::start(&[
        "--save",
        "",
        "--replica-read-only",
        "no",
        "--replicaof",
        "127.0.0.1",
        &nowhere,
    ]);
    let sentinel = sentinel_of(&replica);
    let builder = RedisStore::builder(Server::sentinel([sentinel.url()], NAME));
    let error = builder.timeout(Duration::from_millis(500)).connect().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_sentinel_that_stays_silent_leaves_time_for_the_next() {
    let primary = Process::start(&["--save", ""]);
    // Connections to it are made, and nobody takes them.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let silent = format!("redis://{}", silent.local_addr().unwrap());
    let sentinel = sentinel_of(&primary);
    let store = RedisStore::builder(Server::sentinel([silent, sentinel.url()], NAME))
        .timeout(Duration::from_secs(20))
        .connect_timeout(Duration::from_secs(3))
        .connect()
        .await
        .unwrap();
    let now = SystemClock.now();
    let _ = store.create(&create(&visit(now)), now).await.unwrap();
}

//! A cluster that is spoken to through TLS.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{Clock, ErrorKind, SessionStore, SystemClock};
use cloakroom_redis::{RedisStore, Server};
use support::cluster::cli;
use support::process::{Process, Scratch, free_port, wait_until};
use support::requests::{create, signed_in, subject};

/// Every node has to show a certificate, those too that only the cluster has named.
#[tokio::test]
async fn the_nodes_of_a_cluster_are_trusted_by_their_certificates() {
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let directory = Scratch::new();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let certificate = file("cert.pem", &own.cert.pem());
    let key = file("key.pem", &own.signing_key.serialize_pem());
    let port = free_port().to_string();
    let node = Process::start(&[
        "--save",
        "",
        "--tls-port",
        &port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &certificate,
        "--tls-auth-clients",
        "no",
        "--tls-cluster",
        "yes",
        "--cluster-enabled",
        "yes",
    ]);
    let slots: Vec<_> = (0..16_384).map(|slot| slot.to_string()).collect();
    let slots = slots.iter().map(String::as_str);
    let all: Vec<_> = ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots).collect();
    assert_eq!(cli(node.port, &all).trim(), "OK");
    wait_until("the cluster is ready", || {
        cli(node.port, &["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });

    let builder = || {
        RedisStore::builder(Server::cluster([format!("rediss://127.0.0.1:{port}")]))
            .timeout(Duration::from_secs(5))
            .connect_timeout(Duration::from_secs(5))
    };
    let store = builder().trust(own.cert.pem()).connect().await.unwrap();
    let now = SystemClock.now();
    let record = signed_in(&store, &subject("ada"), now);
    let _ = store.create(&create(&record), now).await.unwrap();
    let loaded = store.load(record.id(), now).await.unwrap();
    assert!(matches!(loaded, LoadOutcome::Found(_)));
    assert_eq!(store.count(now).await.unwrap(), 1);

    // By the authorities of the system it is a stranger.
    let stranger = builder().timeout(Duration::from_millis(500)).connect();
    let error = stranger.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

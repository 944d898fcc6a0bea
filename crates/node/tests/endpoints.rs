//! A cluster of one node that does not say where it is, and deadlines beyond all clocks.

mod support;

use std::time::Duration;

use cloakroom_core::ErrorKind;
use cloakroom_node::{NodeStore, Servers, Sid};
use support::process::Process;
use support::shard::{cli, wait_until_ok};
use support::users::{layout, lives, sign_in};

/// A cluster of one node, which has met nobody who could tell it its address.
fn alone() -> Process {
    let node = Process::start(&["--save", "", "--cluster-enabled", "yes"]);
    cli(node.port, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    wait_until_ok(&node, 1);
    node
}

/// Where a node does not know its address, or is told to keep it to itself, it is where it was asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_say_where_it_is_can_be_walked() {
    let node = alone();
    for endpoint in ["ip", "unknown-endpoint"] {
        let setting = "cluster-preferred-endpoint-type";
        cli(node.port, &["CONFIG", "SET", setting, endpoint]);
        let slots = cli(node.port, &["CLUSTER", "SLOTS"]);
        assert!(!slots.contains("127.0.0.1"), "{endpoint}: {slots}");
        let builder = NodeStore::builder(layout(), Servers::cluster([node.url()]));
        let builder = builder.timeout(Duration::from_secs(20));
        let store = builder.connect().await.unwrap();
        let session = sign_in(&store, "ada").await;
        let mut walk = store.walk().await.unwrap();
        let mut found = 0;
        while let Some(page) = walk.next_page().await.unwrap() {
            let is_it = |sid: &Sid| sid.expose() == session.sid().expose();
            let sids = page.iter().filter_map(|entry| entry.sid("sid:"));
            found += sids.filter(is_it).count();
        }
        assert_eq!(found, 1, "{endpoint}");
    }
}

/// A node that prefers the name of its host and has none says `?`: it does not know where it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_the_name_that_it_prefers_is_unavailable() {
    let node = alone();
    let setting = "cluster-preferred-endpoint-type";
    cli(node.port, &["CONFIG", "SET", setting, "hostname"]);
    let builder = NodeStore::builder(layout(), Servers::cluster([node.url()]));
    let store = builder.timeout(Duration::from_secs(1)).connect().await;
    let used = match store {
        Ok(store) => store.create(store.blank()).await.map(drop),
        Err(error) => Err(error),
    };
    assert_eq!(used.unwrap_err().kind(), ErrorKind::Unavailable);
    // With the name, which may be an address, it is found.
    let name = ["CONFIG", "SET", "cluster-announce-hostname", "localhost"];
    cli(node.port, &name);
    let builder = NodeStore::builder(layout(), Servers::cluster([node.url()]));
    let store = builder.timeout(Duration::from_secs(20)).connect().await;
    let store = store.unwrap();
    let session = sign_in(&store, "ada").await;
    assert!(lives(&store, &session).await);
}

/// Whoever wants no deadline gives the longest there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_can_be_as_long_as_one_likes() {
    let cluster = alone();
    let one = Process::start(&["--save", ""]);
    for servers in [
        Servers::cluster([cluster.url()]),
        Servers::standalone(one.url()),
    ] {
        let builder = NodeStore::builder(layout(), servers);
        let store = builder.timeout(Duration::MAX).connect().await.unwrap();
        let session = sign_in(&store, "ada").await;
        assert!(lives(&store, &session).await);
    }
}

/// The documentation names what a user of a cluster has to be allowed. Without `CLUSTER SLOTS` nobody connects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rights_that_are_documented_are_enough_on_a_cluster() {
    let documentation = include_str!("../docs/crate.md");
    let rights: Vec<&str> = documentation
        .split(|c: char| c.is_whitespace() || "`,.".contains(c))
        .filter(|word| word.starts_with('+') && word.len() > 3)
        .collect();
    for right in ["+cluster|slots", "+ping", "+asking"] {
        assert!(rights.contains(&right), "{rights:?}");
    }
    let node = alone();
    let user = ["ACL", "SETUSER", "app", "reset", "on", ">secret", "~*"];
    // `+cluster` is for servers before Redis 7.
    let fine: Vec<_> = rights
        .into_iter()
        .filter(|right| *right != "+cluster")
        .collect();
    let said = cli(node.port, &[&user[..], &fine].concat());
    assert_eq!(said.trim(), "OK");
    let url = node.url().replace("redis://", "redis://app:secret@");
    let connect = || {
        let builder = NodeStore::builder(layout(), Servers::cluster([&*url]));
        builder.timeout(Duration::from_secs(20)).connect()
    };
    let store = connect().await.unwrap();
    let session = sign_in(&store, "ada").await;
    assert!(lives(&store, &session).await);
    let mut walk = store.walk().await.unwrap();
    assert!(walk.next_page().await.unwrap().is_some());
    let asking = || cli(node.port, &["ACL", "DRYRUN", "app", "ASKING"]);
    assert_eq!(asking().trim(), "OK");
    let fewer = ["ACL", "SETUSER", "app", "-cluster|slots", "-asking"];
    cli(node.port, &fewer);
    assert!(asking().contains("no permissions"), "{}", asking());
    assert!(connect().await.is_err());
}

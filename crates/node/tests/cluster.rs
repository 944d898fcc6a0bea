//! Sessions and token sets on a cluster: endings that stop half-way, and slots that move.

mod support;

use std::time::Duration;

use cloakroom_core::ManualClock;
use cloakroom_node::{Destroyed, Ended, NodeStore, Quarantined, Released, Saved, Servers};
use support::held::steps;
use support::shard::{Cluster, cli};
use support::users::{everything, layout, lives, of, sign_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster() {
    let cluster = Cluster::start();
    let clock = ManualClock::new();
    let builder = NodeStore::builder(layout(), Servers::cluster(cluster.urls()));
    let builder = builder
        .clock(clock.clone())
        .timeout(Duration::from_secs(20));
    let store = builder.connect().await.unwrap();
    everything(&store, &clock).await;

    // The sessions lie on several servers, and a walk finds them all.
    let mut there = Vec::new();
    for _ in 0..30 {
        there.push(sign_in(&store, "walker").await.sid().expose().to_owned());
    }
    let mut found = Vec::new();
    let mut walk = store.walk().await.unwrap();
    while let Some(page) = walk.next_page().await.unwrap() {
        found.extend(
            page.iter()
                .map(|entry| entry.sid("sid:").unwrap().expose().to_owned()),
        );
    }
    found.retain(|sid| there.contains(sid));
    found.sort();
    there.sort();
    assert_eq!(found, there);

    // After a crash half-way a second call does the rest: the sessions of what is left are alive, and known.
    let mut killed = 0;
    for sid in there.iter().take(10) {
        cluster.ask(&["DEL", &format!("sid:{sid}")]);
        killed += 1;
        if killed % 2 == 0 {
            cluster.ask(&["SREM", "tokens:walker", sid]);
        }
    }
    let ended = of(&store, "walker").end_all().await.unwrap();
    assert_eq!(
        ended,
        Ended {
            sessions: 20,
            tokens: 25
        }
    );
    assert_eq!(of(&store, "walker").list().await.unwrap(), []);

    // What is put aside stays on its server.
    for _ in 0..8 {
        let session = sign_in(&store, "aside").await;
        let day = Duration::from_hours(24);
        let aside = store.quarantine(session.sid(), day).await.unwrap();
        assert_eq!(aside, Quarantined::Quarantined);
        assert!(!lives(&store, &session).await);
        let back = store.release(session.sid(), day).await.unwrap();
        assert_eq!(back, Released::Released);
        assert!(lives(&store, &session).await);
    }
}

/// An ending that stops half-way, as in a crash, leaves no session that the set does not know; and a second one does the
/// rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ending_that_stops_half_way_can_be_gone_on_with() {
    let cluster = Cluster::start();
    let builder = NodeStore::builder(layout(), Servers::cluster(cluster.urls()));
    let store = builder
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap();
    let mut half = 0;
    for polls in 1..40 {
        let mut sessions = Vec::new();
        for _ in 0..8 {
            sessions.push(sign_in(&store, "ada").await);
        }
        // Dropped after so many steps.
        let ada = of(&store, "ada");
        let mut ending = Box::pin(ada.end_all());
        let _ = steps(&mut ending, polls).await;
        drop(ending);
        let known = ada.list().await.unwrap();
        half += usize::from(!known.is_empty() && known.len() < sessions.len());
        for session in &sessions {
            assert!(
                known.contains(session.sid()) || !lives(&store, session).await,
                "nobody could end this one"
            );
        }
        let _ = ada.end_all().await.unwrap();
        assert_eq!(ada.list().await.unwrap(), []);
        for session in &sessions {
            assert!(!lives(&store, session).await);
        }
    }
    assert!(
        half > 3,
        "only {half} were stopped in the middle: that shows little"
    );
}

/// While a slot moves, and after it has, the session is where it was asked for: read, written and ended once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_slot_moves() {
    let cluster = Cluster::start();
    let builder = NodeStore::builder(layout(), Servers::cluster(cluster.urls()));
    let store = builder
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap();
    let mut session = sign_in(&store, "ada").await;
    let key = format!("sid:{}", session.sid().expose());
    let slot = cluster.ask(&["CLUSTER", "KEYSLOT", &key]);
    let (mut from, mut to) = (None, None);
    for node in &cluster.nodes {
        let has_it = cli(node.port, &["CLUSTER", "COUNTKEYSINSLOT", &slot]).trim() == "1";
        *(if has_it { &mut from } else { &mut to }) = Some(node);
    }
    let (from, to) = (from.expect("one has it"), to.expect("others have not"));
    let id = |port| cli(port, &["CLUSTER", "MYID"]).trim().to_owned();
    let (from_id, to_id) = (id(from.port), id(to.port));
    cli(
        to.port,
        &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id],
    );
    cli(
        from.port,
        &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id],
    );
    let port = to.port.to_string();
    let moved = cli(
        from.port,
        &["MIGRATE", "127.0.0.1", &port, &key, "0", "5000"],
    );
    assert_eq!(moved.trim(), "OK");

    assert!(lives(&store, &session).await);
    session.data_mut().set("count", &1).unwrap();
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    let there = store
        .load(session.sid())
        .await
        .unwrap()
        .found()
        .expect("it is there");
    assert_eq!(there.data().get::<u8>("count"), Ok(Some(1)));

    for node in [to, from] {
        cli(node.port, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
    }
    session.data_mut().set("count", &2).unwrap();
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    assert_eq!(
        store.destroy(session.sid()).await.unwrap(),
        Destroyed::Destroyed
    );
    assert!(!lives(&store, &session).await);
}

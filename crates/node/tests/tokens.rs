//! The token set of a user, on one server and on a cluster.

mod support;

use std::time::Duration;

use cloakroom_core::{ManualClock, Subject};
use cloakroom_node::{
    Added, Destroyed, Ended, Layout, NodeSession, NodeStore, Removed, Saved, Servers, Sid,
    TokenSet, TokenSets,
};
use support::shard::{Cluster, cli};
use support::{Place, ask};

fn layout() -> Layout {
    Layout::koa_generic().key_prefix("sid:")
}

fn of(store: &NodeStore, user: &str) -> TokenSet {
    TokenSets::new(store.clone(), "tokens:").of(&Subject::new(user).unwrap())
}

async fn sign_in(store: &NodeStore, user: &str) -> NodeSession {
    let mut data = store.blank();
    data.set("user", user).unwrap();
    of(store, user).sign_in(data).await.unwrap()
}

async fn lives(store: &NodeStore, session: &NodeSession) -> bool {
    store.load(session.sid()).await.unwrap().found().is_some()
}

async fn adding_and_removing(store: &NodeStore) {
    let ada = of(store, "ada");
    let sid = Sid::parse("a-token").unwrap();
    assert_eq!(ada.add(&sid).await.unwrap(), Added::Added);
    assert_eq!(ada.add(&sid).await.unwrap(), Added::Already);
    assert!(ada.contains(&sid).await.unwrap());
    assert!(!of(store, "bob").contains(&sid).await.unwrap());
    assert_eq!(ada.list().await.unwrap(), std::slice::from_ref(&sid));
    assert_eq!(ada.remove(&sid).await.unwrap(), Removed::Removed);
    assert_eq!(ada.remove(&sid).await.unwrap(), Removed::Missing);
    assert_eq!(ada.list().await.unwrap(), []);
}

async fn a_password_change_ends_all_of_one_user(store: &NodeStore) {
    let mut adas = Vec::new();
    for _ in 0..20 {
        adas.push(sign_in(store, "ada").await);
    }
    let bob = sign_in(store, "bob").await;
    let gone = Sid::parse("gone-by-itself").unwrap();
    let _ = of(store, "ada").add(&gone).await.unwrap();
    let ended = of(store, "ada").end_all().await.unwrap();
    assert_eq!(
        ended,
        Ended {
            sessions: 20,
            tokens: 21
        }
    );
    for session in &adas {
        assert!(!lives(store, session).await);
    }
    assert!(lives(store, &bob).await);
    assert_eq!(of(store, "ada").list().await.unwrap(), []);
    assert_eq!(of(store, "ada").end_all().await.unwrap(), Ended::default());
}

async fn all_but_one(store: &NodeStore) {
    let (keep, other) = (sign_in(store, "eve").await, sign_in(store, "eve").await);
    let ended = of(store, "eve").end_others(keep.sid()).await.unwrap();
    assert_eq!(
        ended,
        Ended {
            sessions: 1,
            tokens: 1
        }
    );
    assert!(lives(store, &keep).await && !lives(store, &other).await);
    assert_eq!(
        of(store, "eve").list().await.unwrap(),
        std::slice::from_ref(keep.sid())
    );
    assert_eq!(
        of(store, "eve").sign_out(keep.sid()).await.unwrap(),
        Destroyed::Destroyed
    );
    assert_eq!(
        of(store, "eve").sign_out(keep.sid()).await.unwrap(),
        Destroyed::Missing
    );
    assert!(!lives(store, &keep).await);
}

async fn tokens_without_a_session_are_forgotten_in_time(store: &NodeStore, clock: &ManualClock) {
    let set = of(store, "kim");
    let lives = sign_in(store, "kim").await;
    let (gone, late) = (Sid::parse("gone").unwrap(), Sid::parse("late").unwrap());
    let _ = set.add(&gone).await.unwrap();
    let first = set.prune(None).await.unwrap();
    assert_eq!(
        (first.forgotten, first.missing.len()),
        (0, 1),
        "a first look forgets nothing"
    );
    clock.advance(Duration::from_secs(59));
    let second = set.prune(Some(&first.missing)).await.unwrap();
    assert_eq!(
        (second.forgotten, second.missing.len()),
        (0, 1),
        "a sign-in may still be under way"
    );
    clock.advance(Duration::from_secs(1));
    // Somebody else signs in meanwhile: its token is there, its session not yet.
    let _ = set.add(&late).await.unwrap();
    let third = set.prune(Some(&second.missing)).await.unwrap();
    assert_eq!((third.forgotten, third.missing.len()), (1, 1));
    assert!(!set.contains(&gone).await.unwrap());
    assert!(set.contains(&late).await.unwrap() && set.contains(lives.sid()).await.unwrap());
    let fourth = set.prune(Some(&third.missing)).await.unwrap();
    assert_eq!(fourth.forgotten, 0);
}

async fn everything(store: &NodeStore, clock: &ManualClock) {
    adding_and_removing(store).await;
    a_password_change_ends_all_of_one_user(store).await;
    all_but_one(store).await;
    tokens_without_a_session_are_forgotten_in_time(store, clock).await;
    no_session_is_ever_alive_whose_token_is_forgotten(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_one_server() {
    let clock = ManualClock::new();
    let store = Place::new()
        .builder(layout())
        .clock(clock.clone())
        .connect()
        .await
        .unwrap();
    everything(&store, &clock).await;
}

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
}

/// A sign-in at the same time is either ended with the others, or stays whole.
async fn no_session_is_ever_alive_whose_token_is_forgotten(store: &NodeStore) {
    let signing_in = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut all = Vec::new();
            for _ in 0..300 {
                all.push(sign_in(&store, "racer").await);
            }
            all
        })
    };
    while !signing_in.is_finished() {
        let _ = of(store, "racer").end_all().await.unwrap();
        tokio::task::yield_now().await;
    }
    let sessions = signing_in.await.unwrap();
    let known = of(store, "racer").list().await.unwrap();
    for session in &sessions {
        if lives(store, session).await {
            assert!(known.contains(session.sid()), "nobody could end this one");
        }
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
        let mut count = 0;
        std::future::poll_fn(|context| {
            count += 1;
            let is_over = std::future::Future::poll(ending.as_mut(), context).is_ready();
            if is_over || count >= polls {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
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

/// One step on one server: nobody sees a part of it. Who signs in, and then still finds an older session of the same
/// user alive, comes before the step, and is ended by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ending_is_one_step_on_one_server() {
    let store = Place::new().store(layout()).await;
    let ada = of(&store, "ada");
    let mut before = 0;
    for round in 0..30 {
        let polls = 1 + round % 3;
        let old = sign_in(&store, "ada").await;
        let mut ending = Box::pin(ada.end_all());
        // It is held after so many steps, while somebody signs in.
        let mut count = 0;
        let is_over = std::future::poll_fn(|context| {
            count += 1;
            let is_over = std::future::Future::poll(ending.as_mut(), context).is_ready();
            match is_over || count >= polls {
                true => std::task::Poll::Ready(is_over),
                false => std::task::Poll::Pending,
            }
        })
        .await;
        let new = sign_in(&store, "ada").await;
        let old_lived = lives(&store, &old).await;
        if !is_over {
            let _ = ending.await.unwrap();
        }
        assert!(!lives(&store, &old).await);
        before += usize::from(old_lived);
        if old_lived {
            assert!(
                !lives(&store, &new).await,
                "it saw the old one alive, and outlived it"
            );
        }
        assert_eq!(
            ada.contains(new.sid()).await.unwrap(),
            lives(&store, &new).await
        );
        let _ = ada.end_all().await.unwrap();
    }
    assert!(
        before >= 5,
        "it was never held in the middle: that shows nothing"
    );
}

#[tokio::test]
async fn odd_members_harm_nobody() {
    let place = Place::new();
    let store = place.store(layout()).await;
    let mut redis = place.redis().await;
    for member in [&b""[..], b"*", b"\xff\xfe", b"a\nb"] {
        let _: i64 = ask(&mut redis, &[b"SADD", b"tokens:ada", member]).await;
    }
    let bob = sign_in(&store, "bob").await;
    assert_eq!(of(&store, "ada").list().await.unwrap(), []);
    let ended = of(&store, "ada").end_all().await.unwrap();
    assert_eq!(
        ended,
        Ended {
            sessions: 0,
            tokens: 4
        }
    );
    assert!(lives(&store, &bob).await);
    // A set whose prefix is that of the sessions is not taken for one of its own.
    let sets = TokenSets::new(store.clone(), "sid:");
    let own = sets.of(&Subject::new("own").unwrap());
    let _ = own.add(&Sid::parse("own").unwrap()).await.unwrap();
    assert_eq!(
        own.end_all().await.unwrap(),
        Ended {
            sessions: 0,
            tokens: 1
        }
    );
}

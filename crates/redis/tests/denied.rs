//! A user of the server that has all rights but those that a test takes away.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::{LoadOutcome, Page};
use cloakroom_core::{Clock, ErrorKind, SessionStore, SystemClock};
use cloakroom_redis::{Eviction, RedisStore, Server};
use redis::aio::MultiplexedConnection;
use redis::cmd;
use support::process::Process;
use support::requests::{create, signed_in, subject};
use support::tamper::connect;

/// Two stores on one server: one is the user's, one that of somebody who may do everything.
struct Stage {
    store: RedisStore,
    everybody: RedisStore,
    admin: MultiplexedConnection,
    _server: Process,
}

impl Stage {
    async fn new() -> Self {
        let server = Process::start(&["--save", ""]);
        let mut admin = connect(&server.url()).await;
        acl(&mut admin, &["on", ">secret", "~*", "+@all"]).await;
        let builder = || RedisStore::builder(Server::standalone(server.url()));
        let store = builder()
            .user("shop", "secret")
            // So that a load asks whether the set has the session.
            .eviction(Eviction::Possible);
        Self {
            store: store.connect().await.unwrap(),
            everybody: builder().connect().await.unwrap(),
            admin,
            _server: server,
        }
    }

    async fn lacks(&mut self, rights: &[&str]) {
        acl(&mut self.admin, &["+@all"]).await;
        acl(&mut self.admin, rights).await;
    }
}

async fn acl(admin: &mut MultiplexedConnection, rules: &[&str]) {
    let mut acl = cmd("ACL");
    acl.arg("SETUSER").arg("shop").arg(rules);
    let _: () = acl.query_async(admin).await.unwrap();
}

/// What the store may not ask is told, and never taken for an answer: nobody is signed out by it, no list
/// is shorter, and no sweep has nothing to do.
#[tokio::test]
async fn a_question_without_the_right_to_it_has_no_answer() {
    let mut stage = Stage::new().await;
    let (ada, now) = (subject("ada"), SystemClock.now());
    let record = signed_in(&stage.everybody, &ada, now);
    let _ = stage.everybody.create(&create(&record), now).await.unwrap();
    let page = Page {
        after: None,
        limit: 10,
    };
    let denied = |told: cloakroom_core::Result<()>, what: &str| {
        assert_eq!(told.unwrap_err().kind(), ErrorKind::Denied, "{what}");
    };

    stage.lacks(&["-zscore"]).await;
    let loaded = stage.store.load(record.id(), now).await;
    denied(loaded.map(drop), "load");
    stage.lacks(&["-zrangebyscore"]).await;
    let listed = stage.store.token_set(&ada, &page, now).await;
    denied(listed.map(drop), "token set");
    let purged = stage.store.purge_expired(10, now).await;
    denied(purged.map(drop), "purge");
    stage.lacks(&["-zmscore"]).await;
    let scanned = stage.store.scan(&page, now).await;
    denied(scanned.map(drop), "scan");
    denied(stage.store.count(now).await.map(drop), "count");

    stage.lacks(&[]).await;
    let loaded = stage.store.load(record.id(), now).await.unwrap();
    assert!(matches!(loaded, LoadOutcome::Found(_)), "it lives");
}

/// A right that is missed within a script is denied too.
#[tokio::test]
async fn a_right_that_a_script_lacks_is_denied() {
    let mut stage = Stage::new().await;
    stage.lacks(&["-zadd", "-setrange"]).await;
    let now = SystemClock.now();
    let record = signed_in(&stage.store, &subject("ada"), now);
    let _ = stage.everybody.create(&create(&record), now).await.unwrap();
    let later = now.plus(Duration::from_secs(60));
    let _ = stage.store.load(record.id(), now).await.unwrap();
    let touched = stage
        .store
        .touch(record.id(), record.subject(), later)
        .await;
    assert_eq!(touched.unwrap_err().kind(), ErrorKind::Denied);
    let next = signed_in(&stage.store, &subject("ada"), now);
    let created = stage.store.create(&create(&next), now).await;
    assert_eq!(created.unwrap_err().kind(), ErrorKind::Denied);
    let begun = stage.store.begin(&subject("eve"), later, now).await;
    assert_eq!(begun.unwrap_err().kind(), ErrorKind::Denied);

    // What is asked for about the set's time to live is asked before anything is written.
    for right in ["-pttl", "-time"] {
        stage.lacks(&[right]).await;
        let begun = stage.store.begin(&subject("eve"), later, now).await;
        assert_eq!(begun.unwrap_err().kind(), ErrorKind::Denied, "{right}");
        let first = signed_in(&stage.store, &subject("eve"), now);
        let created = stage.store.create(&create(&first), now).await;
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Denied, "{right}");
        let left: Vec<String> = cmd("KEYS")
            .arg("*:eve")
            .query_async(&mut stage.admin)
            .await
            .unwrap();
        assert!(left.is_empty(), "{right}: {left:?}");
        let loaded = stage.everybody.load(first.id(), now).await.unwrap();
        assert_eq!(loaded, LoadOutcome::Absent, "{right}");
    }
}

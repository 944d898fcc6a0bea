//! Listing while sessions get new ids, and sweeping among many keys of others.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::{Listed, Page, Renew, RenewOutcome};
use cloakroom_core::{Clock, Record, SessionId, SessionStore, SystemClock};
use cloakroom_redis::{Eviction, RedisStore, Server};
use redis::cmd;
use support::process::Process;
use support::proxy::Proxy;
use support::requests::{create, random_id, signed_in, subject};
use support::tamper::Around;

const ALL: Page = Page {
    after: None,
    limit: 100,
};

async fn connect(url: String) -> RedisStore {
    RedisStore::builder(Server::standalone(url))
        .eviction(Eviction::Never)
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap()
}

async fn sign_in(store: &RedisStore, name: &str) -> Record {
    let now = SystemClock.now();
    let record = signed_in(store, &subject(name), now);
    let _ = store.create(&create(&record), now).await.unwrap();
    record
}

/// Gives a session a new id.
async fn renew(store: &RedisStore, record: &Record) -> SessionId {
    let renew = Renew {
        old: record.id(),
        new: random_id(record.id().placement()),
        subject: record.subject().cloned(),
        grace: Duration::from_secs(60),
    };
    let renewed = store.renew(&renew, SystemClock.now()).await.unwrap();
    assert_eq!(renewed, RenewOutcome::Renewed);
    renew.new
}

fn ids(listed: &[Listed]) -> Vec<SessionId> {
    listed.iter().map(Listed::id).collect()
}

/// Between any two requests of either way to list.
#[tokio::test]
async fn a_session_that_is_renewed_meanwhile_is_listed_under_its_new_id() {
    let server = Process::start(&["--save", ""]);
    let proxy = Proxy::before(server.port).await;
    let (listing, other) = (connect(proxy.url()).await, connect(server.url()).await);
    let (ada, now) = (subject("ada"), SystemClock.now());
    let mut record = sign_in(&other, "ada").await;
    for of_set in [true, false] {
        // The members and the records; or the keys, the records, and whether these are members.
        for passed in if of_set { 1..2 } else { 1..3 } {
            proxy.holds_after(passed);
            let list = async {
                match of_set {
                    true => listing.token_set(&ada, &ALL, now).await.unwrap().sessions,
                    false => listing.scan(&ALL, now).await.unwrap().sessions,
                }
            };
            let renew_meanwhile = async {
                proxy.has_held().await;
                let new = renew(&other, &record).await;
                proxy.release();
                new
            };
            let both = async { tokio::join!(list, renew_meanwhile) };
            let both = tokio::time::timeout(Duration::from_secs(60), both).await;
            let (listed, new) = both.expect("a listing makes more requests");
            assert_eq!(ids(&listed), [new], "of the set: {of_set}, after {passed}");
            record = record.renewed(new, now);
        }
    }
}

/// One call looks at so many keys at most, and the next goes on where it stopped.
#[tokio::test]
async fn sweeps_get_everywhere_among_many_keys_of_others() {
    let server = Process::start(&["--save", ""]);
    let store = connect(server.url()).await;
    let around = Around::at(&[server.url()], "cloakroom").await;
    let fill = "for n = 1, 100000 do redis.call('SET', 'filler:' .. n, 1) end";
    let _: () = around.run(cmd("EVAL").arg(fill).arg(0)).await;
    let names: Vec<_> = (0..50).map(|n| format!("user-{n}")).collect();
    for name in &names {
        sign_in(&store, name).await;
    }
    let later = SystemClock.now().plus(Duration::from_secs(365 * 86_400));
    for _ in 0..6 {
        let _ = store.purge_expired(1_000, later).await.unwrap();
    }
    for name in &names {
        let set = around.set(&subject(name));
        let left: i64 = around
            .run(cmd("ZCOUNT").arg(set).arg("(0").arg("+inf"))
            .await;
        assert_eq!(left, 0, "{name}");
    }
}

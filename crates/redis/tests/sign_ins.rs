//! Many sign-ins of one subject at once, through two hosts.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::{Duration, Instant};

use cloakroom_core::store::{Cap, Create, CreateOutcome, OnCap, Page};
use cloakroom_core::{Clock, ErrorKind, SessionStore, SystemClock};
use cloakroom_redis::{RedisStore, Server};
use support::requests::{create, signed_in, subject};

const AT_ONCE: usize = 200;
const CAP: usize = 5;
/// On a machine that has much else to do.
const LEAST: usize = 40;

async fn host(database: u16) -> RedisStore {
    let server = Server::standalone(support::shared().url());
    let builder = RedisStore::builder(server).database(database);
    builder.connect().await.unwrap()
}

/// Two hundred at once, and never more live than the cap lets. Within the deadline that an operation has by
/// default each has signed in, or is told that it has to come again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_keep_the_cap() {
    let database = support::database();
    let hosts = [host(database).await, host(database).await];
    let (ada, now) = (subject("ada"), SystemClock.now());
    let page = Page {
        after: None,
        limit: AT_ONCE,
    };
    let watching = async |store: &RedisStore| {
        let listed = store.token_set(&ada, &page, now).await.unwrap();
        assert!(listed.sessions.len() <= CAP, "{}", listed.sessions.len());
        listed.sessions.len()
    };
    let began = Instant::now();
    let signing_in: Vec<_> = (0..AT_ONCE)
        .map(|n| {
            let (store, ada) = (hosts[n % 2].clone(), ada.clone());
            tokio::spawn(async move {
                let request = Create {
                    cap: Cap::new(CAP as u32, OnCap::EvictOldest).unwrap(),
                    ..create(&signed_in(&store, &ada, now))
                };
                let outcome = store.create(&request, now).await;
                (outcome, began.elapsed())
            })
        })
        .collect();
    let mut evicted = 0;
    let mut created = 0;
    let mut unknown = 0;
    let mut longest = Duration::ZERO;
    for task in signing_in {
        let (outcome, took) = task.await.unwrap();
        match outcome {
            Ok(CreateOutcome::Created {
                evicted: gone,
                repeated: false,
            }) => {
                evicted += gone.len();
                created += 1;
            }
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => unknown += 1,
            Err(error) if error.is_retryable() => {}
            other => panic!("{other:?}"),
        }
        longest = longest.max(took);
        if evicted % 20 == 0 {
            watching(&hosts[0]).await;
        }
    }
    println!("{created} of {AT_ONCE} have signed in, the last was done after {longest:?}");
    assert!(created >= LEAST, "{created} have signed in");
    assert_eq!(watching(&hosts[1]).await, CAP);
    let unaccounted = evicted.abs_diff(created - CAP);
    assert!(
        unaccounted <= unknown,
        "{created} signed in, {evicted} were ended, {unknown} unknown"
    );
}

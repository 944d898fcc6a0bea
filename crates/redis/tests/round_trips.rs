//! How many round trips an operation takes.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, DeleteOutcome, LoadOutcome, OnCap, Renew, Replaces, RevokeKind,
    TouchOutcome, UpdateOutcome,
};
use cloakroom_core::{Clock, Record, SessionStore, Subject, SystemClock, Timestamp};
use cloakroom_redis::{Eviction, RedisStore, Server};
use support::proxy::Proxy;
use support::requests::{create, delete, random_id, revoke, signed_in, subject, update, visit};

struct Stage {
    database: u16,
    store: RedisStore,
    proxy: Proxy,
    subject: Subject,
    now: Timestamp,
}

async fn stage(eviction: Eviction) -> Stage {
    let stage = open(eviction, support::database()).await;
    // The scripts are there from now on.
    let record = stage.sign_in().await;
    let _ = stage.store.load(record.id(), stage.now).await.unwrap();
    let later = stage.now.plus(Duration::from_secs(1));
    let _ = stage
        .store
        .touch(record.id(), Some(&stage.subject), later)
        .await
        .unwrap();
    let _ = stage
        .store
        .delete(&delete(&record), stage.now)
        .await
        .unwrap();
    stage
        .store
        .revoke(&revoke(&stage.subject, RevokeKind::All), stage.now)
        .await
        .unwrap();
    stage.proxy.requests();
    stage
}

/// Another host that shares the data.
async fn another(stage: &Stage) -> Stage {
    let stage = open(Eviction::Never, stage.database).await;
    stage.proxy.requests();
    stage
}

async fn open(eviction: Eviction, database: u16) -> Stage {
    let proxy = Proxy::before(support::shared().port).await;
    let store = RedisStore::builder(Server::standalone(proxy.url()))
        .database(database)
        .eviction(eviction)
        .connect()
        .await
        .unwrap();
    Stage {
        database,
        store,
        proxy,
        subject: subject("ada"),
        now: SystemClock.now(),
    }
}

impl Stage {
    async fn sign_in(&self) -> Record {
        let until = self.now.plus(Duration::from_secs(600));
        let generation = self
            .store
            .begin(&self.subject, until, self.now)
            .await
            .unwrap();
        let record = signed_in(&self.store, &self.subject, self.now);
        let request = Create {
            generation: Some(generation),
            ..create(&record)
        };
        let _ = self.store.create(&request, self.now).await.unwrap();
        record
    }

    fn takes(&self, expected: usize, what: &str) {
        assert_eq!(self.proxy.requests(), expected, "round trips of {what}");
    }
}

#[tokio::test]
async fn one_for_each_operation_of_a_session_in_use() {
    let stage = stage(Eviction::Never).await;
    let (store, subject, now) = (&stage.store, &stage.subject, stage.now);
    let until = now.plus(Duration::from_secs(600));
    let generation = store.begin(subject, until, now).await.unwrap();
    stage.takes(1, "begin");
    let record = signed_in(store, subject, now);
    let request = Create {
        generation: Some(generation),
        ..create(&record)
    };
    let _ = store.create(&request, now).await.unwrap();
    stage.takes(1, "a sign-in");
    let visitor = visit(now);
    let _ = store.create(&create(&visitor), now).await.unwrap();
    stage.takes(1, "an anonymous create");

    let _ = store.load(record.id(), now).await.unwrap();
    stage.takes(1, "load");
    let later = now.plus(Duration::from_secs(60));
    let _ = store
        .touch(record.id(), Some(subject), later)
        .await
        .unwrap();
    stage.takes(1, "touch");
    let _ = store.load(record.id(), now).await.unwrap();
    stage.takes(1, "load");
    let _ = store.update(&update(&record, "new"), now).await.unwrap();
    stage.takes(1, "update");
    let _ = store.load(record.id(), now).await.unwrap();
    stage.takes(1, "load");
    let renew = Renew {
        old: record.id(),
        new: random_id(record.id().placement()),
        subject: Some(subject.clone()),
        grace: Duration::from_secs(60),
    };
    let _ = store.renew(&renew, now).await.unwrap();
    stage.takes(1, "renew");
    let _ = store.load(renew.new, now).await.unwrap();
    stage.takes(1, "load");
    let next = signed_in(store, subject, now);
    let request = Create {
        generation: Some(generation),
        replaces: Some(Replaces {
            id: renew.new,
            revision: record.revision().next(),
        }),
        ..create(&next)
    };
    let _ = store.create(&request, now).await.unwrap();
    stage.takes(1, "a reauthentication");
    let _ = store.load(next.id(), now).await.unwrap();
    stage.takes(1, "load");
    // Long after the sign-in: the head is over.
    let _ = store
        .delete(&delete(&next), now.plus(Duration::from_secs(1200)))
        .await
        .unwrap();
    stage.takes(1, "delete");
}

#[tokio::test]
async fn two_where_something_has_to_be_discovered() {
    let stage = stage(Eviction::Never).await;
    let (store, subject, now) = (&stage.store, &stage.subject, stage.now);
    let record = stage.sign_in().await;
    let renew = Renew {
        old: record.id(),
        new: random_id(record.id().placement()),
        subject: Some(subject.clone()),
        grace: Duration::from_secs(60),
    };
    let _ = store.renew(&renew, now).await.unwrap();
    stage.proxy.requests();
    let loaded = store.load(record.id(), now).await.unwrap();
    assert!(matches!(loaded, LoadOutcome::Found(_)), "{loaded:?}");
    stage.takes(2, "load by an old id in grace");
    let request = revoke(subject, RevokeKind::One(renew.new));
    let _ = store.revoke(&request, now).await.unwrap();
    stage.takes(1, "revoking one that was read lately");
    let record = stage.sign_in().await;
    stage.proxy.requests();
    let request = revoke(subject, RevokeKind::One(record.id()));
    let _ = store.revoke(&request, now).await.unwrap();
    stage.takes(2, "revoking one");
}

/// Whoever comes by the old id in grace, as all requests do that were under way at the renewal.
#[tokio::test]
async fn one_by_an_old_id_that_was_read_lately_and_three_by_another() {
    let stage = stage(Eviction::Never).await;
    let (store, subject, now) = (&stage.store, &stage.subject, stage.now);
    let after = |seconds| now.plus(Duration::from_secs(seconds));
    let record = stage.sign_in().await;
    let old = record.id();
    let renew = |old| Renew {
        old,
        new: random_id(old.placement()),
        subject: Some(subject.clone()),
        grace: Duration::from_secs(60),
    };
    let renewal = renew(old);
    let _ = store.renew(&renewal, now).await.unwrap();
    stage.proxy.requests();
    let touch = async |seconds| {
        let touched = store.touch(old, Some(subject), after(seconds)).await;
        assert_eq!(touched.unwrap(), TouchOutcome::Touched);
    };
    touch(1).await;
    stage.takes(3, "touch by an old id that nobody here has read");
    let load = async || {
        let loaded = store.load(old, now).await.unwrap();
        assert!(matches!(loaded, LoadOutcome::Found(_)), "{loaded:?}");
        stage.proxy.requests();
    };
    load().await;
    touch(2).await;
    stage.takes(1, "touch by an old id");
    load().await;
    let updated = store.update(&update(&record, "new"), now).await.unwrap();
    assert!(
        matches!(updated, UpdateOutcome::Saved { .. }),
        "{updated:?}"
    );
    stage.takes(1, "update by an old id");

    // Where it leads elsewhere since, what was read is of no use, and does no harm.
    load().await;
    let elsewhere = another(&stage).await;
    let _ = elsewhere
        .store
        .renew(&renew(renewal.new), now)
        .await
        .unwrap();
    touch(3).await;
    load().await;
    let deleted = store.delete(&delete(&record), now).await.unwrap();
    assert!(matches!(deleted, DeleteOutcome::Deleted { .. }));
    stage.takes(1, "delete by an old id");
    let touched = store.touch(old, Some(subject), after(4)).await.unwrap();
    assert_eq!(touched, TouchOutcome::Missing);
}

/// A sign-in that was begun here: the host has been told who would have to make room.
#[tokio::test]
async fn two_for_a_sign_in_that_ends_others() {
    let stage = stage(Eviction::Never).await;
    let (store, subject, now) = (&stage.store, &stage.subject, stage.now);
    let mut before = Vec::new();
    for n in 0..3 {
        let earlier = now.minus(Duration::from_secs(10 - n));
        let record = signed_in(store, subject, earlier);
        let _ = store.create(&create(&record), earlier).await.unwrap();
        before.push(record.id());
    }
    let elsewhere = another(&stage).await;
    let until = now.plus(Duration::from_secs(600));
    let generation = elsewhere.store.begin(subject, until, now).await.unwrap();
    elsewhere.takes(1, "begin");
    let next = signed_in(store, subject, now);
    let request = Create {
        cap: Cap::new(2, OnCap::EvictOldest).unwrap(),
        generation: Some(generation),
        ..create(&next)
    };
    let mut evicted = before[..2].to_vec();
    evicted.sort_unstable();
    let created = elsewhere.store.create(&request, now).await.unwrap();
    let repeated = false;
    assert_eq!(created, CreateOutcome::Created { evicted, repeated });
    elsewhere.takes(2, "a sign-in that ends two");

    // This host has heard nothing of it; the other remembers what it has written.
    let again = Create {
        cap: Cap::new(2, OnCap::EvictOldest).unwrap(),
        ..create(&signed_in(store, subject, now))
    };
    let _ = elsewhere.store.create(&again, now).await.unwrap();
    elsewhere.takes(2, "another at the cap");
    let unknown = another(&stage).await;
    let refused = Create {
        cap: Cap::new(2, OnCap::Refuse).unwrap(),
        ..create(&signed_in(store, subject, now))
    };
    let refusal = unknown.store.create(&refused, now).await.unwrap();
    assert_eq!(refusal, CreateOutcome::CapReached);
    unknown.takes(2, "a refused sign-in in a set that nobody here has seen");
    let unknown = another(&stage).await;
    let more = Create {
        cap: Cap::new(2, OnCap::EvictOldest).unwrap(),
        ..create(&signed_in(store, subject, now))
    };
    let _ = unknown.store.create(&more, now).await.unwrap();
    unknown.takes(3, "a sign-in at the cap in a set that nobody here has seen");
}

/// The members, then the step that ends them: nobody reads their records.
#[tokio::test]
async fn two_for_ending_a_whole_set() {
    let stage = stage(Eviction::Never).await;
    let (store, subject, now) = (&stage.store, &stage.subject, stage.now);
    for later in [now, now.plus(Duration::from_secs(1200))] {
        let mut records = Vec::new();
        for _ in 0..4 {
            records.push(stage.sign_in().await);
        }
        let mut others: Vec<_> = records[1..].iter().map(Record::id).collect();
        others.sort_unstable();
        stage.proxy.requests();
        let except = revoke(subject, RevokeKind::AllExcept(records[0].id()));
        let revoked = store.revoke(&except, later).await.unwrap();
        assert_eq!(revoked.ended, others);
        stage.takes(2, "revoking all but one");
        let revoked = store
            .revoke(&revoke(subject, RevokeKind::All), later)
            .await
            .unwrap();
        assert_eq!(revoked.ended, [records[0].id()]);
        stage.takes(2, "revoking all");
    }
}

/// A guess that was wrong costs one round trip: the script has read what is there instead.
#[tokio::test]
async fn two_after_a_wrong_guess() {
    let stage = stage(Eviction::Never).await;
    let (subject, now) = (&stage.subject, stage.now);
    let record = stage.sign_in().await;
    let _ = stage.store.load(record.id(), now).await.unwrap();
    let elsewhere = another(&stage).await;
    let changed = elsewhere.store.update(&update(&record, "new"), now).await;
    let _ = changed.unwrap();
    stage.proxy.requests();
    let later = now.plus(Duration::from_secs(60));
    let _ = stage
        .store
        .touch(record.id(), Some(subject), later)
        .await
        .unwrap();
    stage.takes(2, "touching what another host has changed");
}

/// Where the server may evict keys, loading a signed-in session looks into the set.
#[tokio::test]
async fn a_look_into_the_set_is_one_more() {
    let stage = stage(Eviction::Possible).await;
    let record = stage.sign_in().await;
    let visitor = visit(stage.now);
    let _ = stage
        .store
        .create(&create(&visitor), stage.now)
        .await
        .unwrap();
    stage.proxy.requests();
    let _ = stage.store.load(record.id(), stage.now).await.unwrap();
    stage.takes(2, "loading a signed-in session");
    let _ = stage.store.load(visitor.id(), stage.now).await.unwrap();
    stage.takes(1, "loading an anonymous session");
}

/// Every id that a session had leads to it. They are followed together, and none twice.
#[tokio::test]
async fn as_many_for_a_count_of_one_session_however_often_it_was_renewed() {
    let stage = stage(Eviction::Never).await;
    let mut id = stage.sign_in().await.id();
    for _ in 0..40 {
        let renew = Renew {
            old: id,
            new: random_id(id.placement()),
            subject: Some(stage.subject.clone()),
            grace: Duration::from_secs(60),
        };
        id = renew.new;
        let _ = stage.store.renew(&renew, stage.now).await.unwrap();
    }
    stage.proxy.requests();
    assert_eq!(stage.store.count(stage.now).await.unwrap(), 1);
    let taken = stage.proxy.requests();
    assert!(taken <= 5, "{taken} round trips");
}

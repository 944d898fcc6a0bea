//! A change of a session that this host has read lately: what was read may be there no more. And its
//! script by itself.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use cloakroom_core::store::{LoadOutcome, Renew, RevokeKind, TouchOutcome, UpdateOutcome};
use cloakroom_core::{Clock, Record, SessionStore, SystemClock, Timeouts, Timestamp};
use cloakroom_redis::{RedisStore, Server};
use redis::{Cmd, Value, cmd};
use support::bare::{Bare, HOUR};
use support::cluster::cli;
use support::process::Process;
use support::requests::{
    create, delete, payload, random_id, revoke, signed_in, subject, update, visit,
};

const KEEP: &str = include_str!("../src/scripts/keep.lua");
const COMMIT: &str = include_str!("../src/scripts/commit.lua");

/// A store, and a session on it that it has just read.
struct Stage {
    server: Process,
    store: RedisStore,
    record: Record,
    now: Timestamp,
}

impl Stage {
    async fn new() -> Self {
        let server = Process::start(&["--save", ""]);
        let store = RedisStore::builder(Server::standalone(server.url()));
        let store = store.connect().await.unwrap();
        let now = SystemClock.now();
        let record = signed_in(&store, &subject("ada"), now);
        let _ = store.create(&create(&record), now).await.unwrap();
        let stage = Self {
            server,
            store,
            record,
            now,
        };
        assert!(stage.is_found().await);
        stage
    }

    async fn is_found(&self) -> bool {
        let loaded = self.store.load(self.record.id(), self.now).await.unwrap();
        matches!(loaded, LoadOutcome::Found(_))
    }

    fn redis(&self, arguments: &[&str]) -> String {
        cli(self.server.port, arguments).trim().to_owned()
    }

    /// The names of the session's key and of its set's.
    fn keys(&self) -> (String, String) {
        let only = |kind| self.redis(&["KEYS", &format!("cloakroom:*:{kind}:*")]);
        (only('s'), only('u'))
    }

    /// How long the session and its set are kept.
    fn lives(&self) -> (i64, i64) {
        let (session, set) = self.keys();
        let lives = |key: String| self.redis(&["PTTL", &key]).parse().unwrap();
        (lives(session), lives(set))
    }

    /// Of the only member: by it a sweep and a revocation tell whether the session is over.
    fn score(&self) -> String {
        let (_, set) = self.keys();
        let member = self.redis(&["ZRANGE", &set, "-1", "-1"]);
        self.redis(&["ZSCORE", &set, &member])
    }

    async fn deadline(&self) -> String {
        let loaded = self.store.load(self.record.id(), self.now).await.unwrap();
        let LoadOutcome::Found(record) = loaded else {
            panic!("it is gone");
        };
        record.deadline().instant().as_millis().to_string()
    }

    async fn touch(&self, later: Duration) -> TouchOutcome {
        let (id, subject) = (self.record.id(), self.record.subject());
        let touched = self.store.touch(id, subject, self.now.plus(later)).await;
        touched.unwrap()
    }

    async fn update(&self) -> UpdateOutcome {
        self.update_at(self.now).await
    }

    async fn update_at(&self, now: Timestamp) -> UpdateOutcome {
        let request = update(&self.record, "new");
        self.store.update(&request, now).await.unwrap()
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// By `keep.lua` alone, which costs the server least, though another script could do it as well.
#[tokio::test]
async fn a_change_of_what_was_read_lately_takes_the_short_way() {
    let stage = Stage::new().await;
    let visitor = visit(stage.now);
    let _ = stage
        .store
        .create(&create(&visitor), stage.now)
        .await
        .unwrap();
    let _ = stage.store.load(visitor.id(), stage.now).await.unwrap();
    let is_known = |script: &str| {
        let hash = redis::Script::new(script).get_hash().to_owned();
        stage.redis(&["SCRIPT", "EXISTS", &hash]) == "1"
    };
    let takes_it = |what: &str| {
        assert!(is_known(KEEP), "{what}");
        assert!(!is_known(COMMIT), "{what}");
        stage.redis(&["SCRIPT", "FLUSH"]);
    };
    stage.redis(&["SCRIPT", "FLUSH"]);

    assert!(matches!(stage.update().await, UpdateOutcome::Saved { .. }));
    takes_it("a change");
    assert!(stage.is_found().await);
    stage.redis(&["CONFIG", "RESETSTAT"]);
    let touched = stage.touch(Duration::from_secs(60)).await;
    assert_eq!(touched, TouchOutcome::Touched);
    takes_it("a use");
    let stats = stage.redis(&["INFO", "commandstats"]);
    assert!(stats.contains("cmdstat_setrange:calls=1,"), "{stats}");
    assert!(!stats.contains("cmdstat_set:"), "its times alone: {stats}");

    let request = update(&visitor, "new");
    let saved = stage.store.update(&request, stage.now).await.unwrap();
    assert!(matches!(saved, UpdateOutcome::Saved { .. }));
    takes_it("a change of an anonymous session");
}

#[tokio::test]
async fn who_has_left_its_set_is_neither_touched_nor_changed() {
    let stage = Stage::new().await;
    let (session, set) = stage.keys();
    let before = stage.redis(&["GET", &session]);
    let member = stage.redis(&["ZRANGE", &set, "-1", "-1"]);
    // The head stays, and the set with it.
    assert_eq!(stage.redis(&["ZREM", &set, &member]), "1");
    assert_eq!(stage.update().await, UpdateOutcome::Missing);
    assert_eq!(stage.touch(MINUTE).await, TouchOutcome::Missing);
    assert_eq!(stage.redis(&["GET", &session]), before);
    assert_eq!(stage.redis(&["ZCARD", &set]), "1");
    stage.redis(&["DEL", &set]);
    assert_eq!(stage.update().await, UpdateOutcome::Missing);
    assert_eq!(stage.touch(MINUTE).await, TouchOutcome::Missing);
    assert_eq!(stage.redis(&["EXISTS", &set]), "0");
}

#[tokio::test]
async fn what_is_of_another_type_is_not_taken_for_the_session_or_its_set() {
    let stage = Stage::new().await;
    let (_, set) = stage.keys();
    stage.redis(&["DEL", &set]);
    stage.redis(&["SET", &set, "no set"]);
    assert_eq!(stage.update().await, UpdateOutcome::Missing);
    assert_eq!(stage.touch(MINUTE).await, TouchOutcome::Missing);

    let stage = Stage::new().await;
    let (session, _) = stage.keys();
    stage.redis(&["DEL", &session]);
    stage.redis(&["SADD", &session, "no session"]);
    let touched = stage.store.touch(
        stage.record.id(),
        stage.record.subject(),
        stage.now.plus(MINUTE),
    );
    let kind = touched.await.unwrap_err().kind();
    assert_eq!(kind, cloakroom_core::ErrorKind::Corrupt);
}

/// The score of the member is the same before and after.
#[tokio::test]
async fn a_change_that_moves_no_deadline_is_made() {
    let stage = Stage::new().await;
    let score = stage.score();
    let updated = stage.update().await;
    assert!(matches!(updated, UpdateOutcome::Saved { .. }));
    assert_eq!(stage.score(), score);
    let loaded = stage.store.load(stage.record.id(), stage.now).await;
    let LoadOutcome::Found(found) = loaded.unwrap() else {
        panic!("it is gone");
    };
    assert_eq!(found.payload().bytes, "new");
}

/// By the score a sweep tells whether the session is over.
#[tokio::test]
async fn a_change_that_moves_the_deadline_moves_the_score_too() {
    let stage = Stage::new().await;
    let (before, later) = (stage.score(), stage.now.plus(5 * MINUTE));
    let updated = stage.update_at(later).await;
    assert!(matches!(updated, UpdateOutcome::Saved { .. }));
    assert_ne!(stage.score(), before);
    assert_eq!(stage.score(), stage.deadline().await);
}

/// The set has been kept for as long as the session can live since that joined it.
#[tokio::test]
async fn a_session_is_kept_longer_by_a_touch_and_its_set_as_long_as_it_can_live() {
    let stage = Stage::new().await;
    let (session, set) = stage.lives();
    let can_live = stage.record.timeouts().overall().as_millis() as i64;
    assert!((can_live..can_live + 90_000).contains(&set), "{set}");
    assert_eq!(stage.touch(5 * MINUTE).await, TouchOutcome::Touched);
    let (session_now, set_now) = stage.lives();
    assert_eq!(stage.score(), stage.deadline().await);
    let longer = session_now - session;
    assert!(longer > 4 * 60_000, "{session} {session_now}");
    assert!((can_live..=set).contains(&set_now), "{set} {set_now}");
}

/// Whatever becomes of the others: who stays has to be found in the set until the end.
#[tokio::test]
async fn a_set_is_never_kept_shorter_than_its_sessions_can_live() {
    let stage = Stage::new().await;
    let (store, ada, now) = (&stage.store, subject("ada"), stage.now);
    let can_live = stage.record.timeouts().overall().as_millis() as i64;
    let briefly = Timeouts::new(MINUTE, MINUTE).unwrap();
    let brief = || {
        let id = random_id(store.placement_key().place(&ada));
        Record::signed_in(id, ada.clone(), now, briefly, payload("brief"))
    };
    let kept = |why: &str| {
        let key = stage.redis(&["KEYS", "cloakroom:*:u:*"]);
        let lives: i64 = stage.redis(&["PTTL", &key]).parse().unwrap();
        assert!(lives > can_live, "{why}: {lives}");
    };
    let others = [brief(), brief(), brief()];
    for other in &others {
        let _ = store.create(&create(other), now).await.unwrap();
        kept("another came for a short while");
    }
    let _ = store.delete(&delete(&others[0]), now).await.unwrap();
    kept("one has left");
    let _ = store.begin(&ada, now.plus(MINUTE), now).await.unwrap();
    kept("somebody has begun to sign in");
    let all = RevokeKind::AllExcept(stage.record.id());
    let revoked = store.revoke(&revoke(&ada, all), now).await.unwrap();
    assert_eq!(revoked.ended.len(), 2);
    kept("the others were revoked");
    let renewal = Renew {
        old: stage.record.id(),
        new: random_id(stage.record.id().placement()),
        subject: Some(ada.clone()),
        grace: MINUTE,
    };
    let _ = store.renew(&renewal, now).await.unwrap();
    kept("it was renewed");
    let all = RevokeKind::All;
    let _ = store.revoke(&revoke(&ada, all), now).await.unwrap();
    let (_, set) = stage.keys();
    let lives: i64 = stage.redis(&["PTTL", &set]).parse().unwrap();
    assert!((0..can_live / 2).contains(&lives), "{lives}");
}

/// It is kept for the head alone from then on.
#[tokio::test]
async fn a_sweep_that_empties_a_set_lets_it_go() {
    let stage = Stage::new().await;
    let (_, set) = stage.keys();
    let over = stage.record.deadline().instant();
    let _ = stage
        .store
        .begin(&subject("ada"), over.plus(MINUTE), stage.now)
        .await;
    let can_live = stage.record.timeouts().overall().as_millis() as i64;
    let lives = || stage.redis(&["PTTL", &set]).parse::<i64>().unwrap();
    assert!(lives() > can_live, "{}", lives());
    let went = stage.store.purge_expired(usize::MAX, over).await.unwrap();
    assert_eq!(went, 1);
    let begun = over.plus(MINUTE).as_millis() as i64 - stage.now.as_millis() as i64;
    let off = lives() - begun - 60_000;
    assert!((-30_000..=0).contains(&off), "{off}");
}

/// `keep.lua` by itself.
fn keep(bare: &Bare, keys: &[&str], arguments: &str) -> Cmd {
    let mut eval = cmd("EVAL");
    eval.arg(KEEP);
    eval.arg(keys.len()).arg(keys).arg(bare.words(arguments));
    eval
}

/// What the script stores has a time to live, by either of its ways.
#[tokio::test]
async fn what_is_kept_is_not_immortal() {
    let mut bare = Bare::new().await;
    let head = "h".repeat(93);
    let value = format!("{head}data");
    for (letter, new, stored) in [
        ("E", "new", "new".to_owned()),
        (
            "T",
            "xyz",
            format!("{}xyz{}data", "h".repeat(76), "h".repeat(14)),
        ),
    ] {
        let with_set = &["value", "set"];
        for (keys, member, score) in [
            (&["value"][..], "", 0),
            (with_set, "a", 0),
            (with_set, "a NOW+5", 5),
        ] {
            bare.run(&format!("SET value {value}")).await;
            bare.run("ZADD set NOW a").await;
            bare.run("PEXPIREAT set NOW+7200000").await;
            let eval = keep(
                &bare,
                keys,
                &format!("{head} {letter} {new} NOW+3600000 {member}"),
            );
            let reply: i64 = bare.ask(&eval).await;
            assert_eq!(reply, 1);
            let there: String = bare.ask(cmd("GET").arg("value")).await;
            assert_eq!(there, stored);
            bare.is_kept("value", HOUR).await;
            bare.is_kept("set", 2 * HOUR).await;
            let there: i64 = bare.ask(cmd("ZSCORE").arg("set").arg("a")).await;
            assert_eq!(there, bare.now + score);
        }
    }
}

/// And whatever else the server says of a write is told at once, with nothing written.
#[tokio::test]
async fn what_a_full_server_says_of_a_kept_session_is_told() {
    let mut bare = Bare::new().await;
    let head = "h".repeat(93);
    bare.run(&format!("SET value {head}data")).await;
    bare.run("ZADD set NOW a").await;
    bare.run("CONFIG SET maxmemory 1").await;
    for member in ["a", "a NOW+5"] {
        let eval = keep(
            &bare,
            &["value", "set"],
            &format!("{head} E new NOW+3600000 {member}"),
        );
        let reply: redis::RedisResult<Value> = eval.query_async(&mut bare.redis).await;
        assert_eq!(reply.unwrap_err().code(), Some("OOM"), "{member}");
        let there: String = bare.ask(cmd("GET").arg("value")).await;
        assert_eq!(there, format!("{head}data"));
        let score: i64 = bare.ask(cmd("ZSCORE").arg("set").arg("a")).await;
        assert_eq!(score, bare.now);
    }
}

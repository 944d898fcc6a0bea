//! The store on a real server: nothing is lost, nothing comes back, and what fails says so.

mod support;

use std::time::Duration;

use cloakroom_core::{ErrorKind, ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, Damage, DataError, Destroyed, Layout, Left, Limited, Loaded, NodeSession,
    NodeStore, OnImmortal, Quarantined, Regenerated, Released, Saved, Servers, Sid, Touched,
    Updated,
};
use support::{Place, ask};

const HOUR: Duration = Duration::from_hours(1);

/// One of each kind, with an hour's lifetime.
fn layouts() -> [Layout; 3] {
    let hour = || Attributes::new().max_age(HOUR);
    [
        Layout::koa_generic().cookie(hour()),
        Layout::express().cookie(hour()),
        Layout::koa_session().cookie(hour()).key_prefix("koa:"),
    ]
}

async fn with(store: &NodeStore, name: &str, value: u64) -> NodeSession {
    let mut data = store.blank();
    data.set(name, &value).unwrap();
    store.create(data).await.unwrap()
}

async fn load(store: &NodeStore, sid: &Sid) -> NodeSession {
    store.load(sid).await.unwrap().found().expect("it is there")
}

fn sid(text: &str) -> Sid {
    Sid::parse(text).unwrap()
}

#[tokio::test]
async fn a_session_lives_from_its_creation_to_its_end() {
    for layout in layouts() {
        let place = Place::new();
        let store = place.store(layout).await;
        let mut session = with(&store, "count", 1).await;
        let again = load(&store, session.sid()).await;
        assert_eq!(again.data(), session.data());
        assert!(matches!(again.left(), Left::For(left) if left <= HOUR + Duration::from_secs(10)));
        session.data_mut().set("count", &2).unwrap();
        assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
        assert_eq!(
            load(&store, session.sid()).await.data().get::<u8>("count"),
            Ok(Some(2))
        );
        assert_eq!(
            store.destroy(session.sid()).await.unwrap(),
            Destroyed::Destroyed
        );
        assert_eq!(
            store.destroy(session.sid()).await.unwrap(),
            Destroyed::Missing
        );
        assert!(matches!(
            store.load(session.sid()).await.unwrap(),
            Loaded::Absent
        ));
    }
}

#[tokio::test]
async fn nothing_that_has_ended_comes_back() {
    for layout in layouts() {
        let place = Place::new();
        let store = place.store(layout).await;
        let mut session = with(&store, "count", 1).await;
        let _ = store.destroy(session.sid()).await.unwrap();
        session.data_mut().set("count", &2).unwrap();
        assert_eq!(store.save(&mut session).await.unwrap(), Saved::Missing);
        assert_eq!(store.touch(&mut session).await.unwrap(), Touched::Missing);
        let updated = store
            .update(session.sid(), |data| data.set("count", &3))
            .await
            .unwrap();
        assert!(matches!(updated, Updated::Absent));
        let regenerated = store.regenerate(&session, store.blank()).await.unwrap();
        assert!(matches!(regenerated, Regenerated::Missing));
        let mut redis = place.redis().await;
        assert_eq!(ask::<u64>(&mut redis, &[b"DBSIZE"]).await, 0);
    }
}

#[tokio::test]
async fn no_write_is_lost() {
    for layout in layouts() {
        let place = Place::new();
        let store = place.store(layout).await;
        let mut mine = with(&store, "mine", 1).await;
        let mut other = load(&store, mine.sid()).await;
        other.data_mut().set("other", &1).unwrap();
        assert_eq!(store.save(&mut other).await.unwrap(), Saved::Saved);
        mine.data_mut().set("mine", &2).unwrap();
        assert_eq!(store.save(&mut mine).await.unwrap(), Saved::Conflict);
        let regenerated = store.regenerate(&mine, store.blank()).await.unwrap();
        assert!(matches!(regenerated, Regenerated::Conflict));
        let there = load(&store, mine.sid()).await;
        assert_eq!(there.data(), other.data());
        let mut redis = place.redis().await;
        assert_eq!(
            ask::<u64>(&mut redis, &[b"DBSIZE"]).await,
            1,
            "the new one was taken back"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_updates_at_once_all_count() {
    for layout in layouts() {
        let place = Place::new();
        let store = place
            .builder(layout)
            .reruns(10_000)
            .connect()
            .await
            .unwrap();
        let session = with(&store, "count", 0).await;
        let add = |data: &mut cloakroom_node::NodeData| {
            let count: u64 = data.get("count")?.unwrap_or_default();
            data.set("count", &(count + 1))
        };
        let tasks = (0..8).map(|_| {
            let (store, sid) = (store.clone(), session.sid().clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    assert!(store.update(&sid, add).await.unwrap().saved().is_some());
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(
            load(&store, session.sid()).await.data().get::<u64>("count"),
            Ok(Some(400))
        );
    }
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let place = Place::new();
    let store = place.store(Layout::koa_generic().key_prefix("sid:")).await;
    let mut redis = place.redis().await;
    let value = b" {\"cookie\": {\"maxAge\" :86400000},\"a\": 1e20 }";
    let () = ask(&mut redis, &[b"SET", b"sid:a", value, b"EX", b"100"]).await;
    let updated = store.update(&sid("a"), |_| Ok(())).await.unwrap();
    assert!(updated.saved().is_some());
    let left: i64 = ask(&mut redis, &[b"TTL", b"sid:a"]).await;
    assert!(left <= 100);
    // Nor does a save change a byte, though the lifetime begins again.
    let mut session = load(&store, &sid("a")).await;
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    assert_eq!(ask::<Vec<u8>>(&mut redis, &[b"GET", b"sid:a"]).await, value);
    assert!(ask::<i64>(&mut redis, &[b"TTL", b"sid:a"]).await > 86_000);
}

#[tokio::test]
async fn what_rust_cannot_hold_is_left_alone() {
    let place = Place::new();
    let store = place.store(Layout::express()).await;
    let mut redis = place.redis().await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let value = format!(
        r#"{{"cookie":{{"path":"/","odd":1E400}},"s":"\ud800","d":{deep},"__proto__":{{"x":1}},"n":1e20,"n":-0}}"#
    );
    let () = ask(&mut redis, &[b"SET", b"sess:a", value.as_bytes()]).await;
    let mut session = load(&store, &sid("a")).await;
    assert_eq!(
        session.data().get::<String>("s"),
        Err(DataError::CannotHold)
    );
    let id = sid("a");
    let refused = store.update(&id, |data| {
        let _: String = data.get("s")?.unwrap_or_default();
        data.set("a", &1)
    });
    assert_eq!(refused.await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ask::<String>(&mut redis, &[b"GET", b"sess:a"]).await, value);
    session.data_mut().set("a", &1).unwrap();
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    let written: String = ask(&mut redis, &[b"GET", b"sess:a"]).await;
    assert_eq!(
        written,
        format!("{},\"a\":1}}", value.strip_suffix('}').unwrap())
    );
}

#[tokio::test]
async fn damage_is_not_absence() {
    let place = Place::new();
    let mut redis = place.redis().await;
    for layout in layouts() {
        let () = ask(&mut redis, &[b"FLUSHDB"]).await;
        let store = place.store(layout.key_prefix("x:")).await;
        let mut damages = vec![
            (&b""[..], Damage::NotJson(cloakroom_node::NotJson { at: 0 })),
            (
                b"{\"cookie\":{",
                Damage::NotJson(cloakroom_node::NotJson { at: 11 }),
            ),
            (b"null", Damage::NotAnObject),
            (b"\xff\xfe", Damage::NotUtf8),
        ];
        if format!("{:?}", store.layout()).contains("Express") {
            damages.push((b"{\"user\":1}", Damage::NoCookie));
            damages.push((b"{\"cookie\":null}", Damage::NoCookie));
        }
        for (value, damage) in damages {
            let () = ask(&mut redis, &[b"SET", b"x:a", value]).await;
            assert_damaged(&store, damage).await;
            assert_eq!(ask::<Vec<u8>>(&mut redis, &[b"GET", b"x:a"]).await, value);
            assert_eq!(
                store.destroy(&sid("a")).await.unwrap(),
                Destroyed::Destroyed
            );
        }
        let _: i64 = ask(&mut redis, &[b"SADD", b"x:a", b"member"]).await;
        assert_damaged(&store, Damage::NotAString).await;
    }
}

async fn assert_damaged(store: &NodeStore, damage: Damage) {
    let error = store.load(&sid("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let source = std::error::Error::source(&error).expect("it says what");
    assert_eq!(source.downcast_ref::<Damage>(), Some(&damage));
}

#[tokio::test]
async fn lifetimes_are_node_s() {
    let place = Place::new();
    let mut redis = place.redis().await;
    let generic = || Layout::koa_generic().key_prefix("x:");
    let express = || Layout::express().key_prefix("x:");
    let koa = || Layout::koa_session().key_prefix("x:");
    let clock = ManualClock::at(Timestamp::from_millis(1_800_000_000_000));
    let date = |seconds: i64| {
        let (minute, second) = (15 + seconds.div_euclid(60), seconds.rem_euclid(60));
        // The clock stands at 2027-01-15T08:00:00Z; a quarter of an hour is added so that nothing is negative.
        format!(
            "2027-01-15T{:02}:{:02}:{second:02}.000Z",
            7 + (45 + minute) / 60,
            (45 + minute) % 60
        )
    };
    // The lifetime in seconds; -1 for one that never ends, -2 where the session is deleted.
    let cases: Vec<(Layout, String, i64)> = vec![
        (generic(), r#"{"cookie":{"maxAge":1}}"#.into(), 1),
        (generic(), r#"{"cookie":{"maxAge":90500}}"#.into(), 91),
        (
            generic(),
            r#"{"cookie":{"maxage":5000,"maxAge":9000}}"#.into(),
            5,
        ),
        (generic(), r#"{"cookie":{"maxAge":0}}"#.into(), -1),
        (generic(), r#"{"cookie":{"maxAge":-0.0}}"#.into(), -1),
        (generic(), r#"{"cookie":{"maxAge":"86400000"}}"#.into(), -1),
        (generic(), r#"{"cookie":{"maxAge":null}}"#.into(), -1),
        (generic(), r#"{"cookie":{}}"#.into(), -1),
        (generic(), "{}".into(), -1),
        (generic(), r#"{"cookie":{"maxAge":-1}}"#.into(), -2),
        (generic(), r#"{"cookie":{"maxAge":-5000}}"#.into(), -2),
        (
            generic(),
            format!(r#"{{"cookie":{{"maxAge":1000,"expires":"{}"}}}}"#, date(60)),
            60,
        ),
        (
            generic(),
            format!(r#"{{"cookie":{{"maxAge":1000,"expires":"{}"}}}}"#, date(-1)),
            -2,
        ),
        (
            generic(),
            r#"{"cookie":{"maxAge":1000,"expires":"tomorrow"}}"#.into(),
            -1,
        ),
        (
            generic().ttl(Duration::from_millis(3_600_500)),
            r#"{"cookie":{"maxAge":1000}}"#.into(),
            3601,
        ),
        (
            express(),
            r#"{"cookie":{"originalMaxAge":null}}"#.into(),
            86_400,
        ),
        (express(), r#"{"cookie":{}}"#.into(), 86_400),
        (
            express(),
            r#"{"cookie":{"originalMaxAge":1500,"expires":"2001-01-01T00:00:00.000Z"}}"#.into(),
            2,
        ),
        (express(), r#"{"cookie":{"originalMaxAge":0}}"#.into(), -2),
        (express(), r#"{"cookie":{"originalMaxAge":-1}}"#.into(), -2),
        (
            express(),
            r#"{"cookie":{"originalMaxAge":1e300}}"#.into(),
            -2,
        ),
        (
            express().ttl(Duration::from_secs(300)),
            r#"{"cookie":{"originalMaxAge":false}}"#.into(),
            300,
        ),
        (
            express().ttl(Duration::from_secs(300)),
            r#"{"cookie":{"originalMaxAge":5000}}"#.into(),
            5,
        ),
        (
            express().without_ttl(),
            r#"{"cookie":{"originalMaxAge":5000}}"#.into(),
            -1,
        ),
        (koa(), "{}".into(), 86_410),
        (koa(), r#"{"_maxAge":1500}"#.into(), 12),
        (koa(), r#"{"_maxAge":0}"#.into(), 86_410),
        (koa(), r#"{"_maxAge":-1}"#.into(), -2),
        (koa(), r#"{"_session":true}"#.into(), -1),
    ];
    for (layout, value, seconds) in cases {
        let store = place
            .builder(layout)
            .clock(clock.clone())
            .connect()
            .await
            .unwrap();
        let () = ask(
            &mut redis,
            &[b"SET", b"x:a", value.as_bytes(), b"EX", b"50"],
        )
        .await;
        let mut session = load(&store, &sid("a")).await;
        let began = std::time::Instant::now();
        let saved = store.save(&mut session).await.unwrap();
        assert_eq!(
            saved,
            if seconds == -2 {
                Saved::Over
            } else {
                Saved::Saved
            },
            "{value}"
        );
        let left: i64 = ask(&mut redis, &[b"PTTL", b"x:a"]).await;
        match seconds {
            -1 | -2 => assert_eq!(left, seconds, "{value}"),
            _ => assert!(
                (seconds * 1000 - 1 - began.elapsed().as_millis() as i64..=seconds * 1000)
                    .contains(&left),
                "{value}: {left}"
            ),
        }
    }
}

#[tokio::test]
async fn lifetimes_that_make_no_sense_are_refused() {
    let place = Place::new();
    let mut redis = place.redis().await;
    for (layout, value) in [
        (Layout::koa_generic(), r#"{"cookie":{"maxAge":1e300}}"#),
        (Layout::koa_generic(), r#"{"cookie":{"expires":5}}"#),
        (Layout::koa_generic(), r#"{"cookie":5}"#),
        (Layout::express(), r#"{"cookie":{"originalMaxAge":"1000"}}"#),
        (Layout::koa_session(), r#"{"_maxAge":"1000"}"#),
    ] {
        let store = place.store(layout.key_prefix("x:")).await;
        let () = ask(&mut redis, &[b"SET", b"x:a", value.as_bytes()]).await;
        let mut session = load(&store, &sid("a")).await;
        let error = store.save(&mut session).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{value}");
        assert_eq!(ask::<String>(&mut redis, &[b"GET", b"x:a"]).await, value);
    }
}

#[tokio::test]
async fn touching_begins_the_lifetime_again_and_writes_no_data() {
    for layout in layouts() {
        let place = Place::new();
        let clock = ManualClock::new();
        let store = place
            .builder(layout.key_prefix("x:"))
            .clock(clock.clone())
            .connect()
            .await
            .unwrap();
        let mut redis = place.redis().await;
        let mut session = with(&store, "count", 1).await;
        let key = format!("x:{}", session.sid().expose());
        let _: i64 = ask(&mut redis, &[b"EXPIRE", key.as_bytes(), b"5"]).await;
        session.data_mut().set("count", &2).unwrap();
        clock.advance(Duration::from_millis(1));
        assert_eq!(store.touch(&mut session).await.unwrap(), Touched::Touched);
        assert!(ask::<i64>(&mut redis, &[b"TTL", key.as_bytes()]).await > 3500);
        assert_eq!(
            load(&store, session.sid()).await.data().get::<u8>("count"),
            Ok(Some(1))
        );
        // What was changed before can still be saved.
        assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
        assert_eq!(
            load(&store, session.sid()).await.data().get::<u8>("count"),
            Ok(Some(2))
        );
    }
}

#[tokio::test]
async fn koa_session_ends_by_what_it_says() {
    let place = Place::new();
    let clock = ManualClock::new();
    let layout = Layout::koa_session().cookie(Attributes::new().max_age(HOUR));
    let store = place
        .builder(layout)
        .clock(clock.clone())
        .connect()
        .await
        .unwrap();
    let session = with(&store, "count", 1).await;
    clock.advance(HOUR);
    let _ = load(&store, session.sid()).await;
    clock.advance(Duration::from_millis(1));
    assert!(matches!(
        store.load(session.sid()).await.unwrap(),
        Loaded::Ended
    ));
}

#[tokio::test]
async fn a_regenerated_session_has_a_new_id_and_the_old_is_dead() {
    for layout in layouts() {
        let place = Place::new();
        let store = place.store(layout).await;
        let old = with(&store, "cart", 3).await;
        let Regenerated::Regenerated(new) =
            store.regenerate(&old, old.data().clone()).await.unwrap()
        else {
            panic!("nobody has touched it");
        };
        assert!(new.sid() != old.sid());
        assert_eq!(
            load(&store, new.sid()).await.data().get::<u8>("cart"),
            Ok(Some(3))
        );
        assert!(store.load(old.sid()).await.unwrap().found().is_none());
    }
}

#[tokio::test]
async fn sessions_that_never_go_are_found_limited_and_put_aside() {
    let place = Place::new();
    let store = place
        .store(Layout::koa_generic().key_prefix("a?p[1]:"))
        .await;
    let mut redis = place.redis().await;
    let value = br#"{"cookie":{"maxAge":0},"user":"ada"}"#;
    for id in ["one", "two", "three"] {
        let () = ask(
            &mut redis,
            &[b"SET", format!("a?p[1]:{id}").as_bytes(), value],
        )
        .await;
    }
    let _: i64 = ask(&mut redis, &[b"EXPIRE", b"a?p[1]:three", b"100"]).await;
    let () = ask(&mut redis, &[b"SET", b"axp1:none", value]).await;
    let mut found = Vec::new();
    let mut walk = store.walk().await.unwrap();
    while let Some(page) = walk.next_page().await.unwrap() {
        let forever = page.iter().filter(|entry| entry.left() == Left::Forever);
        found.extend(forever.map(|entry| entry.sid("a?p[1]:").unwrap().expose().to_owned()));
    }
    found.sort();
    assert_eq!(found, ["one", "two"]);

    assert_eq!(load(&store, &sid("one")).await.left(), Left::Forever);
    assert_eq!(
        store.limit(&sid("one"), HOUR).await.unwrap(),
        Limited::Limited
    );
    assert_eq!(
        store.limit(&sid("one"), HOUR).await.unwrap(),
        Limited::HasLifetime
    );
    assert_eq!(
        store.limit(&sid("none"), HOUR).await.unwrap(),
        Limited::Missing
    );
    assert!(matches!(load(&store, &sid("one")).await.left(), Left::For(left) if left <= HOUR));

    assert_eq!(
        store.quarantine(&sid("two"), HOUR).await.unwrap(),
        Quarantined::Quarantined
    );
    assert!(store.load(&sid("two")).await.unwrap().found().is_none());
    let left: i64 = ask(&mut redis, &[b"TTL", b"quarantine:a?p[1]:two"]).await;
    assert!((3500..=3600).contains(&left));
    assert_eq!(
        store.quarantine(&sid("two"), HOUR).await.unwrap(),
        Quarantined::Missing
    );
    assert_eq!(
        store.release(&sid("two"), HOUR).await.unwrap(),
        Released::Released
    );
    assert_eq!(
        load(&store, &sid("two")).await.data().get::<String>("user"),
        Ok(Some("ada".into()))
    );
    assert_eq!(
        store.release(&sid("two"), HOUR).await.unwrap(),
        Released::Missing
    );
}

#[tokio::test]
async fn immortal_sessions_can_be_limited_when_they_are_written() {
    let place = Place::new();
    let layout = Layout::koa_generic().key_prefix("x:");
    let store = place
        .builder(layout)
        .on_immortal(OnImmortal::Limit(HOUR))
        .connect()
        .await
        .unwrap();
    let mut redis = place.redis().await;
    let () = ask(
        &mut redis,
        &[b"SET", b"x:a", b"{\"cookie\":{\"maxAge\":0}}"],
    )
    .await;
    let mut session = load(&store, &sid("a")).await;
    assert_eq!(store.touch(&mut session).await.unwrap(), Touched::Touched);
    assert!((3500..=3600).contains(&ask::<i64>(&mut redis, &[b"TTL", b"x:a"]).await));
    session.data_mut().set("a", &1).unwrap();
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    assert!((3500..=3600).contains(&ask::<i64>(&mut redis, &[b"TTL", b"x:a"]).await));
}

#[tokio::test]
async fn what_is_too_large_is_not_written() {
    let place = Place::new();
    let store = place
        .builder(Layout::express())
        .max_value(200)
        .connect()
        .await
        .unwrap();
    let mut session = with(&store, "a", 1).await;
    session.data_mut().set("a", &"x".repeat(200)).unwrap();
    assert_eq!(
        store.save(&mut session).await.unwrap_err().kind(),
        ErrorKind::TooLarge
    );
    assert_eq!(
        load(&store, session.sid()).await.data().get::<u8>("a"),
        Ok(Some(1))
    );
}

#[tokio::test]
async fn scripts_are_sent_again_to_a_server_that_forgot_them() {
    let place = Place::new();
    let store = place.store(Layout::express()).await;
    let mut redis = place.redis().await;
    let mut session = with(&store, "a", 1).await;
    for value in 2..4 {
        let () = ask(&mut redis, &[b"SCRIPT", b"FLUSH"]).await;
        session.data_mut().set("a", &value).unwrap();
        assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_not_an_absent_session() {
    let server = support::process::Process::start(&["--save", ""]);
    let connect = || {
        NodeStore::builder(Layout::express(), Servers::standalone(server.url()))
            .timeout(Duration::from_millis(500))
            .connect()
    };
    let store = connect().await.unwrap();
    let mut session = with(&store, "a", 1).await;
    server.kill();
    let kinds = [ErrorKind::Unavailable, ErrorKind::Timeout];
    let error = store.load(session.sid()).await.unwrap_err();
    assert!(kinds.contains(&error.kind()), "{error:?}");
    let error = store.save(&mut session).await.unwrap_err();
    assert!(
        kinds.contains(&error.kind()),
        "nobody was there to write it: {error:?}"
    );
    let error = connect().await.unwrap_err();
    assert!(kinds.contains(&error.kind()), "{error:?}");
    server.restart();
    // It comes back by itself, and has forgotten everything.
    assert!(matches!(
        store.load(session.sid()).await.unwrap(),
        Loaded::Absent
    ));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_an_unknown_outcome() {
    let server = support::process::Process::start(&["--save", ""]);
    let store = NodeStore::builder(Layout::express(), Servers::standalone(server.url()))
        .timeout(Duration::from_millis(500))
        .connect()
        .await
        .unwrap();
    let mut session = with(&store, "a", 1).await;
    server.signal("-STOP");
    session.data_mut().set("a", &2).unwrap();
    let written = store.save(&mut session).await;
    let read = store.load(session.sid()).await;
    server.signal("-CONT");
    assert_eq!(written.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(read.unwrap_err().kind(), ErrorKind::Timeout);
}

/// The server is killed while it has the write before it, or just before: nobody can say whether it was done.
#[tokio::test]
async fn a_connection_that_is_lost_is_an_unknown_outcome() {
    let server = support::process::Process::start(&["--save", ""]);
    let store = NodeStore::builder(Layout::express(), Servers::standalone(server.url()))
        .timeout(Duration::from_secs(20))
        .connect()
        .await
        .unwrap();
    let mut session = with(&store, "a", 1).await;
    server.signal("-STOP");
    session.data_mut().set("a", &2).unwrap();
    let kill = async {
        tokio::task::yield_now().await;
        server.kill();
    };
    let (written, ()) = tokio::join!(store.save(&mut session), kill);
    assert_eq!(written.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn what_cannot_be_configured_is_refused() {
    let refused = |servers| async {
        let built = NodeStore::builder(Layout::express(), servers)
            .connect()
            .await;
        built.unwrap_err().kind()
    };
    assert_eq!(
        refused(Servers::standalone("nonsense")).await,
        ErrorKind::InvalidConfiguration
    );
    assert_eq!(
        refused(Servers::cluster(Vec::<String>::new())).await,
        ErrorKind::InvalidConfiguration
    );
    let shown = format!("{:?}", Servers::standalone("redis://user:hush@localhost"));
    assert!(!shown.contains("hush"), "{shown}");
}

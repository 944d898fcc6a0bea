//! How long sessions live: as Node has them, and those that would never go.

mod support;

use std::time::Duration;

use cloakroom_core::{ErrorKind, ManualClock, Timestamp};
use cloakroom_node::{
    Attributes, Layout, Left, Limited, Loaded, OnImmortal, Quarantined, Released, Saved, Touched,
};
use support::sessions::{HOUR, layouts, load, sid, with};
use support::{Place, ask};

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
        // Over is over, also at this very moment.
        (
            generic(),
            format!(r#"{{"cookie":{{"maxAge":1000,"expires":"{}"}}}}"#, date(0)),
            -2,
        ),
        (
            generic(),
            r#"{"cookie":{"maxAge":1000,"expires":"2027-01-15T08:01:00Z"}}"#.into(),
            60,
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
        (
            Layout::koa_generic(),
            r#"{"cookie":{"maxAge":1000,"expires":"tomorrow"}}"#,
        ),
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
    let left: i64 = ask(&mut redis, &[b"TTL", b"quarantine:{a?p[1]:two}"]).await;
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

/// Redis deletes at once what lives for no time, and refuses to count further than it can.
#[tokio::test]
async fn a_limit_that_redis_cannot_count_is_refused() {
    let place = Place::new();
    let mut redis = place.redis().await;
    let longest = Duration::from_secs(1_000_000_000_000);
    let with = |limit| {
        let layout = Layout::koa_generic().key_prefix("x:");
        let builder = place.builder(layout);
        builder.on_immortal(OnImmortal::Limit(limit)).connect()
    };
    for limit in [
        Duration::MAX,
        longest + Duration::from_millis(1),
        Duration::from_micros(999),
        Duration::ZERO,
    ] {
        let error = with(limit).await.unwrap_err();
        let kind = ErrorKind::InvalidConfiguration;
        assert_eq!(error.kind(), kind, "{limit:?}");
    }
    for (limit, seconds) in [(longest, 1_000_000_000_000), (Duration::from_millis(1), 1)] {
        let store = with(limit).await.unwrap();
        let immortal = br#"{"cookie":{"maxAge":0}}"#;
        let () = ask(&mut redis, &[b"SET", b"x:a", immortal]).await;
        let mut session = load(&store, &sid("a")).await;
        assert_eq!(store.touch(&mut session).await.unwrap(), Touched::Touched);
        let left: i64 = ask(&mut redis, &[b"PTTL", b"x:a"]).await;
        let most = seconds * 1000;
        assert!(left > 0 && left <= most && left > most - 60_000, "{left}");
    }
}

/// As in Node: whoever sets other options of the cookie has not said that sessions live for ever.
#[tokio::test]
async fn a_session_has_a_lifetime_where_the_options_say_none() {
    let place = Place::new();
    for (layout, most) in [
        (Layout::koa_generic(), 86_400),
        (Layout::express(), 86_400),
        (Layout::koa_session(), 86_410),
        (Layout::express().ttl(Duration::from_micros(1)), 1),
        (Layout::koa_generic().ttl(Duration::from_micros(1)), 1),
    ] {
        let layout = layout.cookie(Attributes::new().domain("example.test"));
        let store = place.store(layout).await;
        let session = store.create(store.blank()).await.unwrap();
        assert_eq!(session.left(), Left::For(Duration::from_secs(most)));
    }
    let short = Attributes::new().max_age(Duration::from_micros(1));
    let store = place.store(Layout::koa_generic().cookie(short)).await;
    let session = store.create(store.blank()).await.unwrap();
    assert_eq!(session.left(), Left::For(Duration::from_secs(1)));
    let layout = Layout::koa_generic().until_browser_ends();
    let store = place.store(layout).await;
    let session = store.create(store.blank()).await.unwrap();
    assert_eq!(session.left(), Left::Forever);
}

/// What Node has written may be larger than what may be written here: it can be used all the same.
#[tokio::test]
async fn a_large_session_can_be_touched() {
    // Whether a touch writes nothing but the lifetime, and a save writes no date either.
    let [koa_generic, express, koa_session] = layouts();
    for (layout, touch_is_small, save_is_small) in [
        (koa_generic, true, true),
        (express, true, false),
        (koa_session, false, false),
    ] {
        let place = Place::new();
        let large = place.store(layout.clone()).await;
        let mut data = large.blank();
        data.set("a", &"x".repeat(1000)).unwrap();
        let session = large.create(data).await.unwrap();
        let small = place
            .builder(layout)
            .max_value(200)
            .connect()
            .await
            .unwrap();
        let mut session = load(&small, session.sid()).await;
        if touch_is_small {
            assert_eq!(small.touch(&mut session).await.unwrap(), Touched::Touched);
            let same = small.update(session.sid(), |_| Ok(())).await.unwrap();
            assert!(same.saved().is_some());
        }
        if save_is_small {
            assert_eq!(small.save(&mut session).await.unwrap(), Saved::Saved);
        }
    }
}

/// Others have given it another lifetime: it was not deleted, and is not said to be.
#[tokio::test]
async fn what_others_have_prolonged_is_not_over() {
    let place = Place::new();
    let store = place.store(Layout::express()).await;
    let mut redis = place.redis().await;
    let over = br#"{"cookie":{"originalMaxAge":-1}}"#;
    let () = ask(&mut redis, &[b"SET", b"sess:a", over]).await;
    let mut session = load(&store, &sid("a")).await;
    let prolonged = br#"{"cookie":{"originalMaxAge":5000}}"#;
    let () = ask(&mut redis, &[b"SET", b"sess:a", prolonged]).await;
    assert_eq!(store.touch(&mut session).await.unwrap(), Touched::Touched);
    assert!(store.load(&sid("a")).await.unwrap().found().is_some());
}

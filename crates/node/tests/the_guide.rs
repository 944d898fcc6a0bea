//! What the guide tells its readers to run does what it says.

mod support;

use cloakroom_node::{Keygrip, KoaCookies, Layout};
use serde_json::json;
use support::node::{Oracle, header_of};
use support::{Place, ask};

include!("guide/limit.rs");

/// The guide has this very text, so that what is tried here is what its readers copy.
#[test]
fn the_guide_has_what_is_tried_here() {
    let guide = include_str!("../docs/guide.md");
    assert!(guide.contains(include_str!("guide/limit.rs")));
}

/// Under the prefix of the sessions, which may be none at all, there are other keys that are to stay.
#[tokio::test]
async fn only_sessions_that_never_go_are_given_a_lifetime() {
    let generic = r#"{"cookie":{"httpOnly":true,"overwrite":true,"signed":true,"maxAge":null}}"#;
    let express = r#"{"cookie":{"originalMaxAge":null,"expires":null,"path":"/"}}"#;
    let cases = [
        (
            Layout::koa_generic(),
            "sid:",
            EntryKind::KoaGeneric,
            generic,
        ),
        (
            Layout::express().without_ttl(),
            "sess:",
            EntryKind::Express,
            express,
        ),
        (
            Layout::koa_session(),
            "",
            EntryKind::KoaSession,
            r#"{"user":"ada","_session":true}"#,
        ),
    ];
    for (layout, prefix, kind, session) in cases {
        let place = Place::new();
        let store = place.store(layout.key_prefix(prefix)).await;
        let mut redis = place.redis().await;
        let key = |id: &str| format!("{prefix}{id}");
        for (id, value) in [
            ("immortal", session),
            ("again", session),
            ("mortal", session),
            ("settings", r#"{"colour":"red"}"#),
            ("damaged", r#"{"cookie":"#),
        ] {
            let () = ask(&mut redis, &[b"SET", key(id).as_bytes(), value.as_bytes()]).await;
        }
        let _: i64 = ask(&mut redis, &[b"EXPIRE", key("mortal").as_bytes(), b"100"]).await;
        for (command, id) in [("SADD", "tokens:ada"), ("RPUSH", "queue")] {
            let words: [&[u8]; 3] = [command.as_bytes(), &key(id).into_bytes(), b"immortal"];
            let _: i64 = ask(&mut redis, &words).await;
        }
        let limited = limit(&store, prefix, kind).await;
        assert_eq!(limited.expect("it answers"), 2, "{kind:?}");
        let month = 30 * 24 * 3600;
        for (id, least, most) in [
            ("immortal", month - 60, month),
            ("again", month - 60, month),
            ("mortal", 40, 100),
            ("settings", -1, -1),
            ("damaged", -1, -1),
            ("tokens:ada", -1, -1),
            ("queue", -1, -1),
        ] {
            let left: i64 = ask(&mut redis, &[b"TTL", key(id).as_bytes()]).await;
            assert!((least..=most).contains(&left), "{kind:?} {id}: {left}");
        }
        assert_eq!(limit(&store, prefix, kind).await.expect("it answers"), 0);
    }
}

/// A corrected setting does not reach the sessions that keep the old one. What the guide names does.
#[test]
fn what_helps_where_each_session_keeps_the_setting() {
    let mut oracle = Oracle::middleware();
    let now = cloakroom_core::Timestamp::from_millis(1_800_000_000_000);
    let generic = json!({ "cookie": { "maxAge": null }, "a": 1 });
    let session = json!({ "_session": true, "a": 1 });
    let hour = json!({ "maxAge": 3_600_000 });
    let (koa, corrected) = ("koa-generic", json!({ "prefix": "", "cookie": hour }));
    let with = |options: &serde_json::Value, name: &str, value: serde_json::Value| {
        let mut options = options.clone();
        options[name] = value;
        options
    };
    let rolling = |options: &serde_json::Value| with(options, "rolling", true.into());
    let by_ttl = with(&rolling(&corrected), "ttl", 60_000.into());
    for (stack, name, stored, options, lifetime, expected) in [
        (
            koa,
            "koa.sid",
            &generic,
            rolling(&corrected),
            None,
            json!(null),
        ),
        (koa, "koa.sid", &generic, by_ttl, None, json!(60)),
        (koa, "koa.sid", &generic, corrected, Some(60_000), json!(60)),
        (
            "koa-session",
            "koa.sess",
            &session,
            rolling(&hour),
            None,
            json!("session"),
        ),
        // Ten seconds more than the session.
        (
            "koa-session",
            "koa.sess",
            &session,
            hour,
            Some(60_000),
            json!(70),
        ),
    ] {
        let cookies = KoaCookies::new(name, Keygrip::new(["key"]).expect("a key"));
        let cookie = cookies.set("abc", &cloakroom_node::Attributes::new(), now);
        let answer = oracle.ask(&json!({
            "stack": stack, "options": options, "stored": stored.to_string(), "now": now.as_millis(),
            "header": header_of(&cookie.expect("a cookie")), "lifetime": lifetime,
        }));
        let written = &answer["commands"][0];
        assert_eq!(written[0], "SET", "{stack} {options}: {answer}");
        assert_eq!(written[4], expected, "{stack} {options} {lifetime:?}");
    }
}

//! What goes wrong, and what it is called.

#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod support;

use std::time::Duration;

use cloakroom_core::ErrorKind;
use cloakroom_node::{Damage, Destroyed, Layout, Loaded, NodeStore, Saved, Servers};
use support::sessions::{layouts, load, sid, with};
use support::{Place, ask};

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

/// The documentation names what a user has to be allowed: no more, and no less.
#[tokio::test]
async fn the_rights_that_are_documented_are_enough() {
    let documentation = include_str!("../docs/crate.md");
    let rights: Vec<&str> = documentation
        .split(|c: char| c.is_whitespace() || "`,.".contains(c))
        .filter(|word| word.starts_with('+') && word.len() > 3)
        .collect();
    assert!(rights.len() > 10, "{rights:?}");
    let server = support::process::Process::start(&["--save", ""]);
    let place = Place { url: server.url() };
    let mut redis = place.redis().await;
    let mut words: Vec<&[u8]> = [
        "ACL",
        "SETUSER",
        "app",
        "on",
        ">secret",
        "resetkeys",
        "~sess:*",
        "~tokens:*",
        "~quarantine:*",
        "nocommands",
    ]
    .map(str::as_bytes)
    .to_vec();
    words.extend(rights.iter().map(|right| right.as_bytes()));
    let () = ask(&mut redis, &words).await;
    let url = server.url().replace("redis://", "redis://app:secret@");
    let place = Place { url };
    let store = place.store(Layout::express()).await;
    let mut session = with(&store, "a", 1).await;
    session.data_mut().set("a", &2).unwrap();
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    let _ = store.touch(&mut session).await.unwrap();
    let hour = Duration::from_hours(1);
    let _ = store.limit(session.sid(), hour).await.unwrap();
    let _ = store.quarantine(session.sid(), hour).await.unwrap();
    let _ = store.release(session.sid(), hour).await.unwrap();
    let ada = support::users::of(&store, "ada");
    let signed_in = ada.sign_in(store.blank()).await.unwrap();
    assert!(ada.contains(signed_in.sid()).await.unwrap());
    let _ = ada.prune(None).await.unwrap();
    let _ = ada.end_all().await.unwrap();
    let mut walk = store.walk().await.unwrap();
    assert!(walk.next_page().await.unwrap().is_some());
    let _ = store.destroy(session.sid()).await.unwrap();
    // Whoever may not move a session leaves it as it was.
    let session = with(&store, "a", 1).await;
    let key = format!("sess:{}", session.sid().expose());
    let () = ask(&mut redis, &[b"ACL", b"SETUSER", b"app", b"-rename"]).await;
    let error = store.quarantine(session.sid(), hour).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let left: i64 = ask(&mut redis, &[b"PTTL", key.as_bytes()]).await;
    assert!(left > 2 * 3_600_000, "{left}");
    // What it is not allowed is denied, and not absent.
    let denied = place.store(Layout::express().key_prefix("other:")).await;
    let error = denied.load(&sid("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
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

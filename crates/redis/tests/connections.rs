//! The ways to connect, and what is refused at connecting.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use std::process::Command;
use std::time::Duration;

use cloakroom_core::store::{
    CreateOutcome, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, RevokeKind, TouchOutcome,
    UpdateOutcome,
};
use cloakroom_core::{Clock, ErrorKind, PlacementKey, SessionStore, SystemClock};
use cloakroom_redis::{Eviction, RedisStore, RedisStoreBuilder, Server};
use redis::cmd;
use support::process::Process;
use support::proxy::Proxy;
use support::requests::{create, delete, random_id, revoke, signed_in, subject, update};
use support::tamper::connect;

async fn works(builder: RedisStoreBuilder) {
    let store = builder.connect().await.unwrap();
    let now = SystemClock.now();
    let until = now.plus(Duration::from_secs(600));
    let generation = store.begin(&subject("ada"), until, now).await.unwrap();
    let record = signed_in(&store, &subject("ada"), now);
    let request = cloakroom_core::store::Create {
        generation: Some(generation),
        ..create(&record)
    };
    let outcome = store.create(&request, now).await.unwrap();
    assert!(matches!(outcome, CreateOutcome::Created { .. }));
    let loaded = store.load(record.id(), now).await.unwrap();
    assert!(matches!(loaded, LoadOutcome::Found(_)));
    assert_eq!(store.count(now).await.unwrap(), 1);
    let revoked = store
        .revoke(&revoke(&subject("ada"), RevokeKind::All), now)
        .await
        .unwrap();
    assert_eq!(revoked.ended, [record.id()]);
}

/// Those that `works` leaves out, where they write.
async fn every_operation(store: &RedisStore) {
    let (eve, now) = (subject("eve"), SystemClock.now());
    let record = signed_in(store, &eve, now);
    let _ = store.create(&create(&record), now).await.unwrap();
    let is_found = async |id| {
        let loaded = store.load(id, now).await.unwrap();
        matches!(loaded, LoadOutcome::Found(_))
    };
    assert!(is_found(record.id()).await);
    let later = now.plus(Duration::from_secs(60));
    let touched = store.touch(record.id(), Some(&eve), later).await.unwrap();
    assert_eq!(touched, TouchOutcome::Touched);
    assert!(is_found(record.id()).await);
    let saved = store.update(&update(&record, "new"), now).await.unwrap();
    assert!(matches!(saved, UpdateOutcome::Saved { .. }));
    let renew = Renew {
        old: record.id(),
        new: random_id(record.id().placement()),
        subject: Some(eve.clone()),
        grace: Duration::from_secs(60),
    };
    let renewed = store.renew(&renew, now).await.unwrap();
    assert_eq!(renewed, RenewOutcome::Renewed);
    assert!(is_found(record.id()).await);
    let page = Page {
        after: None,
        limit: 10,
    };
    let listed = store.token_set(&eve, &page, now).await.unwrap();
    assert_eq!(listed.sessions.len(), 1);
    let others = [(); 3].map(|()| signed_in(store, &eve, now));
    for other in &others {
        let _ = store.create(&create(other), now).await.unwrap();
    }
    let deleted = store.delete(&delete(&others[0]), now).await.unwrap();
    assert!(matches!(deleted, DeleteOutcome::Deleted { .. }));
    let one = revoke(&eve, RevokeKind::One(others[1].id()));
    assert_eq!(store.revoke(&one, now).await.unwrap().ended.len(), 1);
    let except = revoke(&eve, RevokeKind::AllExcept(others[2].id()));
    assert_eq!(store.revoke(&except, now).await.unwrap().ended, [renew.new]);
    let past_all = now.plus(Duration::from_secs(86_400));
    assert!(store.purge_expired(100, past_all).await.unwrap() > 0);
}

async fn refused(builder: RedisStoreBuilder, kind: ErrorKind) {
    let error = builder
        .timeout(Duration::from_millis(500))
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
}

#[tokio::test]
async fn a_unix_socket() {
    let directory = support::process::Scratch::new();
    let socket = directory.path().join("s").display().to_string();
    let _server = Process::start(&["--save", "", "--unixsocket", &socket]);
    works(RedisStore::builder(Server::standalone(format!(
        "redis+unix://{socket}?db=2"
    ))))
    .await;
}

#[tokio::test]
async fn a_database_of_the_url() {
    let server = Process::start(&["--save", ""]);
    works(RedisStore::builder(Server::standalone(format!(
        "{}/3",
        server.url()
    ))))
    .await;
    let mut three = connect(&format!("{}/3", server.url())).await;
    let keys: i64 = cmd("DBSIZE").query_async(&mut three).await.unwrap();
    assert!(keys > 0, "it went to another database");
}

/// The rights that the documentation names are enough.
#[tokio::test]
async fn an_acl_user_with_few_rights() {
    let server = Process::start(&["--save", ""]);
    let mut admin = connect(&server.url()).await;
    let mut acl = cmd("ACL");
    acl.arg("SETUSER")
        .arg("shop")
        .arg("on")
        .arg(">secret")
        .arg("~shop:*");
    for right in include_str!("../docs/acl.txt").split_whitespace() {
        acl.arg(right);
    }
    let _: () = acl.query_async(&mut admin).await.unwrap();
    let builder = || RedisStore::builder(Server::standalone(server.url()));
    works(builder().prefix("shop").user("shop", "secret")).await;
    for eviction in [Eviction::Never, Eviction::Possible] {
        let builder = builder().prefix("shop").user("shop", "secret");
        every_operation(&builder.eviction(eviction).connect().await.unwrap()).await;
    }
    refused(
        builder().prefix("shop").user("shop", "wrong"),
        ErrorKind::Denied,
    )
    .await;
    refused(
        builder().prefix("other").user("shop", "secret"),
        ErrorKind::Denied,
    )
    .await;
}

#[tokio::test]
async fn a_password() {
    let server = Process::start(&["--save", "", "--requirepass", "secret"]);
    let builder = || RedisStore::builder(Server::standalone(server.url()));
    works(builder().password("secret")).await;
    refused(builder(), ErrorKind::Denied).await;
    let text = format!("{:?}", builder().password("secret"));
    assert!(!text.contains("secret"), "{text}");
}

/// A certificate of its own authority, for the server and for the client.
#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_with_certificates_on_both_sides() {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority
        .distinguished_name
        .push(DnType::CommonName, "authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let of = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (
            params.signed_by(&key, &issuer).unwrap().pem(),
            key.serialize_pem(),
        )
    };
    let (server, client) = (of("127.0.0.1"), of("client"));
    let directory = support::process::Scratch::new();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (cert, key) = (file("cert.pem", &server.0), file("key.pem", &server.1));
    let ca = file("ca.pem", &root.pem());
    let port = support::process::free_port().to_string();
    let _server = Process::start(&[
        "--save",
        "",
        "--tls-port",
        &port,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &ca,
    ]);
    let url = format!("rediss://127.0.0.1:{port}");
    let builder = || RedisStore::builder(Server::standalone(&url));
    works(
        builder()
            .trust(root.pem())
            .certificate(client.0.clone(), client.1.clone()),
    )
    .await;
    // Without its certificate, and without ours.
    refused(
        builder().certificate(client.0, client.1),
        ErrorKind::Unavailable,
    )
    .await;
    refused(builder().trust(root.pem()), ErrorKind::Unavailable).await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let server = Process::start(&["--save", ""]);
    let invalid = ErrorKind::InvalidConfiguration;
    let builder = || RedisStore::builder(Server::standalone(server.url()));
    refused(RedisStore::builder(Server::standalone("http://x")), invalid).await;
    refused(RedisStore::builder(Server::cluster([""; 0])), invalid).await;
    refused(
        RedisStore::builder(Server::cluster(["redis+unix:///x"])),
        invalid,
    )
    .await;
    refused(
        RedisStore::builder(Server::cluster(["redis://x/3"])),
        invalid,
    )
    .await;
    refused(builder().prefix("a{b}"), invalid).await;
    refused(builder().margin(Duration::from_millis(999)), invalid).await;
}

#[tokio::test]
async fn nobody_there_is_unavailable_in_time() {
    let port = support::process::free_port();
    let url = format!("redis://127.0.0.1:{port}");
    refused(
        RedisStore::builder(Server::standalone(&url)),
        ErrorKind::Unavailable,
    )
    .await;
    refused(
        RedisStore::builder(Server::cluster([&url])),
        ErrorKind::Unavailable,
    )
    .await;
    refused(
        RedisStore::builder(Server::sentinel([&url], "x")),
        ErrorKind::Unavailable,
    )
    .await;
}

/// A server that is none that writes go to, or not yet.
#[tokio::test]
async fn servers_that_cannot_serve_are_unavailable() {
    let nowhere = support::process::free_port().to_string();
    let replica = Process::start(&["--save", "", "--replicaof", "127.0.0.1", &nowhere]);
    refused(
        RedisStore::builder(Server::standalone(replica.url())),
        ErrorKind::Unavailable,
    )
    .await;
    let node = Process::start(&["--save", "", "--cluster-enabled", "yes"]);
    refused(
        RedisStore::builder(Server::cluster([node.url()])),
        ErrorKind::Unavailable,
    )
    .await;
    refused(
        RedisStore::builder(Server::standalone(node.url())),
        ErrorKind::Unavailable,
    )
    .await;
}

/// What a server has said is what the error tells, and not that there was no time for another try.
#[tokio::test]
async fn a_last_try_without_an_answer_hides_no_reason() {
    let node = Process::start(&["--save", "", "--cluster-enabled", "yes"]);
    let after = async |requests| {
        let proxy = Proxy::before(node.port).await;
        proxy.holds_after(requests);
        let builder = RedisStore::builder(Server::standalone(proxy.url()));
        let patience = Duration::from_secs(4);
        let connected = builder.timeout(patience).connect_timeout(patience);
        let error = connected.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(
            why.contains("before, a server said") && why.contains("Hash slot not served"),
            "{why}"
        );
    };
    // The greeting, INFO, TIME, the SET that is refused, another greeting, and a SET without an answer.
    tokio::join!(after(5), after(7));
}

/// Sessions that were placed by another key could not be found.
#[tokio::test]
async fn another_placement_key_is_refused() {
    let server = Process::start(&["--save", ""]);
    let builder = || RedisStore::builder(Server::standalone(server.url()));
    let own = || PlacementKey::new(&[7; 32]);
    drop(builder().placement_key(own()).connect().await.unwrap());
    drop(builder().placement_key(own()).connect().await.unwrap());
    refused(builder(), ErrorKind::InvalidConfiguration).await;
    drop(
        builder()
            .prefix("another application")
            .connect()
            .await
            .unwrap(),
    );
}

/// Where hosts had different margins, a session would outlive its token set: nobody could revoke it.
#[tokio::test]
async fn another_margin_is_refused() {
    let server = Process::start(&["--save", ""]);
    let builder = |seconds| {
        let builder = RedisStore::builder(Server::standalone(server.url()));
        builder.margin(Duration::from_secs(seconds))
    };
    for _ in 0..2 {
        drop(builder(1).connect().await.unwrap());
    }
    let error = builder(600).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        why.contains("1000 ms") && why.contains("600000 ms"),
        "{why}"
    );
    drop(builder(600).prefix("another").connect().await.unwrap());

    // As the documentation says to change it.
    let mut connection = connect(&server.url()).await;
    let key = "cloakroom:{0000}:k:margin";
    let lives: i64 = cmd("PTTL")
        .arg(key)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(lives > 9 * 365 * 86_400_000, "{lives} ms");
    let removed: u64 = cmd("DEL")
        .arg(key)
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(removed, 1);
    drop(builder(600).connect().await.unwrap());
    refused(builder(1), ErrorKind::InvalidConfiguration).await;
}

/// Two applications on one server, one with a prefix that reads as a pattern for the other's.
#[tokio::test]
async fn applications_never_touch_each_others_keys() {
    let server = Process::start(&["--save", ""]);
    let mut stores = Vec::new();
    let now = SystemClock.now();
    for prefix in ["app?", "app1", "app*", "app", "app:x", "[a]pp1"] {
        let builder = RedisStore::builder(Server::standalone(server.url())).prefix(prefix);
        let store = builder.connect().await.unwrap();
        let mut mine = Vec::new();
        for name in ["ada", ":*", "{}", "a\nb", "a\0b"] {
            let record = signed_in(&store, &subject(name), now);
            let _ = store.create(&create(&record), now).await.unwrap();
            mine.push(record);
        }
        stores.push((store, mine));
    }
    for (store, mine) in &stores {
        assert_eq!(store.count(now).await.unwrap(), mine.len() as u64);
    }
    let later = now.plus(Duration::from_secs(86_400));
    for at in 0..stores.len() {
        let (store, mine) = &stores[at];
        let ended = store
            .revoke(&revoke(&subject(":*"), RevokeKind::All), now)
            .await
            .unwrap();
        assert_eq!(ended.ended, [mine[1].id()]);
        store.purge_expired(1_000, later).await.unwrap();
        for (store, others) in &stores[at + 1..] {
            assert_eq!(store.count(now).await.unwrap(), others.len() as u64);
        }
    }
}

/// What the documentation says to look up by hand is there.
#[tokio::test]
async fn a_users_sessions_are_looked_up_by_hand() {
    let server = Process::start(&["--save", ""]);
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let now = SystemClock.now();
    let record = signed_in(&store, &subject("ada"), now);
    let _ = store.create(&create(&record), now).await.unwrap();
    let cli = |arguments: &[&str]| {
        let mut command = Command::new("redis-cli");
        command
            .args(["-p", &server.port.to_string()])
            .args(arguments);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let found = cli(&["--scan", "--pattern", "cloakroom:{????}:u:ada"]);
    let set = found.trim();
    let listed = cli(&["ZRANGEBYSCORE", set, "(0", "+inf", "WITHSCORES"]);
    let deadline = record.deadline().instant().as_millis().to_string();
    assert_eq!(
        listed.lines().collect::<Vec<_>>(),
        [record.id().to_string(), deadline]
    );
    let key = set.replace(":u:ada", &format!(":s:{}", record.id()));
    assert_eq!(cli(&["GETRANGE", &key, "0", "1"]).trim(), "CR");
}

#[tokio::test]
async fn deadlines_beyond_all_clocks_are_none() {
    let server = Server::standalone(support::shared().url());
    let builder = RedisStore::builder(server).database(support::database());
    let builder = builder
        .timeout(Duration::MAX)
        .wait_for_replicas(0, Duration::MAX);
    works(builder).await;
}

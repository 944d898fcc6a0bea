//! Over TLS, with certificates that an authority of the operator's own has signed: for the server, and for this client.

#![cfg(feature = "tls")]
#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod support;

use std::time::Duration;

use cloakroom_core::ErrorKind;
use cloakroom_node::{Destroyed, Layout, NodeStore, Saved, Servers, Survey};
use support::process::{Process, Scratch, free_port};
use support::sessions::{load, with};

/// An authority, and what it has signed, in PEM.
struct Papers {
    authority: String,
    server: (String, String),
    client: (String, String),
}

impl Papers {
    fn sign() -> Self {
        use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(vec![]).unwrap();
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let of = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            let signed = params.signed_by(&key, &issuer).unwrap();
            (signed.pem(), key.serialize_pem())
        };
        Self {
            authority: root.pem(),
            server: of("127.0.0.1"),
            client: of("client"),
        }
    }

    /// A server that speaks TLS on the port that is named, and its files.
    fn server(&self, more: &[&str]) -> (Process, String, Scratch) {
        let directory = Scratch::new();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (cert, key) = (
            file("cert.pem", &self.server.0),
            file("key.pem", &self.server.1),
        );
        let authority = file("ca.pem", &self.authority);
        let port = free_port().to_string();
        let tls = [
            ["--tls-port", &port],
            ["--tls-cert-file", &cert],
            ["--tls-key-file", &key],
            ["--tls-ca-cert-file", &authority],
            ["--save", ""],
        ];
        let arguments = [tls.as_flattened(), more].concat();
        (Process::start(&arguments), port, directory)
    }

    fn shown(&self, servers: Servers) -> Servers {
        let (chain, key) = self.client.clone();
        servers.certificate(chain, key)
    }
}

fn builder(servers: Servers) -> cloakroom_node::NodeStoreBuilder {
    NodeStore::builder(Layout::koa_generic(), servers).timeout(Duration::from_secs(20))
}

#[tokio::test]
async fn a_session_is_read_and_written_over_tls() {
    let papers = Papers::sign();
    let (server, port, _files) = papers.server(&[]);
    let url = format!("rediss://127.0.0.1:{port}");
    let bare = || Servers::standalone(&*url);
    let servers = papers.shown(bare().trust(papers.authority.clone()));
    let store = builder(servers.clone()).connect().await.unwrap();
    let session = with(&store, "a", 1).await;
    // What was written over TLS stands on the server, as the way without it shows.
    let plain = builder(Servers::standalone(server.url()));
    let plain = plain.connect().await.unwrap();
    let mut there = load(&plain, session.sid()).await;
    assert_eq!(there.data().get::<u8>("a"), Ok(Some(1)));
    there.data_mut().set("a", &2).unwrap();
    assert_eq!(plain.save(&mut there).await.unwrap(), Saved::Saved);
    let again = load(&store, session.sid()).await;
    assert_eq!(again.data().get::<u8>("a"), Ok(Some(2)));
    let report = Survey::new(servers).report().await.unwrap();
    assert_eq!(report.koa_generic.all, 1);
    let destroyed = store.destroy(session.sid()).await.unwrap();
    assert_eq!(destroyed, Destroyed::Destroyed);

    // An authority that nobody told of, a client without its certificate, and another server's certificate.
    let other = Papers::sign();
    for (why, servers) in [
        ("unknown authority", papers.shown(bare())),
        (
            "another authority",
            papers.shown(bare().trust(other.authority.clone())),
        ),
        ("nothing shown", bare().trust(papers.authority.clone())),
        (
            "another's shown",
            other.shown(bare().trust(papers.authority.clone())),
        ),
    ] {
        let error = builder(servers).connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{why}: {error:?}");
    }
    let shown = format!("{:?}", papers.shown(bare()));
    assert!(!shown.contains("PRIVATE") && shown == "Standalone");
}

/// What was configured so will not be right at the next try, either. Nobody is asked, and no part of a key is told.
#[tokio::test]
async fn papers_that_cannot_be_read_are_a_wrong_configuration() {
    let papers = Papers::sign();
    let (chain, key) = papers.client.clone();
    let authority = papers.authority.clone();
    // On one line, as a variable of the environment may have it.
    let flat = key.replace('\n', "");
    let broken = |pem: &str| pem.replace("-----END", "-----AND");
    let cases = |servers: Servers| {
        let trusting = |pem: &str| servers.clone().trust(pem);
        let showing = |chain: &str, key: &str| servers.clone().certificate(chain, key);
        [
            ("no authority", trusting("")),
            ("a file's name", trusting("ca.pem")),
            ("a key", trusting(&key)),
            ("half an authority", trusting(&broken(&authority))),
            ("no chain", showing("", &key)),
            ("no key", showing(&chain, "")),
            ("half a key", showing(&chain, &broken(&key))),
            ("a flat key", showing(&chain, &flat)),
        ]
    };
    // Nobody listens there.
    let url = || format!("rediss://127.0.0.1:{}", free_port());
    let secret = key.lines().nth(1).unwrap();
    for servers in [Servers::standalone(url()), Servers::cluster([url()])] {
        for (why, servers) in cases(servers) {
            let error = builder(servers).connect().await.unwrap_err();
            let kind = ErrorKind::InvalidConfiguration;
            assert_eq!(error.kind(), kind, "{why}: {error:?}");
            assert!(!format!("{error:?}").contains(secret), "{why}");
        }
    }
}

/// The name in the certificate is that of another host.
#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    let mut papers = Papers::sign();
    papers.server = papers.client.clone();
    let (_server, port, _files) = papers.server(&["--tls-auth-clients", "no"]);
    let servers = Servers::standalone(format!("rediss://127.0.0.1:{port}"));
    let error = builder(servers.trust(papers.authority.clone()))
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

/// One node that has all slots, and announces itself over TLS.
#[tokio::test]
async fn a_cluster_over_tls() {
    let papers = Papers::sign();
    let cluster = [
        ["--cluster-enabled", "yes"],
        ["--tls-cluster", "yes"],
        ["--cluster-announce-ip", "127.0.0.1"],
    ];
    let (server, port, _files) = papers.server(cluster.as_flattened());
    let slots = ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"];
    assert_eq!(support::shard::cli(server.port, &slots).trim(), "OK");
    support::shard::wait_until_ok(&server, 1);
    let servers = Servers::cluster([format!("rediss://127.0.0.1:{port}")]);
    let servers = papers.shown(servers.trust(papers.authority.clone()));
    let store = builder(servers).connect().await.unwrap();
    let mut session = with(&store, "a", 1).await;
    session.data_mut().set("a", &2).unwrap();
    assert_eq!(store.save(&mut session).await.unwrap(), Saved::Saved);
    let mut walk = store.walk().await.unwrap();
    let page = walk.next_page().await.unwrap().expect("a page");
    assert_eq!(page.len(), 1);
}

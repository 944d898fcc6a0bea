//! The real middleware: what is written here is taken there and comes back equal, and the other way round; and what
//! becomes of a session that both write at once.

mod support;

use std::sync::Arc;

use cloakroom_node::{
    Attributes, Destroyed, ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Layout, Loaded,
    NodeData, NodeSession, NodeStore, Regenerated, Saved, Sid, Touched, Updated,
};
use serde_json::{Value, json};
use support::node::{App, header_of};
use support::{Place, ask};

/// A way to keep sessions, on both sides.
struct Stack {
    name: &'static str,
    app: Arc<App>,
    store: NodeStore,
    place: Place,
}

const STACKS: [&str; 3] = ["koa-generic", "express", "koa-session"];

impl Stack {
    async fn start(name: &'static str, config: Value) -> Self {
        let place = Place::new();
        let layout = match name {
            "koa-generic" => Layout::koa_generic().key_prefix("sid:"),
            "express" => Layout::express(),
            _ => Layout::koa_session(),
        };
        let url = place.url.clone();
        let app = tokio::task::spawn_blocking(move || App::start(name, &url, &config));
        Self {
            name,
            app: Arc::new(app.await.expect("it starts")),
            store: place
                .builder(layout)
                .reruns(10_000)
                .connect()
                .await
                .expect("the server is there"),
            place,
        }
    }

    /// The cookies that Rust gives the browser, as the browser sends them.
    fn cookie(&self, session: &NodeSession) -> String {
        self.signed(session, &["keys", "keykeys"], &["keyboard cat"])
    }

    fn signed(&self, session: &NodeSession, koa: &[&str], express: &[&str]) -> String {
        let attributes = session.attributes().expect("settings");
        let now = cloakroom_core::Timestamp::EPOCH;
        let sid = session.sid().expose();
        match self.name {
            "express" => {
                let secrets = ExpressSecrets::new(express.iter().copied()).expect("secrets");
                let cookies = ExpressCookies::new("connect.sid", secrets);
                header_of(&[cookies.set(sid, &attributes, now).expect("a cookie")])
            }
            _ => {
                let keygrip = Keygrip::new(koa.iter().copied()).expect("keys");
                let cookies = KoaCookies::new(self.cookie_name(), keygrip);
                header_of(&cookies.set(sid, &attributes, now).expect("cookies"))
            }
        }
    }

    fn cookie_name(&self) -> &'static str {
        match self.name {
            "koa-generic" => "koa.sid",
            "express" => "connect.sid",
            _ => "koa.sess",
        }
    }

    /// The id that a cookie of Node's names, as Rust reads it.
    fn sid(&self, cookie: &str) -> Sid {
        let value = match self.name {
            "express" => {
                let cookies = ExpressCookies::new(
                    "connect.sid",
                    ExpressSecrets::new(["keyboard cat"]).unwrap(),
                );
                cookies.read(cookie.as_bytes()).value().map(str::to_owned)
            }
            name => {
                let name = if name == "koa-generic" {
                    "koa.sid"
                } else {
                    "koa.sess"
                };
                let cookies = KoaCookies::new(name, Keygrip::new(["keys", "keykeys"]).unwrap());
                cookies.read(cookie.as_bytes()).value().map(str::to_owned)
            }
        };
        Sid::parse(&value.expect("Node's own cookie is right")).expect("an id of Node's")
    }

    async fn load(&self, sid: &Sid) -> Option<NodeSession> {
        self.store
            .load(sid)
            .await
            .expect("the server answers")
            .found()
    }
}

/// What the application keeps in a session.
fn own(data: &NodeData) -> Value {
    let value =
        |name: &str| serde_json::from_str(data.get_json(name).expect("it has it")).expect("JSON");
    Value::Object(
        data.names()
            .map(|name| (name.to_owned(), value(name)))
            .collect(),
    )
}

fn own_of_node(body: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().expect("an object").remove("cookie");
    body
}

/// Data of every kind that JSON has.
fn samples() -> Vec<Value> {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/recordings/express.json"
    ));
    let cases: Vec<Value> = serde_json::from_str(&text.expect("the recordings")).expect("JSON");
    let sessions = cases
        .iter()
        .filter(|case| case["kind"] == "captured")
        .map(|case| &case["session"]);
    sessions
        .filter(|session| session.is_object())
        .map(own_of_node)
        .filter(|own| own != &json!({}))
        .collect()
}

#[tokio::test]
async fn what_rust_writes_is_taken_by_node_and_comes_back_equal() {
    for name in STACKS {
        let stack = Stack::start(name, json!({})).await;
        for sample in samples() {
            let mut data = stack.store.blank();
            for (name, value) in sample.as_object().expect("an object") {
                data.set(name, value).expect("Node keeps it");
            }
            let session = stack.store.create(data).await.expect("the server answers");
            let cookie = stack.cookie(&session);
            let shown = stack.app.ask("/show", &cookie).await;
            assert_eq!(shown.status, 200);
            assert_eq!(own_of_node(&shown.body), sample, "{name}: Node reads it");
            assert_eq!(
                shown.set_cookie,
                Vec::<String>::new(),
                "{name}: and is content with the cookie"
            );
            let sid = session.sid().expose();
            assert_eq!(shown.session, sid, "{name}");

            let changed = stack
                .app
                .ask("/set?n=node&v=%22%F0%9F%A6%80%22", &cookie)
                .await;
            assert_eq!(changed.status, 200);
            let mut again = stack.load(session.sid()).await.expect("it is there");
            let mut expected = sample.clone();
            expected["node"] = "\u{1f980}".into();
            assert_eq!(
                own(again.data()),
                expected,
                "{name}: Rust reads what Node wrote"
            );

            again
                .data_mut()
                .set("rust", &[1, 2])
                .expect("Node keeps it");
            assert!(again.data_mut().remove("node"));
            assert_eq!(stack.store.save(&mut again).await.unwrap(), Saved::Saved);
            let mut expected = sample.clone();
            expected["rust"] = json!([1, 2]);
            let shown = stack.app.ask("/show", &cookie).await;
            assert_eq!(
                own_of_node(&shown.body),
                expected,
                "{name}: Node reads what Rust wrote over it"
            );
        }
    }
}

/// What both write after a change is the same, byte by byte, but for the time.
#[tokio::test]
async fn rust_writes_what_node_would() {
    for name in STACKS {
        let stack = Stack::start(name, json!({})).await;
        let mut redis = stack.place.redis().await;
        let begun = stack
            .app
            .ask("/set?n=a&v=%7B%22b%22:[1,2.5e-9,null]%7D", "")
            .await;
        let cookie = begun.cookie();
        let sid = stack.sid(&cookie);
        let keys: Vec<String> = ask(&mut redis, &[b"KEYS", b"*"]).await;
        assert_eq!(keys.len(), 1);
        let by_node: String = ask(&mut redis, &[b"GET", keys[0].as_bytes()]).await;
        let left_by_node: i64 = ask(&mut redis, &[b"TTL", keys[0].as_bytes()]).await;
        let mut session = stack.load(&sid).await.expect("Rust finds what Node began");
        assert_eq!(stack.store.save(&mut session).await.unwrap(), Saved::Saved);
        let by_rust: String = ask(&mut redis, &[b"GET", keys[0].as_bytes()]).await;
        let left_by_rust: i64 = ask(&mut redis, &[b"TTL", keys[0].as_bytes()]).await;
        let without_time = |text: &str| {
            let mut value: Value = serde_json::from_str(text).expect("JSON");
            value.as_object_mut().expect("an object").remove("_expire");
            (value, text.len())
        };
        assert_eq!(without_time(&by_rust), without_time(&by_node), "{name}");
        assert!(
            (left_by_rust - left_by_node).abs() <= 2,
            "{name}: {left_by_rust} and {left_by_node}"
        );
    }
}

#[tokio::test]
async fn an_older_key_is_taken_on_both_sides() {
    for name in STACKS {
        let config = json!({ "keys": ["newest", "keys"], "secret": ["newest", "keyboard cat"] });
        let stack = Stack::start(name, config).await;
        let mut data = stack.store.blank();
        data.set("a", &1).unwrap();
        let session = stack.store.create(data).await.unwrap();
        let shown = stack.app.ask("/show", &stack.cookie(&session)).await;
        assert_eq!(own_of_node(&shown.body), json!({ "a": 1 }), "{name}");
        // Koa signs again, and what it sets is what Rust would.
        let old = stack.cookie(&session);
        let ours = match name {
            "express" => Vec::new(),
            _ => {
                let keygrip = Keygrip::new(["newest", "keys"]).unwrap();
                KoaCookies::new(stack.cookie_name(), keygrip)
                    .read(old.as_bytes())
                    .set_cookie()
                    .to_vec()
            }
        };
        assert_eq!(shown.set_cookie, ours, "{name}");
        let forged = stack.signed(&session, &["wrong"], &["wrong"]);
        let shown = stack.app.ask("/show", &forged).await;
        assert_eq!(
            own_of_node(&shown.body),
            json!({}),
            "{name}: a forged one is not"
        );
    }
}

#[tokio::test]
async fn a_session_ends_on_either_side_for_both() {
    for name in STACKS {
        let stack = Stack::start(name, json!({})).await;
        let begun = stack.app.ask("/set?n=a&v=1", "").await;
        let cookie = begun.cookie();
        let sid = stack.sid(&cookie);
        let mut session = stack.load(&sid).await.expect("Node began it");
        assert_eq!(
            stack.store.touch(&mut session).await.unwrap(),
            Touched::Touched
        );
        assert_eq!(
            stack.app.ask("/show", &cookie).await.body["a"],
            1,
            "{name}: Node still takes it"
        );
        let Regenerated::Regenerated(new) = stack
            .store
            .regenerate(&stack.load(&sid).await.unwrap(), session.data().clone())
            .await
            .unwrap()
        else {
            panic!("nobody else writes it");
        };
        assert_eq!(
            own_of_node(&stack.app.ask("/show", &cookie).await.body),
            json!({}),
            "{name}: the old id is dead"
        );
        let cookie = stack.cookie(&new);
        assert_eq!(
            stack.app.ask("/show", &cookie).await.body["a"],
            1,
            "{name}: the new one is not"
        );
        let _ = stack.app.ask("/out", &cookie).await;
        assert!(
            matches!(stack.store.load(new.sid()).await.unwrap(), Loaded::Absent),
            "{name}: Node ended it"
        );
    }
}

const ROUNDS: u64 = 1000;

/// Rust and Node write the same session at once. Node's writes are never lost by Rust; of Rust's, Node loses some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rounds_of_writing_at_once() {
    for name in STACKS {
        let stack = Stack::start(name, json!({})).await;
        let begun = stack.app.ask("/set?n=node&v=0", "").await;
        let cookie = begun.cookie();
        let sid = stack.sid(&cookie);
        for round in 1..=ROUNDS {
            let in_rust = stack.store.update(&sid, |data| {
                let count: u64 = data.get("rust")?.unwrap_or_default();
                data.set("rust", &(count + 1))
            });
            let (by_rust, by_node) = tokio::join!(in_rust, stack.app.ask("/add?n=node", &cookie));
            assert!(matches!(by_rust.unwrap(), Updated::Saved(_)));
            assert_eq!(by_node.status, 200);
            let there = stack.load(&sid).await.expect("nobody ends it");
            let count: u64 = there.data().get("node").unwrap().expect("it is there");
            assert_eq!(count, round, "{name}: Rust has lost what Node wrote");
        }
        let there = stack.load(&sid).await.expect("nobody ends it");
        let kept: u64 = there.data().get("rust").unwrap().unwrap_or_default();
        assert!(kept <= ROUNDS);
        println!(
            "{name}: Node has lost {} of {ROUNDS} writes of Rust's",
            ROUNDS - kept
        );
    }
}

/// Rust signs out while both write. What Rust writes never brings the session back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rounds_of_signing_out_at_once() {
    for name in STACKS {
        let stack = Stack::start(name, json!({})).await;
        let mut undone = 0;
        for round in 0..ROUNDS {
            let mut data = stack.store.blank();
            data.set("node", &0).unwrap();
            let mut session = stack.store.create(data).await.unwrap();
            let (sid, cookie) = (session.sid().clone(), stack.cookie(&session));
            session.data_mut().set("late", &round).unwrap();
            let update = stack.store.update(&sid, |data| data.set("rust", &round));
            let sign_out = stack.store.destroy(&sid);
            let late = async { stack.store.save(&mut session).await };
            // In every other round Node stands by: then there is nobody who could bring it back.
            let is_node_there = round % 2 == 0;
            let in_node = async {
                if is_node_there {
                    let _ = stack.app.ask("/add?n=node", &cookie).await;
                }
            };
            let (updated, signed_out, saved, ()) = tokio::join!(update, sign_out, late, in_node);
            let _ = (updated.unwrap(), saved.unwrap());
            assert_eq!(signed_out.unwrap(), Destroyed::Destroyed);
            match stack.load(&sid).await {
                None => {}
                Some(_) if is_node_there => undone += 1,
                Some(_) => panic!("{name}: Rust has brought a session back"),
            }
        }
        println!(
            "{name}: Node has undone {undone} of {} sign-outs",
            ROUNDS / 2
        );
    }
}

/// What Node can still undo, in a forced order: a request that has read the session, a sign-out from Rust, and then the
/// end of that request.
#[tokio::test]
async fn what_a_slow_request_of_node_s_undoes() {
    // Whether a request that only reads, or one that writes, brings the session back.
    let cases = [
        ("koa-generic", json!({}), false, true),
        ("koa-generic", json!({ "rolling": true }), true, true),
        ("express", json!({}), false, true),
        (
            "express",
            json!({ "rolling": true, "cookie": { "maxAge": 3_600_000 } }),
            false,
            true,
        ),
        ("express", json!({ "resave": true }), true, true),
        ("koa-session", json!({}), false, true),
        ("koa-session", json!({ "rolling": true }), true, true),
    ];
    for (name, config, by_reading, by_writing) in cases {
        let stack = Stack::start(name, config.clone()).await;
        for (request, comes_back) in [
            ("/show?gate=r", by_reading),
            ("/add?n=node&gate=w", by_writing),
        ] {
            let mut data = stack.store.blank();
            data.set("node", &0).unwrap();
            let session = stack.store.create(data).await.unwrap();
            let cookie = stack.cookie(&session);
            let slow = tokio::spawn({
                let (app, cookie) = (stack.app.clone(), cookie.clone());
                async move { app.ask(request, &cookie).await }
            });
            let gate = request.rsplit_once('=').expect("a gate").1;
            let _ = stack.app.ask(&format!("/reached?gate={gate}"), "").await;
            assert_eq!(
                stack.store.destroy(session.sid()).await.unwrap(),
                Destroyed::Destroyed
            );
            let _ = stack.app.ask(&format!("/open?gate={gate}"), "").await;
            let _ = slow.await.unwrap();
            let is_back = stack.load(session.sid()).await.is_some();
            assert_eq!(is_back, comes_back, "{name} {config} {request}");
        }
    }
}

/// As the settings say, and as the guide does: sessions of Node's that never go.
#[tokio::test]
async fn what_node_keeps_for_ever_is_found() {
    let stack = Stack::start("koa-generic", json!({ "cookie": { "maxAge": null } })).await;
    let begun = stack.app.ask("/set?n=a&v=1", "").await;
    let session = stack
        .load(&stack.sid(&begun.cookie()))
        .await
        .expect("Node began it");
    assert_eq!(session.left(), cloakroom_node::Left::Forever);
    let attributes = session.attributes().expect("settings");
    assert_eq!(attributes, Attributes::new().signed(true));
}

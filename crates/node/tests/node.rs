//! The real middleware: what is written here is taken there and comes back equal, and the other way round.

mod support;

use cloakroom_node::{
    Attributes, Keygrip, KoaCookies, Loaded, NodeData, Regenerated, Saved, Touched,
};
use serde_json::{Value, json};
use support::ask;
use support::stack::{STACKS, Stack};

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

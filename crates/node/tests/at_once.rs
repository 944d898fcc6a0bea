//! A session that Node and Rust write at once: what Rust keeps, and what Node can undo.

mod support;

use cloakroom_node::{Destroyed, Updated};
use serde_json::json;
use support::stack::{STACKS, Stack};

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

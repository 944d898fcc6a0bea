//! From Node's sessions to Cloakroom's own, and what is in a Redis full of Node's.

#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod support;

use cloakroom_core::{Sessions, Subject};
use cloakroom_moka::MokaStore;
use cloakroom_node::{
    Carried, Carrier, Carry, Layout, NodeData, NodeSession, NodeStore, Old, Servers, Sid, Survey,
};
use support::{Place, ask};

type Cart = Vec<String>;

fn sessions() -> Sessions<Cart> {
    Sessions::builder(MokaStore::new()).build().unwrap()
}

fn carry(data: &NodeData) -> Carry<Cart> {
    let cart = data.get("cart").ok().flatten().unwrap_or_default();
    match data.get::<String>("user") {
        Ok(Some(user)) => Carry::SignedIn(Subject::new(user).expect("a user"), cart),
        Ok(None) => Carry::Anonymous(cart),
        Err(_) => Carry::Refuse,
    }
}

async fn old(store: &NodeStore, user: Option<&str>) -> NodeSession {
    let mut data = store.blank();
    data.set("cart", &["hat"]).unwrap();
    if let Some(user) = user {
        data.set("user", user).unwrap();
    }
    store.create(data).await.unwrap()
}

#[tokio::test]
async fn a_visitor_is_carried_over_on_first_sight() {
    let node = Place::new().store(Layout::express()).await;
    for (end, lives_on) in [(Old::Keep, true), (Old::End, false)] {
        let sessions = sessions();
        let carrier = Carrier::new(node.clone(), sessions.clone(), end);
        let visitor = old(&node, None).await;
        let issued = carrier
            .carry(visitor.sid(), carry)
            .await
            .unwrap()
            .issued()
            .expect("it was there");
        assert_eq!(issued.session.data(), &["hat"]);
        assert_eq!(issued.session.subject(), None);
        let ada = old(&node, Some("ada")).await;
        let issued = carrier
            .carry(ada.sid(), carry)
            .await
            .unwrap()
            .issued()
            .expect("it was there");
        let ada_subject = Subject::new("ada").unwrap();
        assert_eq!(issued.session.subject(), Some(&ada_subject));
        assert!(sessions.load(&issued.token).await.unwrap().is_found());
        for session in [&visitor, &ada] {
            assert_eq!(
                node.load(session.sid()).await.unwrap().found().is_some(),
                lives_on
            );
        }
    }
}

#[tokio::test]
async fn nothing_is_made_from_nothing() {
    let node = Place::new().store(Layout::express()).await;
    let sessions = sessions();
    let carrier = Carrier::new(node.clone(), sessions.clone(), Old::End);
    let absent = carrier
        .carry(&Sid::parse("absent").unwrap(), carry)
        .await
        .unwrap();
    assert!(matches!(absent, Carried::Absent));
    let odd = old(&node, None).await;
    let _ = node
        .update(odd.sid(), |data| data.set("user", &5))
        .await
        .unwrap();
    let refused = carrier.carry(odd.sid(), carry).await.unwrap();
    assert!(matches!(refused, Carried::Refused));
    assert!(node.load(odd.sid()).await.unwrap().found().is_some());
    assert_eq!(sessions.store().count(sessions.now()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_at_once_one_carries_over() {
    let node = Place::new().store(Layout::koa_generic()).await;
    let sessions = sessions();
    let carrier = std::sync::Arc::new(Carrier::new(node.clone(), sessions.clone(), Old::End));
    for _ in 0..20 {
        let before = sessions.store().count(sessions.now()).await.unwrap();
        let visitor = old(&node, Some("ada")).await;
        let tasks = (0..6).map(|_| {
            let (carrier, sid) = (carrier.clone(), visitor.sid().clone());
            tokio::spawn(async move { carrier.carry(&sid, carry).await.unwrap() })
        });
        let mut issued = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await.unwrap() {
                Carried::Issued(_) => issued += 1,
                Carried::Gone | Carried::Absent => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(issued, 1);
        assert_eq!(
            sessions.store().count(sessions.now()).await.unwrap(),
            before + 1
        );
    }
}

/// A late request in Node changes the old session while it is carried over: the change comes along.
#[tokio::test]
async fn what_node_writes_meanwhile_is_carried_over_too() {
    let place = Place::new();
    let node = place.store(Layout::express()).await;
    let carrier = Carrier::new(node.clone(), sessions(), Old::End);
    let visitor = old(&node, None).await;
    let key = format!("sess:{}", visitor.sid().expose());
    let changed = visitor
        .data()
        .to_json()
        .replace("[\"hat\"]", "[\"hat\",\"scarf\"]");
    let mut runs = 0;
    let carrying = carrier.carry(visitor.sid(), |data| {
        runs += 1;
        if runs == 1 {
            place.cli(&["SET", &key, &changed, "EX", "900"]);
        }
        carry(data)
    });
    let issued = carrying.await.unwrap().issued().expect("it was there");
    assert_eq!(issued.session.data(), &["hat", "scarf"]);
    assert_eq!(runs, 2);
}

#[tokio::test]
async fn a_report_counts_and_changes_nothing() {
    let place = Place::new();
    let mut redis = place.redis().await;
    let express = r#"{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}}"#;
    let generic =
        r#"{"cookie":{"httpOnly":true,"path":"/","overwrite":true,"signed":true,"maxAge":0}}"#;
    for n in 0..1200 {
        let () = ask(
            &mut redis,
            &[
                b"SET",
                format!("sess:{n}").as_bytes(),
                express.as_bytes(),
                b"EX",
                b"900",
            ],
        )
        .await;
    }
    for (key, value) in [
        ("sid:1", generic),
        ("sid:2", generic),
        ("sid:3", "{\"cookie\":{"),
        ("sid:4", "{}"),
        ("sid:5", ""),
        (
            "11d34746-912a-4df1-9ed1-d24e8cad92c2",
            r#"{"user":"a","_expire":4951134942884,"_maxAge":3155760000000}"#,
        ),
        ("cache", "12"),
        ("page", "<html>"),
    ] {
        let () = ask(&mut redis, &[b"SET", key.as_bytes(), value.as_bytes()]).await;
    }
    let _: i64 = ask(&mut redis, &[b"SADD", b"tokens:ada", b"1", b"2"]).await;
    let _: i64 = ask(&mut redis, &[b"RPUSH", b"jobs", b"1"]).await;
    let before = everything(&mut redis).await;
    let report = Survey::new(Servers::standalone(&*place.url))
        .prefix("sid:")
        .prefix("sess:")
        .report()
        .await
        .unwrap();
    assert_eq!((report.express.all, report.express.forever), (1200, 0));
    assert_eq!((report.koa_generic.all, report.koa_generic.forever), (2, 2));
    assert_eq!(
        (
            report.koa_session.all,
            report.damaged.all,
            report.unclear.all
        ),
        (1, 2, 1)
    );
    assert_eq!(
        (report.sets.all, report.members, report.other.all),
        (1, 2, 3)
    );
    assert!(
        everything(&mut redis).await == before,
        "the survey has changed something"
    );
    assert!(
        report
            .to_string()
            .contains("express-session                     1200"),
        "{report}"
    );
}

/// Each key, its value, and whether it goes by itself.
async fn everything(redis: &mut redis::aio::MultiplexedConnection) -> Vec<(String, Vec<u8>, bool)> {
    let mut keys: Vec<String> = ask(redis, &[b"KEYS", b"*"]).await;
    keys.sort();
    let mut all = Vec::new();
    for key in keys {
        let value: Vec<u8> = ask(redis, &[b"DUMP", key.as_bytes()]).await;
        let left: i64 = ask(redis, &[b"TTL", key.as_bytes()]).await;
        all.push((key, value, left == -1));
    }
    all
}

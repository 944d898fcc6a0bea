//! The store on a real server: nothing is lost, and nothing comes back.

mod support;

use std::time::Duration;

use cloakroom_core::ErrorKind;
use cloakroom_node::{
    DataError, Destroyed, Layout, Left, Loaded, Regenerated, Saved, Touched, Updated,
};
use support::sessions::{HOUR, layouts, load, sid, with};
use support::{Place, ask};

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

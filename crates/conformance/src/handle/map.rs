//! The map for frameworks, whose changes merge by key.

use cloakroom_core::{MapDraft, SessionMap};

use crate::handle::prelude::*;

fn map<const N: usize>(values: [(&str, u32); N]) -> SessionMap {
    let mut map = SessionMap::new();
    for (key, value) in values {
        map.set(key, value).expect("a number has a form in JSON");
    }
    map
}

/// Rule 2: of two requests that overlap and set different keys, both win; of the same key, the later.
pub async fn two_requests_that_set_different_keys_both_win<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, quick) = (
        service.host_with::<SessionMap>(|s| s).await,
        service.host_with::<SessionMap>(|s| s).await,
    );
    let issued = slow
        .create(map([("kept", 0), ("both", 0), ("removed", 0)]))
        .await;
    let read = || async { slow.open(&issued.token).await.into_data() };
    let (mut one, mut other) = (read().await.draft(), read().await.draft());
    assert!(!one.is_changed(), "what was read is not changed");
    one.set("one", 1).expect("a number");
    one.set("both", 1).expect("a number");
    other.set("other", 2).expect("a number");
    other.set("both", 2).expect("a number");
    other.remove("removed");
    other.remove("never there");

    let hold = slow.faults.hold_before(Operation::Update);
    let merging = slow.sessions.merge(&issued.token, &mut one);
    let quickly = quick.sessions.merge(&issued.token, &mut other);
    let (late, early) = while_held(hold, merging, quickly).await;
    expect_found(early.expect("merge does not fail"));
    let merged = expect_found(late.expect("merge does not fail")).into_data();
    let stored = read().await;
    for map in [&merged, &stored] {
        let values = map
            .keys()
            .map(|key| (key, map.get::<u32>(key).expect("a number")));
        let expected = [
            ("both", Some(1)),
            ("kept", Some(0)),
            ("one", Some(1)),
            ("other", Some(2)),
        ];
        assert_eq!(values.collect::<Vec<_>>(), expected);
    }
}

/// Rule 2: a change that was merged is not made again, whatever is merged next: neither by the draft
/// that made it, nor by one of the map that the merge answered with, nor by one of a map that was
/// created. Another request may have changed the same key since.
pub async fn a_change_that_was_merged_is_not_made_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<SessionMap>(|s| s).await;
    let issued = host.create(map([("cart", 1)])).await;
    let merge = async |draft: &mut MapDraft| {
        let merged = host.sessions.merge(&issued.token, draft).await;
        expect_found(merged.expect("merge does not fail")).into_data()
    };
    let read = async || host.open(&issued.token).await.into_data();
    let mut created = issued.session.data().clone().draft();
    let mut first = read().await.draft();
    first.set("theme", 1).expect("a number");
    let mut answered = merge(&mut first).await.draft();
    let update = |map: &mut SessionMap| map.set("language", 1).expect("a number");
    let mut updated = host.change(&issued.token, update).await.into_data().draft();

    let mut other = read().await.draft();
    other.remove("cart");
    for key in ["theme", "language"] {
        other.set(key, 5).expect("a number");
    }
    let others = merge(&mut other).await;
    for (n, draft) in [
        &mut created,
        &mut first,
        &mut answered,
        &mut updated,
        &mut other,
    ]
    .into_iter()
    .enumerate()
    {
        assert!(!draft.is_changed());
        merge(draft).await;
        let key = format!("own {n}");
        draft.set(&key, n).expect("a number");
        merge(draft).await;
        let mut stored = read().await;
        assert_eq!(stored.get(&key).expect("a number"), Some(n));
        for n in 0..=n {
            stored.remove(&format!("own {n}"));
        }
        assert_eq!(stored, others);
    }
}

/// Any key is a key: those that mean something to the language or the library elsewhere are stored, read
/// and removed like all others.
pub async fn keys_that_mean_something_elsewhere_are_keys<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<SessionMap>(|s| s).await;
    let keys = [
        "__proto__",
        "constructor",
        "prototype",
        "id",
        "save",
        "destroy",
        "cookie",
        "maxAge",
        "_expire",
        "toJSON",
        "then",
        "hasOwnProperty",
        "",
        " ",
        "\0",
        "a.b",
        "$ref",
        "0",
        "ключ",
    ];
    let issued = host.create(SessionMap::new()).await;
    for (n, key) in keys.into_iter().enumerate() {
        let mut change = MapDraft::new();
        change.set(key, n).expect("a number");
        expect_found(
            host.sessions
                .merge(&issued.token, &mut change)
                .await
                .expect("merge"),
        );
    }
    let mut map = host.open(&issued.token).await.into_data().draft();
    assert_eq!(map.keys().count(), keys.len());
    for (n, key) in keys.into_iter().enumerate() {
        assert_eq!(map.get(key).expect("a number"), Some(n), "{key:?}");
        assert!(map.remove(key));
    }
    let emptied = host
        .sessions
        .merge(&issued.token, &mut map)
        .await
        .expect("merge");
    assert_eq!(expect_found(emptied).data().keys().count(), 0);
}

/// Without a change nothing is written; with one that sets what is there already, something is.
pub async fn a_map_without_changes_writes_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<SessionMap>(|s| s).await;
    let issued = host.create(map([("theme", 1)])).await;
    let mut read = host.open(&issued.token).await.into_data().draft();
    let same = host
        .sessions
        .merge(&issued.token, &mut read)
        .await
        .expect("merge");
    assert_eq!(expect_found(same).revision(), issued.session.revision());
    assert_eq!(host.faults.calls(Operation::Update), 0);
    read.set("theme", 1).expect("a number");
    let set = host
        .sessions
        .merge(&issued.token, &mut read)
        .await
        .expect("merge");
    assert_eq!(
        expect_found(set).revision(),
        issued.session.revision().next()
    );
}

/// Rule 1: merging creates nothing.
pub async fn merging_into_a_session_that_has_ended_creates_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<SessionMap>(|s| s).await;
    let issued = host.create(SessionMap::new()).await;
    host.sign_out(&issued.token).await;
    let mut late = MapDraft::new();
    late.set("late", 1).expect("a number");
    for mut change in [MapDraft::new(), late] {
        let merged = host.sessions.merge(&issued.token, &mut change).await;
        assert!(matches!(merged, Ok(Lookup::Ended { .. })), "{merged:?}");
    }
}

/// Values come back as they were, nested, large and negative ones too.
pub async fn values_come_back_as_they_were<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<SessionMap>(|s| s).await;
    let value = serde_json::json!({
        "null": null, "nested": [[{"__proto__": [1, -1, u64::MAX, i64::MIN]}]],
        "text": "\u{0}\"\\\u{2028}🧥", "fraction": 0.1, "tiny": 5e-324, "large": 1.7976931348623157e308,
    });
    let mut data = SessionMap::new();
    data.set("value", &value)
        .expect("a value has a form in JSON");
    let issued = host.create(data).await;
    let read = host.open(&issued.token).await.into_data();
    assert_eq!(
        read.get::<serde_json::Value>("value").expect("a value"),
        Some(value)
    );
}

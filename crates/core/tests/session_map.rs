//! The map for frameworks: what merging promises, in every codec.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of the tests fails as they do: by a panic"
)]

mod support;

use std::collections::BTreeMap;

use cloakroom_core::{
    Codec, ErrorKind, Issued, Lookup, ManualClock, MapDraft, SessionMap, Sessions,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};
use support::MapStore;

fn codecs() -> impl Iterator<Item = Codec> {
    (0..=u8::MAX).filter_map(Codec::from_number)
}

fn sessions(codec: Codec) -> Sessions<SessionMap> {
    let builder = Sessions::builder(MapStore::default()).clock(ManualClock::new());
    builder.codec(codec).build().unwrap()
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// A session with these values.
async fn stored(
    sessions: &Sessions<SessionMap>,
    values: &BTreeMap<String, Value>,
) -> Issued<SessionMap> {
    let mut map = SessionMap::new();
    for (key, value) in values {
        map.set(key, value).unwrap();
    }
    sessions.create(map).await.unwrap()
}

async fn drafted(sessions: &Sessions<SessionMap>, issued: &Issued<SessionMap>) -> MapDraft {
    read(sessions, issued).await.draft()
}

async fn read(sessions: &Sessions<SessionMap>, issued: &Issued<SessionMap>) -> SessionMap {
    let read = sessions.load(&issued.token).await.unwrap();
    read.found().unwrap().into_data()
}

fn values(map: &SessionMap) -> BTreeMap<String, Value> {
    let value = |key| map.get(key).unwrap().unwrap();
    map.keys().map(|key| (key.to_owned(), value(key))).collect()
}

/// What a request does to a map: by key, sets a value or removes it.
type Changes = Vec<(String, Option<Value>)>;

fn make(changes: &Changes, draft: &mut MapDraft) {
    for (key, value) in changes {
        match value {
            Some(value) => draft.set(key, value).unwrap(),
            None => drop(draft.remove(key)),
        }
    }
}

/// The same, done to the values themselves.
fn make_plainly(changes: &Changes, values: &mut BTreeMap<String, Value>) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(values.insert(key.clone(), value.clone())),
            None => drop(values.remove(key)),
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// Keys that come again, awkward ones among them.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["", "__proto__", "id", "save", "a", "b", "c"])
            .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn content() -> impl Strategy<Value = BTreeMap<String, Value>> {
    prop::collection::btree_map(key(), value(), 0..6)
}

fn changes() -> impl Strategy<Value = Changes> {
    prop::collection::vec((key(), prop::option::of(value())), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// Any values come back, in every codec.
    #[test]
    fn any_values_come_back(content in content()) {
        for codec in codecs() {
            let sessions = sessions(codec);
            let back = block_on(async {
                let issued = stored(&sessions, &content).await;
                read(&sessions, &issued).await
            });
            prop_assert_eq!(values(&back), content.clone());
        }
    }

    /// Two requests read the same map, change keys of their own, and merge one after the other: both
    /// win, whichever comes first, and what neither changed stays.
    #[test]
    fn changes_of_different_keys_both_win(content in content(), one in changes(), other in changes()) {
        let other: Changes = other.into_iter().filter(|(key, _)| one.iter().all(|(k, _)| k != key)).collect();
        let mut expected = content.clone();
        make_plainly(&one, &mut expected);
        make_plainly(&other, &mut expected);
        for (codec, orders) in codecs().flat_map(|codec| [(codec, [&one, &other]), (codec, [&other, &one])]) {
            let sessions = sessions(codec);
            let merged = block_on(async {
                let issued = stored(&sessions, &content).await;
                let mut drafts = [drafted(&sessions, &issued).await, drafted(&sessions, &issued).await];
                for (draft, changes) in drafts.iter_mut().zip(orders) {
                    make(changes, draft);
                    let _ = sessions.merge(&issued.token, draft).await.unwrap();
                }
                read(&sessions, &issued).await
            });
            prop_assert_eq!(values(&merged), expected.clone());
        }
    }

    /// Of changes of the same key the one that merges later wins, key by key.
    #[test]
    fn of_changes_of_one_key_the_later_wins(content in content(), one in changes(), other in changes()) {
        let mut expected = content.clone();
        make_plainly(&one, &mut expected);
        make_plainly(&other, &mut expected);
        let sessions = sessions(Codec::Json);
        let merged = block_on(async {
            let issued = stored(&sessions, &content).await;
            let mut drafts = [drafted(&sessions, &issued).await, drafted(&sessions, &issued).await];
            for (draft, changes) in drafts.iter_mut().zip([&one, &other]) {
                make(changes, draft);
                let _ = sessions.merge(&issued.token, draft).await.unwrap();
            }
            read(&sessions, &issued).await
        });
        prop_assert_eq!(values(&merged), expected);
    }

    /// A draft shows its own changes before it is merged, and applying them to a copy of what was read
    /// gives the same map.
    #[test]
    fn a_draft_shows_its_own_changes(content in content(), changes in changes()) {
        let sessions = sessions(Codec::Json);
        let before = block_on(async {
            let issued = stored(&sessions, &content).await;
            read(&sessions, &issued).await
        });
        let mut draft = before.clone().draft();
        make(&changes, &mut draft);
        let mut expected = content;
        make_plainly(&changes, &mut expected);
        prop_assert_eq!(values(&draft), expected);
        prop_assert_eq!(draft.is_changed(), !changes.is_empty());
        let mut copy = before;
        copy.apply(&draft);
        prop_assert_eq!(&copy, &*draft);
    }
}

#[test]
fn a_value_of_another_type_is_an_error_that_does_not_quote_it() {
    let mut map = SessionMap::new();
    map.set("secret", "canary").unwrap();
    let error = map.get::<u32>("secret").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error:?}").contains("canary"));
    assert_eq!(map.get::<u32>("absent").unwrap(), None);
}

#[test]
fn a_value_without_a_form_in_json_changes_nothing() {
    let mut map = SessionMap::new();
    map.set("kept", 1).unwrap();
    let nameless = BTreeMap::from([(vec!["canary"], 1)]);
    let error = map.set("kept", nameless).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert!(!format!("{error:?}").contains("canary"));
    assert_eq!(map.get("kept").unwrap(), Some(1));
}

/// Decoders stop at a depth. A value that is nested deeper, such as one that a request has brought, must
/// be refused before it is stored: nobody could read the session afterwards.
#[test]
fn what_can_be_set_can_be_read_however_deep_it_is_nested() {
    let arrays = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let objects = |depth| (0..depth).fold(json!(1), |inner, _| json!({ "in": inner }));
    let depths = || (1..20).chain(90..140);
    let values = depths().map(|depth| (depth, arrays(depth)));
    let values = values.chain(depths().map(|depth| (depth, objects(depth))));
    for (depth, value) in values {
        for codec in codecs() {
            let sessions = sessions(codec);
            let mut map = SessionMap::new();
            if let Err(error) = map.set("deep", &value) {
                assert!(depth > SessionMap::MAX_DEPTH, "{depth}");
                assert_eq!(error.kind(), ErrorKind::Encode);
                assert!(!map.contains("deep"));
                continue;
            }
            assert!(depth <= SessionMap::MAX_DEPTH, "{depth}");
            assert!(map.contains("deep"));
            block_on(async {
                let issued = sessions.create(map).await.unwrap();
                let back = sessions.load(&issued.token).await;
                let Ok(Lookup::Found(back)) = back else {
                    panic!("{depth} deep in {codec:?}: {back:?}");
                };
                assert_eq!(
                    back.data().get::<Value>("deep").unwrap().as_ref(),
                    Some(&value)
                );
            });
        }
    }
}

/// Nor may a map that is read from a text, such as the body of a request, bring what only some codecs
/// could read again.
#[test]
fn what_is_read_from_a_text_can_be_stored_in_every_codec() {
    let arrays = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth| format!("{}1{}", "{\"in\":".repeat(depth), "}".repeat(depth));
    let depths = || (1..20).chain(90..125);
    let texts = depths().map(|depth| (depth, arrays(depth)));
    for (depth, text) in texts.chain(depths().map(|depth| (depth, objects(depth)))) {
        let text = format!("{{\"deep\":{text}}}");
        let Ok(map) = serde_json::from_str::<SessionMap>(&text) else {
            assert!(depth > SessionMap::MAX_DEPTH, "{depth}");
            continue;
        };
        assert!(depth <= SessionMap::MAX_DEPTH, "{depth}");
        for codec in codecs() {
            let sessions = sessions(codec);
            let back = block_on(async {
                let issued = sessions.create(map.clone()).await.unwrap();
                sessions.load(&issued.token).await
            });
            assert!(back.is_ok(), "{depth} deep in {codec:?}: {back:?}");
        }
    }
}

#[test]
fn debug_shows_neither_keys_nor_values() {
    let mut draft = MapDraft::new();
    draft.set("canary", "canary").unwrap();
    for shown in [
        format!("{draft:?} {draft:#?}"),
        format!("{:?} {:#?}", *draft, *draft),
    ] {
        assert!(
            shown.contains("SessionMap") && !shown.contains("canary"),
            "{shown}"
        );
    }
}

/// A draft that could not be merged keeps its changes, for the next try.
#[tokio::test]
async fn a_draft_that_was_not_stored_keeps_its_changes() {
    let builder = Sessions::builder(MapStore::default()).clock(ManualClock::new());
    let sessions: Sessions<SessionMap> = builder.max_data(20).build().unwrap();
    let issued = sessions.create(SessionMap::new()).await.unwrap();
    let mut draft = MapDraft::new();
    draft.set("note", "far too long for the limit").unwrap();
    let refused = sessions.merge(&issued.token, &mut draft).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TooLarge);
    assert!(draft.is_changed());
    draft.set("note", "short").unwrap();
    let merged = sessions.merge(&issued.token, &mut draft).await.unwrap();
    assert_eq!(merged.found().unwrap().into_data(), *draft);
    assert!(!draft.is_changed());
    let _ = sessions.sign_out(&issued.token).await.unwrap();
    draft.remove("note");
    let merged = sessions.merge(&issued.token, &mut draft).await.unwrap();
    assert!(!merged.is_found() && draft.is_changed());
}

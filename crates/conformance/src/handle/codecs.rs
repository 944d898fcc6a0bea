//! Codecs: every one that is built in, and data of another than the handle's.

use cloakroom_core::{Codec, MapDraft, SessionMap};
use serde::{Deserialize, Serialize};

use crate::handle::prelude::*;

/// The codecs that are built in.
fn codecs() -> impl Iterator<Item = Codec> {
    (0..=u8::MAX).filter_map(Codec::from_number)
}

/// Data of the shapes that applications have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shapes {
    text: String,
    bytes: Vec<u8>,
    numbers: (u64, i64, f64),
    maybe: Option<Box<Shapes>>,
    choice: Choice,
    by_name: std::collections::BTreeMap<String, u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Choice {
    Unit,
    Tuple(u8, String),
    Named { at: i32 },
}

fn shapes() -> Shapes {
    let plain = Shapes {
        text: "\0\"\\☂".to_owned(),
        bytes: (0..=255).collect(),
        numbers: (u64::MAX, i64::MIN, 0.1),
        maybe: None,
        choice: Choice::Unit,
        by_name: Default::default(),
    };
    Shapes {
        maybe: Some(Box::new(Shapes {
            choice: Choice::Tuple(7, String::new()),
            ..plain.clone()
        })),
        choice: Choice::Named { at: -1 },
        by_name: [("".to_owned(), 0), ("__proto__".to_owned(), 1)].into(),
        ..plain
    }
}

/// Every codec brings data of any shape back, through changes and a sign-in.
pub async fn every_codec_brings_the_data_back<H: Harness>() {
    let service = Service::<H>::start().await;
    for codec in codecs() {
        let host = service.host_with::<Shapes>(|s| s.codec(codec)).await;
        let visit = host.create(shapes()).await;
        assert_eq!(host.open(&visit.token).await.data(), &shapes(), "{codec:?}");
        host.change(&visit.token, |s| s.text.push('!')).await;
        let attempt = host.begin(&subject("ada")).await;
        let carry = |carried: Option<Shapes>| carried.expect("data to carry");
        let completed = host
            .sessions
            .complete(attempt, Some(&visit.token), carry)
            .await;
        let issued = completed
            .expect("complete does not fail")
            .signed_in()
            .expect("a sign-in");
        let read = host.open(&issued.token).await.into_data();
        assert_eq!(read.text, shapes().text + "!", "{codec:?}");
    }
}

/// A service changes its codec without ending its sessions: what the old one wrote is read, and written
/// back by the new one.
pub async fn records_of_another_codec_are_read_and_written_back_by_the_new_one<H: Harness>() {
    let service = Service::<H>::start().await;
    for (before, after) in codecs().flat_map(|a| codecs().map(move |b| (a, b))) {
        let old = service.host_with::<Shapes>(|s| s.codec(before)).await;
        let new = service.host_with::<Shapes>(|s| s.codec(after)).await;
        let issued = old.create(shapes()).await;
        assert_eq!(new.open(&issued.token).await.data(), &shapes());
        new.change(&issued.token, |s| s.text.push('!')).await;
        let read = old.open(&issued.token).await.into_data();
        assert_eq!(read.text, shapes().text + "!", "{before:?} to {after:?}");
        assert_eq!(codec_of(&new, &issued.token).await, after.number());
    }
}

/// The map for frameworks works in every codec, and across two.
pub async fn the_map_is_read_and_merged_in_every_codec<H: Harness>() {
    let service = Service::<H>::start().await;
    for (before, after) in codecs().flat_map(|a| codecs().map(move |b| (a, b))) {
        let old = service.host_with::<SessionMap>(|s| s.codec(before)).await;
        let new = service.host_with::<SessionMap>(|s| s.codec(after)).await;
        let mut map = SessionMap::new();
        let value = serde_json::json!({"nested": [1, null, "☂", -1.5]});
        map.set("__proto__", &value)
            .expect("a value has a form in JSON");
        let issued = old.create(map).await;
        let mut change = MapDraft::new();
        change.set("", [1, 2]).expect("numbers have a form in JSON");
        expect_found(
            new.sessions
                .merge(&issued.token, &mut change)
                .await
                .expect("merge"),
        );
        let read = old.open(&issued.token).await.into_data();
        assert_eq!(read.get("__proto__").expect("a value"), Some(value.clone()));
        assert_eq!(read.get("").expect("numbers"), Some([1, 2]));
    }
}

/// A record whose codec is not built in is refused as such, and as nothing else: it is not absent, not
/// damaged, not overwritten. What needs no data works, and it can be ended.
pub async fn a_codec_that_is_not_built_in_is_told_and_shuts_nobody_in<H: Harness>() {
    let service = Service::<H>::start().await;
    // Nor is a migration asked, which could make anything of them.
    let host = service
        .host_with::<Shapes>(|s| s.migration(|_| Some(shapes())))
        .await;
    let (token, id) = stored_by_codec(&host, 200).await;
    for failed in [
        failure(host.sessions.load(&token).await),
        failure(host.sessions.peek(&token).await),
        failure(host.sessions.update(&token, |s| s.text.clear()).await),
        failure(host.sessions.renew(&token, Duration::ZERO).await),
    ] {
        assert_eq!(failed, Some(ErrorKind::UnknownCodec));
    }
    let info = host
        .sessions
        .inspect(&token)
        .await
        .expect("inspect does not fail");
    assert_eq!(expect_found(info).id, id);
    assert_eq!(
        codec_of(&host, &token).await,
        200,
        "nothing was overwritten"
    );
    let ended = host.sign_out(&token).await;
    assert!(matches!(ended, SignOut::SignedOut { .. }));
}

/// The number of the codec that wrote the data of a session.
async fn codec_of<T>(host: &Host<T>, token: &Token) -> u8 {
    use cloakroom_core::store::LoadOutcome;
    match host
        .sessions
        .store()
        .load(token.id(), host.sessions.now())
        .await
    {
        Ok(LoadOutcome::Found(record)) => record.payload().codec,
        other => panic!("the session has to be there, and the answer is {other:?}"),
    }
}

/// A session whose data a codec of this number has written, put there past the handle.
async fn stored_by_codec(host: &Host<Shapes>, codec: u8) -> (Token, SessionId) {
    use cloakroom_core::store::Update;
    use cloakroom_core::{Payload, WriteId};
    let issued = host.create(shapes()).await;
    let id = issued.session.id();
    let request = Update {
        id,
        subject: None,
        expected: issued.session.revision(),
        payload: Payload {
            codec,
            bytes: bytes::Bytes::from_static(b"in no known form"),
        },
        label: None,
        touch: false,
        write_id: WriteId::random(),
    };
    let stored = host
        .sessions
        .store()
        .update(&request, host.sessions.now())
        .await;
    let _ = stored.expect("update does not fail");
    (issued.token, id)
}

//! Data that are kept decoded beside their record: read once, never stale, no more than allowed.
#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Lookup, Renewal, SessionStore, Sessions, SessionsBuilder, Token};
use cloakroom_moka::MokaStore;
use serde::{Deserialize, Deserializer, Serialize};

thread_local! {
    static DECODED: Cell<u32> = const { Cell::new(0) };
}

/// Data that count how often they are decoded on this thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Counted(u32);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.set(DECODED.get() + 1);
        u32::deserialize(deserializer).map(Self)
    }
}

fn store() -> Arc<dyn SessionStore> {
    Arc::new(MokaStore::new())
}

fn over(store: &Arc<dyn SessionStore>) -> SessionsBuilder<Counted> {
    Sessions::builder(Arc::clone(store))
}

/// What a session holds, and how often that was decoded to read it.
async fn read(sessions: &Sessions<Counted>, token: &Token) -> (u32, u32) {
    let before = DECODED.get();
    let Lookup::Found(session) = sessions.load(token).await.unwrap() else {
        panic!("the session is gone");
    };
    (session.data().0, DECODED.get() - before)
}

#[tokio::test]
async fn data_are_decoded_once_until_they_change() {
    let store = store();
    let (one, other) = (over(&store).build().unwrap(), over(&store).build().unwrap());
    let token = one.create(Counted(1)).await.unwrap().token;
    assert_eq!(read(&one, &token).await, (1, 1));
    assert_eq!(read(&one, &token).await, (1, 0));
    let _ = one.touch(&token).await.unwrap();
    assert_eq!(read(&one, &token).await, (1, 0), "a touch changes no data");
    assert_eq!(read(&one.clone(), &token).await, (1, 0));
    let _ = other.update(&token, |data| data.0 = 2).await.unwrap();
    assert_eq!(read(&one, &token).await, (2, 1));
    assert_eq!(read(&one, &token).await, (2, 0));
    let Renewal::Renewed(renewed) = one.renew(&token, Duration::ZERO).await.unwrap() else {
        panic!("it was not renewed");
    };
    assert_eq!(read(&one, &renewed.token).await, (2, 0));
}

/// A change that is made to the copy of one who reads is seen by nobody else.
#[tokio::test]
async fn what_one_does_with_the_data_is_ones_own() {
    let sessions = over(&store()).build().unwrap();
    let token = sessions.create(Counted(1)).await.unwrap().token;
    for _ in 0..2 {
        let session = sessions.load(&token).await.unwrap().found().unwrap();
        let mut data = session.into_data();
        data.0 += 1;
        assert_eq!(data, Counted(2));
    }
    let refused = sessions
        .try_update(&token, |data| {
            data.0 = 9;
            Err(())
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(read(&sessions, &token).await.0, 1);
}

/// Two handles may decode the same bytes to different data of one type.
#[tokio::test]
async fn a_handle_reads_what_it_has_decoded_itself() {
    let store = store();
    let texts = Sessions::<String>::builder(Arc::clone(&store));
    let token = texts.build().unwrap();
    let token = token.create("three".to_owned()).await.unwrap().token;
    for (number, handle) in [(3, 3), (30, 30)] {
        let sessions = over(&store).migration(move |_| Some(Counted(handle)));
        let sessions = sessions.build().unwrap();
        for _ in 0..2 {
            assert_eq!(read(&sessions, &token).await.0, number);
        }
    }
}

#[tokio::test]
async fn no_more_is_kept_than_allowed() {
    let store = store();
    let none = over(&store).max_decoded(0).build().unwrap();
    let token = none.create(Counted(1)).await.unwrap().token;
    assert_eq!(read(&none, &token).await, (1, 1));
    assert_eq!(read(&none, &token).await, (1, 1));

    // Room for one: a digit, and four bytes of `Counted`.
    let one = over(&store).max_decoded(5).build().unwrap();
    let first = one.create(Counted(2)).await.unwrap().token;
    let second = one.create(Counted(3)).await.unwrap().token;
    assert_eq!(read(&one, &first).await, (2, 1));
    assert_eq!(read(&one, &second).await, (3, 1));
    assert_eq!(read(&one, &first).await, (2, 0));
    assert_eq!(read(&one, &second).await, (3, 1));
    let _ = one.sign_out(&first).await.unwrap();
    assert_eq!(read(&one, &second).await, (3, 1));
    assert_eq!(read(&one, &second).await, (3, 0), "what went has made room");
}

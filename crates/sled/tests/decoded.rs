//! The data that a handle has decoded are kept beside the session, and leave with it.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use cloakroom_core::{Lookup, Session, Sessions, SignOut, Token};
use serde::{Deserialize, Serialize};
use support::{Scratch, builder};

#[derive(Debug, Serialize, Deserialize)]
struct Fragile(u8);

static PANICS: AtomicBool = AtomicBool::new(false);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

impl Drop for Fragile {
    fn drop(&mut self) {
        if PANICS.load(SeqCst) {
            DROPPED.fetch_add(1, SeqCst);
            panic!("as an application's data might");
        }
    }
}

async fn load(sessions: &Sessions<Fragile>, token: &Token) -> Session<Fragile> {
    match sessions.load(token).await.expect("it answers") {
        Lookup::Found(session) => session,
        other => panic!("{other:?}"),
    }
}

/// On the thread that writes for all, when the session ends.
#[tokio::test]
async fn data_that_panic_when_they_are_dropped_do_not_stop_the_store() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().expect("it opens");
    let sessions = Sessions::<Fragile>::builder(store)
        .build()
        .expect("it is built");
    let mut tokens = Vec::new();
    for number in 0..2 {
        let issued = sessions
            .create(Fragile(number))
            .await
            .expect("it is stored");
        let token = issued.token;
        let first = load(&sessions, &token).await;
        let second = load(&sessions, &token).await;
        assert!(std::ptr::eq(first.data(), second.data()), "decoded once");
        tokens.push(token);
    }

    PANICS.store(true, SeqCst);
    let ended = sessions.sign_out(&tokens[0]).await.expect("it is told");
    assert!(matches!(ended, SignOut::SignedOut { .. }));
    // The next write is done after the data of the one before were dropped.
    let ended = sessions
        .sign_out(&tokens[1])
        .await
        .expect("the store goes on");
    assert!(matches!(ended, SignOut::SignedOut { .. }));
    assert!(DROPPED.load(SeqCst) >= 1, "on the writing thread");
    PANICS.store(false, SeqCst);
    drop(
        sessions
            .create(Fragile(3))
            .await
            .expect("the store goes on"),
    );
}

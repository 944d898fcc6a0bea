//! The data that a handle has decoded are kept beside the session, and leave with it.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use cloakroom_core::{Lookup, Session, Sessions, SignOut, Token};
use cloakroom_sled::SledStore;
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

/// A store with sessions whose data are decoded and kept, and their tokens.
async fn filled(dir: &Scratch) -> (SledStore, Sessions<Fragile>, Vec<Token>) {
    let store = builder(&dir.store()).open().expect("it opens");
    let sessions = Sessions::<Fragile>::builder(store.clone());
    let sessions = sessions.build().expect("it is built");
    let mut tokens = Vec::new();
    for number in 0..3 {
        let issued = sessions.create(Fragile(number)).await;
        let token = issued.expect("it is stored").token;
        let first = load(&sessions, &token).await;
        let second = load(&sessions, &token).await;
        assert!(std::ptr::eq(first.data(), second.data()), "decoded once");
        tokens.push(token);
    }
    (store, sessions, tokens)
}

/// On the thread that writes for all, where sessions end; on that of the caller, where the store is closed.
#[tokio::test]
async fn data_that_panic_when_they_are_dropped_do_not_stop_the_store() {
    let dir = Scratch::new();
    let (store, sessions, tokens) = filled(&dir).await;
    PANICS.store(true, SeqCst);
    for token in &tokens[..2] {
        let ended = sessions.sign_out(token).await.expect("the store goes on");
        assert!(matches!(ended, SignOut::SignedOut { .. }));
    }
    // The second write began when the data of the first session had been dropped.
    assert!(DROPPED.load(SeqCst) >= 1);
    drop(sessions);
    assert!(store.close().expect("it closes"), "the last handle");
    assert_eq!(DROPPED.load(SeqCst), 3);
    PANICS.store(false, SeqCst);
    let (_, sessions, _) = filled(&dir).await;
    drop(sessions);
}

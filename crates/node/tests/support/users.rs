//! What holds for the token sets of users, wherever they are.

use std::time::Duration;

use cloakroom_core::{ManualClock, Subject};
use cloakroom_node::{
    Added, Destroyed, Ended, Layout, NodeSession, NodeStore, Removed, Sid, TokenSet, TokenSets,
};

pub(crate) fn layout() -> Layout {
    Layout::koa_generic().key_prefix("sid:")
}

pub(crate) fn of(store: &NodeStore, user: &str) -> TokenSet {
    TokenSets::new(store.clone(), "tokens:").of(&Subject::new(user).expect("a user"))
}

pub(crate) async fn sign_in(store: &NodeStore, user: &str) -> NodeSession {
    let mut data = store.blank();
    data.set("user", user).expect("the server answers");
    of(store, user)
        .sign_in(data)
        .await
        .expect("the server answers")
}

pub(crate) async fn lives(store: &NodeStore, session: &NodeSession) -> bool {
    store
        .load(session.sid())
        .await
        .expect("the server answers")
        .found()
        .is_some()
}

async fn adding_and_removing(store: &NodeStore) {
    let ada = of(store, "ada");
    let sid = Sid::parse("a-token").expect("the server answers");
    assert_eq!(
        ada.add(&sid).await.expect("the server answers"),
        Added::Added
    );
    assert_eq!(
        ada.add(&sid).await.expect("the server answers"),
        Added::Already
    );
    assert!(ada.contains(&sid).await.expect("the server answers"));
    assert!(
        !of(store, "bob")
            .contains(&sid)
            .await
            .expect("the server answers")
    );
    assert_eq!(
        ada.list().await.expect("the server answers"),
        std::slice::from_ref(&sid)
    );
    assert_eq!(
        ada.remove(&sid).await.expect("the server answers"),
        Removed::Removed
    );
    assert_eq!(
        ada.remove(&sid).await.expect("the server answers"),
        Removed::Missing
    );
    assert_eq!(ada.list().await.expect("the server answers"), []);
}

async fn a_password_change_ends_all_of_one_user(store: &NodeStore) {
    let mut adas = Vec::new();
    for _ in 0..20 {
        adas.push(sign_in(store, "ada").await);
    }
    let bob = sign_in(store, "bob").await;
    let gone = Sid::parse("gone-by-itself").expect("the server answers");
    let _ = of(store, "ada")
        .add(&gone)
        .await
        .expect("the server answers");
    let ended = of(store, "ada")
        .end_all()
        .await
        .expect("the server answers");
    assert_eq!(
        ended,
        Ended {
            sessions: 20,
            tokens: 21
        }
    );
    for session in &adas {
        assert!(!lives(store, session).await);
    }
    assert!(lives(store, &bob).await);
    assert_eq!(
        of(store, "ada").list().await.expect("the server answers"),
        []
    );
    assert_eq!(
        of(store, "ada")
            .end_all()
            .await
            .expect("the server answers"),
        Ended::default()
    );
}

async fn all_but_one(store: &NodeStore) {
    let (keep, other) = (sign_in(store, "eve").await, sign_in(store, "eve").await);
    let ended = of(store, "eve")
        .end_others(keep.sid())
        .await
        .expect("the server answers");
    assert_eq!(
        ended,
        Ended {
            sessions: 1,
            tokens: 1
        }
    );
    assert!(lives(store, &keep).await && !lives(store, &other).await);
    assert_eq!(
        of(store, "eve").list().await.expect("the server answers"),
        std::slice::from_ref(keep.sid())
    );
    assert_eq!(
        of(store, "eve")
            .sign_out(keep.sid())
            .await
            .expect("the server answers"),
        Destroyed::Destroyed
    );
    assert_eq!(
        of(store, "eve")
            .sign_out(keep.sid())
            .await
            .expect("the server answers"),
        Destroyed::Missing
    );
    assert!(!lives(store, &keep).await);
}

async fn tokens_without_a_session_are_forgotten_in_time(store: &NodeStore, clock: &ManualClock) {
    let set = of(store, "kim");
    let lives = sign_in(store, "kim").await;
    let (gone, late) = (
        Sid::parse("gone").expect("the server answers"),
        Sid::parse("late").expect("the server answers"),
    );
    let _ = set.add(&gone).await.expect("the server answers");
    let first = set.prune(None).await.expect("the server answers");
    assert_eq!(
        (first.forgotten, first.missing.len()),
        (0, 1),
        "a first look forgets nothing"
    );
    clock.advance(Duration::from_secs(59));
    let second = set
        .prune(Some(&first.missing))
        .await
        .expect("the server answers");
    assert_eq!(
        (second.forgotten, second.missing.len()),
        (0, 1),
        "a sign-in may still be under way"
    );
    clock.advance(Duration::from_secs(1));
    // Somebody else signs in meanwhile: its token is there, its session not yet.
    let _ = set.add(&late).await.expect("the server answers");
    let third = set
        .prune(Some(&second.missing))
        .await
        .expect("the server answers");
    assert_eq!((third.forgotten, third.missing.len()), (1, 1));
    assert!(!set.contains(&gone).await.expect("the server answers"));
    assert!(
        set.contains(&late).await.expect("the server answers")
            && set.contains(lives.sid()).await.expect("the server answers")
    );
    let fourth = set
        .prune(Some(&third.missing))
        .await
        .expect("the server answers");
    assert_eq!(fourth.forgotten, 0);
}

pub(crate) async fn everything(store: &NodeStore, clock: &ManualClock) {
    adding_and_removing(store).await;
    a_password_change_ends_all_of_one_user(store).await;
    all_but_one(store).await;
    tokens_without_a_session_are_forgotten_in_time(store, clock).await;
    no_session_is_ever_alive_whose_token_is_forgotten(store).await;
}

/// A sign-in at the same time is either ended with the others, or stays whole.
async fn no_session_is_ever_alive_whose_token_is_forgotten(store: &NodeStore) {
    let signing_in = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut all = Vec::new();
            for _ in 0..300 {
                all.push(sign_in(&store, "racer").await);
            }
            all
        })
    };
    while !signing_in.is_finished() {
        let _ = of(store, "racer")
            .end_all()
            .await
            .expect("the server answers");
        tokio::task::yield_now().await;
    }
    let sessions = signing_in.await.expect("the server answers");
    let known = of(store, "racer").list().await.expect("the server answers");
    for session in &sessions {
        if lives(store, session).await {
            assert!(known.contains(session.sid()), "nobody could end this one");
        }
    }
}

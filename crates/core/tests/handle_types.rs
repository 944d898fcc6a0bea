//! What the compiler has to say of the handle: who can be sent where, and what needs nothing of `T`.

mod support;

use std::cell::Cell;
use std::fmt::Debug;
use std::time::Duration;

use cloakroom_core::{
    AddOutcome, ExternalToken, Issued, Lookup, MapDraft, Renewal, Session, SessionMap,
    SessionOptions, Sessions, SessionsBuilder, SignIn, SignInAttempt, Subject, Sweeper, Token,
    Tokens,
};
use serde::{Deserialize, Serialize};
use support::MapStore;

/// Data that can do no more than they must.
#[derive(Serialize, Deserialize)]
struct Plain(u8);

fn sent<T: Send>(value: T) -> T {
    value
}

fn is_shared<T: Clone + Debug + Send + Sync + Unpin + 'static>() {}

#[test]
fn a_handle_is_shared_between_tasks_whatever_its_data_are() {
    is_shared::<Sessions<Plain>>();
    is_shared::<Tokens<Plain>>();
    is_shared::<Sweeper>();
    is_shared::<SignInAttempt>();
    is_shared::<ExternalToken>();
    is_shared::<Token>();
    // Data that are on no other thread are no reason not to hold a handle there.
    is_shared::<Sessions<Cell<u8>>>();
}

#[test]
fn what_is_answered_is_debuggable_whatever_the_data_are() {
    fn is_debug<T: Debug>() {}
    is_debug::<Session<Plain>>();
    is_debug::<Lookup<Session<Plain>>>();
    is_debug::<SessionsBuilder<Plain>>();
    is_debug::<Issued<Plain>>();
    is_debug::<SignIn<Plain>>();
    is_debug::<Renewal<Plain>>();
    is_debug::<AddOutcome<Plain>>();
}

/// Each future goes to another thread: a task can await it.
#[tokio::test]
async fn every_future_of_the_handle_is_send() {
    let sessions = Sessions::<Plain>::builder(MapStore::default())
        .build()
        .unwrap();
    let ada = Subject::new("ada").unwrap();
    let tokens = sessions.tokens(&ada);
    let options = SessionOptions::new();
    let visit = sent(sessions.create(Plain(1))).await.unwrap();
    let _ = sent(sessions.create_with(Plain(1), options.clone()))
        .await
        .unwrap();
    let token = &visit.token;
    let id = visit.session.id();

    let _ = sent(sessions.load(token)).await.unwrap();
    let _ = sent(sessions.peek(token)).await.unwrap();
    let _ = sent(sessions.inspect(token)).await.unwrap();
    let _ = sent(sessions.touch(token)).await.unwrap();
    let _ = sent(sessions.update(token, |data| data.0 += 1))
        .await
        .unwrap();
    let _ = sent(sessions.try_update(token, |_| Ok::<_, u8>(())))
        .await
        .unwrap();
    let _ = sent(sessions.set_label(token, None)).await.unwrap();
    let _ = sent(sessions.renew(token, Duration::ZERO)).await.unwrap();
    let attempt = sent(sessions.begin_sign_in(&ada)).await.unwrap();
    let carry = |carried: Option<Plain>| carried.unwrap_or(Plain(0));
    let signed = sent(sessions.complete(attempt, Some(token), carry))
        .await
        .unwrap();
    assert!(matches!(signed, SignIn::SignedIn { .. }));

    let _ = sent(tokens.list()).await.unwrap();
    let _ = sent(tokens.page(None, 10)).await.unwrap();
    let _ = sent(tokens.count()).await.unwrap();
    let _ = sent(tokens.contains(token)).await.unwrap();
    let _ = sent(tokens.revoke(&id)).await.unwrap();
    let _ = sent(tokens.revoke_others(token)).await.unwrap();
    let _ = sent(tokens.revoke_all()).await.unwrap();
    let external = tokens.external("token").unwrap();
    let _ = sent(tokens.add(&external, Plain(1), options))
        .await
        .unwrap();
    let _ = sent(sessions.load(&external)).await.unwrap();
    let _ = sent(tokens.remove(&external)).await.unwrap();

    let _ = sent(sessions.sign_out(token)).await.unwrap();
    let _ = sent(sessions.end_everyone()).await.unwrap();
    let _ = sent(sessions.sweeper().sweep()).await.unwrap();

    let sessions = Sessions::<SessionMap>::builder(MapStore::default())
        .build()
        .unwrap();
    let visit = sessions.create(SessionMap::new()).await.unwrap();
    let _ = sent(sessions.merge(&visit.token, &mut MapDraft::new()))
        .await
        .unwrap();
}

/// A handle of data that cannot be decoded can still end sessions: no bound on `T` where none is needed.
#[tokio::test]
async fn what_needs_no_data_asks_nothing_of_them() {
    struct Opaque;
    let sessions = Sessions::<Opaque>::builder(MapStore::default())
        .build()
        .unwrap();
    let ada = Subject::new("ada").unwrap();
    let other = Sessions::<u8>::builder(MapStore::default())
        .build()
        .unwrap();
    let token = other.create(1).await.unwrap().token;
    assert!(!sessions.inspect(&token).await.unwrap().is_found());
    assert!(!sessions.touch(&token).await.unwrap().is_found());
    let _ = sessions.sign_out(&token).await.unwrap();
    let _ = sessions.begin_sign_in(&ada).await.unwrap();
    assert!(sessions.tokens(&ada).list().await.unwrap().is_empty());
    let _ = sessions.tokens(&ada).revoke_all().await.unwrap();
    let _ = sessions.end_everyone().await.unwrap();
}

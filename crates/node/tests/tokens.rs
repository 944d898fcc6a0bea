//! The token set of a user, on one server.

mod support;

use cloakroom_core::{ManualClock, Subject};
use cloakroom_node::{Ended, Sid, TokenSets};
use support::held::steps;
use support::users::{everything, layout, lives, of, sign_in};
use support::{Place, ask};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_one_server() {
    let clock = ManualClock::new();
    let store = Place::new()
        .builder(layout())
        .clock(clock.clone())
        .connect()
        .await
        .unwrap();
    everything(&store, &clock).await;
}

/// One step on one server: nobody sees a part of it. Who signs in, and then still finds an older session of the same
/// user alive, comes before the step, and is ended by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ending_is_one_step_on_one_server() {
    let store = Place::new().store(layout()).await;
    let ada = of(&store, "ada");
    let mut before = 0;
    for round in 0..30 {
        let polls = 1 + round % 3;
        let old = sign_in(&store, "ada").await;
        let mut ending = Box::pin(ada.end_all());
        // It is held after so many steps, while somebody signs in.
        let is_over = steps(&mut ending, polls).await.is_some();
        let new = sign_in(&store, "ada").await;
        let old_lived = lives(&store, &old).await;
        if !is_over {
            let _ = ending.await.unwrap();
        }
        assert!(!lives(&store, &old).await);
        before += usize::from(old_lived);
        if old_lived {
            assert!(
                !lives(&store, &new).await,
                "it saw the old one alive, and outlived it"
            );
        }
        assert_eq!(
            ada.contains(new.sid()).await.unwrap(),
            lives(&store, &new).await
        );
        let _ = ada.end_all().await.unwrap();
    }
    assert!(
        before >= 5,
        "it was never held in the middle: that shows nothing"
    );
}

/// The session that was to be kept signs out, and another signs in, while the others end: so the set has as many tokens
/// as before, and all that are to end. The new one came before the end, and is ended as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_the_place_of_the_kept_one_is_ended() {
    let store = Place::new().store(layout()).await;
    let ada = of(&store, "ada");
    let mut before = 0;
    for round in 0..30 {
        let polls = 1 + round % 3;
        let (old, keep) = (sign_in(&store, "ada").await, sign_in(&store, "ada").await);
        let mut ending = Box::pin(ada.end_others(keep.sid()));
        let is_over = steps(&mut ending, polls).await.is_some();
        let _ = ada.sign_out(keep.sid()).await.unwrap();
        let new = sign_in(&store, "ada").await;
        let old_lived = lives(&store, &old).await;
        if !is_over {
            let _ = ending.await.unwrap();
        }
        before += usize::from(old_lived);
        assert!(
            !old_lived || !lives(&store, &new).await,
            "it saw the old one alive, and outlived it"
        );
        let _ = ada.end_all().await.unwrap();
    }
    assert!(
        before >= 5,
        "it was never held in the middle: that shows nothing"
    );
}

/// However often somebody signs in: a token is forgotten a minute after it was first seen without a session.
#[tokio::test]
async fn a_busy_set_is_pruned_too() {
    let clock = ManualClock::new();
    let builder = Place::new().builder(layout()).clock(clock.clone());
    let store = builder.connect().await.unwrap();
    let ada = of(&store, "ada");
    let mut missing = None;
    let mut forgotten = 0;
    for round in 0..6 {
        let _ = ada
            .add(&Sid::parse(&format!("gone-{round}")).unwrap())
            .await;
        let pruned = ada.prune(missing.as_ref()).await.unwrap();
        forgotten += pruned.forgotten;
        missing = Some(pruned.missing);
        clock.advance(std::time::Duration::from_secs(30));
    }
    assert_eq!(forgotten, 4, "those of the first four rounds");
}

#[tokio::test]
async fn odd_members_harm_nobody() {
    let place = Place::new();
    let store = place.store(layout()).await;
    let mut redis = place.redis().await;
    for member in [&b""[..], b"*", b"\xff\xfe", b"a\nb"] {
        let _: i64 = ask(&mut redis, &[b"SADD", b"tokens:ada", member]).await;
    }
    let bob = sign_in(&store, "bob").await;
    assert_eq!(of(&store, "ada").list().await.unwrap(), []);
    let ended = of(&store, "ada").end_all().await.unwrap();
    assert_eq!(
        ended,
        Ended {
            sessions: 0,
            tokens: 4
        }
    );
    assert!(lives(&store, &bob).await);
    // A set whose prefix is that of the sessions is not taken for one of its own.
    let sets = TokenSets::new(store.clone(), "sid:");
    let own = sets.of(&Subject::new("own").unwrap());
    let _ = own.add(&Sid::parse("own").unwrap()).await.unwrap();
    assert_eq!(
        own.end_all().await.unwrap(),
        Ended {
            sessions: 0,
            tokens: 1
        }
    );
}

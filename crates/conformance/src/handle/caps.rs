//! The cap on the sessions of one user.

use std::collections::BTreeSet;

use crate::handle::prelude::*;

const POLICIES: [OnCap; 3] = [
    OnCap::EvictOldest,
    OnCap::EvictLeastRecentlySeen,
    OnCap::Refuse,
];

/// Rule 7: parallel sign-ins on many hosts never leave more than the cap, whatever happens at it; and
/// what was not evicted, nor refused, lives.
pub async fn a_cap_holds_when_many_sign_in_at_once<H: Harness>() {
    let service = Service::<H>::start().await;
    const CAP: u32 = 3;
    for (n, on_cap) in POLICIES.into_iter().enumerate() {
        let ada = subject(&format!("ada {n}"));
        let mut hosts = Vec::new();
        for _ in 0..8 {
            hosts.push(service.host_with::<Account>(|s| s.cap(CAP, on_cap)).await);
        }
        let witness = service.host().await;
        let answers = together(hosts.into_iter().map(|host| {
            let ada = ada.clone();
            async move {
                let mut answers = Vec::new();
                for _ in 0..10 {
                    let attempt = host.begin(&ada).await;
                    answers.push(host.complete(attempt, None).await);
                }
                answers
            }
        }));
        let mut living = BTreeSet::new();
        let mut gone = BTreeSet::new();
        for answer in answers.await.into_iter().flatten() {
            match answer {
                SignIn::SignedIn {
                    issued, evicted, ..
                } => {
                    living.insert(issued.session.id());
                    gone.extend(evicted);
                }
                SignIn::CapReached => assert_eq!(on_cap, OnCap::Refuse),
                other => panic!("signed in or refused, not {other:?}"),
            }
        }
        living.retain(|id| !gone.contains(id));
        assert_eq!(living.len(), CAP as usize, "{on_cap:?}");
        assert_eq!(witness.ids(&ada).await, living, "{on_cap:?}");
    }
}

/// Who gives way is who the policy names: by authentication, or by last use.
pub async fn who_gives_way_is_who_the_policy_names<H: Harness>() {
    let service = Service::<H>::start().await;
    for (n, on_cap) in POLICIES.into_iter().enumerate() {
        let ada = subject(&format!("ada {n}"));
        let host = service.host_with::<Account>(|s| s.cap(2, on_cap)).await;
        let first = host.sign_in(&ada).await;
        service.clock.advance(minutes(5));
        let second = host.sign_in(&ada).await;
        service.clock.advance(minutes(5));
        host.open(&first.token).await;
        let attempt = host.begin(&ada).await;
        let answer = host.complete(attempt, None).await;
        let gives_way = match (on_cap, answer) {
            (OnCap::EvictOldest, SignIn::SignedIn { evicted, .. }) => {
                assert_eq!(evicted, [first.session.id()]);
                Some(&first)
            }
            (OnCap::EvictLeastRecentlySeen, SignIn::SignedIn { evicted, .. }) => {
                assert_eq!(evicted, [second.session.id()]);
                Some(&second)
            }
            (OnCap::Refuse, SignIn::CapReached) => None,
            other => panic!("not as the policy has it: {other:?}"),
        };
        for issued in [&first, &second] {
            let expected = gives_way.is_none_or(|gone| gone.token != issued.token);
            assert_eq!(host.lives(&issued.token).await, expected, "{on_cap:?}");
        }
        assert_eq!(host.ids(&ada).await.len(), 2);
    }
}

/// Rule 7: what is over does not count, and is not evicted, before any sweep.
pub async fn expired_sessions_do_not_count_for_the_cap<H: Harness>() {
    let service = Service::<H>::start().await;
    for (n, on_cap) in POLICIES.into_iter().enumerate() {
        let ada = subject(&format!("ada {n}"));
        let host = service.host_with::<Account>(|s| s.cap(2, on_cap)).await;
        for _ in 0..4 {
            for _ in 0..2 {
                let attempt = host.begin(&ada).await;
                match host.complete(attempt, None).await {
                    SignIn::SignedIn { evicted, .. } => assert_eq!(evicted, []),
                    other => panic!("there is room, and yet {other:?}"),
                }
            }
            service.clock.advance(minutes(30));
        }
    }
}

/// A lower cap than there are sessions brings them down at the next sign-in.
pub async fn a_cap_that_was_lowered_holds_from_the_next_sign_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let before = service.host().await;
    let ada = subject("ada");
    for _ in 0..5 {
        let _ = before.sign_in(&ada).await;
        service.clock.advance(millis(1));
    }
    let after = service
        .host_with::<Account>(|s| s.cap(2, OnCap::EvictOldest))
        .await;
    let attempt = after.begin(&ada).await;
    match after.complete(attempt, None).await {
        SignIn::SignedIn { evicted, .. } => assert_eq!(evicted.len(), 4),
        other => panic!("a sign-in, not {other:?}"),
    }
    assert_eq!(after.ids(&ada).await.len(), 2);
}

/// The cap is one user's; visitors have none.
pub async fn a_cap_counts_the_sessions_of_one_user_only<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service
        .host_with::<Account>(|s| s.cap(1, OnCap::EvictOldest))
        .await;
    let mut all = Vec::new();
    for n in 0..10 {
        all.push(host.visit().await);
        all.push(host.sign_in(&subject(&format!("user {n}"))).await);
    }
    for issued in &all {
        assert!(host.lives(&issued.token).await);
    }
}

/// There is a cap by default: a hundred sessions, of which the one least recently seen gives way.
pub async fn there_is_a_cap_by_default<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let first = host.sign_in(&ada).await;
    service.clock.advance(millis(1));
    for _ in 0..100 {
        let _ = host.sign_in(&ada).await;
    }
    assert_eq!(host.ids(&ada).await.len(), 100);
    assert!(!host.lives(&first.token).await);
}

//! Many hosts at once, with nothing to hold them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::handle::prelude::*;

const ROUNDS: usize = 15;

/// Several hosts that try as often as it takes.
async fn hosts<H: Harness>(service: &Service<H>, number: usize) -> Vec<Host> {
    let mut hosts = Vec::new();
    for _ in 0..number {
        hosts.push(service.host_with(|s| s.reruns(10_000)).await);
    }
    hosts
}

/// Rule 2: it holds across a sign-in. Of the changes that requests make to a session while its user
/// signs in from it, all that were answered are in the new session, and none else.
pub async fn no_change_is_lost_across_a_sign_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    for again in [false, true].into_iter().cycle().take(ROUNDS) {
        let witness = service.host().await;
        let old = match again {
            false => witness.visit().await,
            true => witness.sign_in(&ada).await,
        };
        let attempt = witness.begin(&ada).await;
        let mut hosts = hosts(&service, 4).await.into_iter();
        let signing_in = hosts.next().expect("four hosts");
        let (token, from) = (old.token.clone(), old.token.clone());
        let signing_in = tokio::spawn(async move {
            let completed = signing_in.complete(attempt, Some(&from)).await;
            completed.signed_in().expect("a sign-in")
        });
        let made = together(hosts.map(|host| {
            let token = token.clone();
            async move {
                let mut made = 0;
                // Until the session is replaced, and not for ever where it never is. Where each step is a
                // round trip, a change takes fewer of them than the sign-in, and can win every race.
                while made < 500 {
                    match host.update(&token, |a| a.visits += 1).await {
                        Lookup::Found(_) => made += 1,
                        Lookup::Replaced => break,
                        other => panic!("the session lives or is replaced, not {other:?}"),
                    }
                    tokio::task::yield_now().await;
                }
                made
            }
        }))
        .await;
        let issued = signing_in.await.expect("no task of the case panics");
        let stored = witness.data(&issued.token).await.visits;
        assert_eq!(stored, made.iter().sum::<u64>());
        witness.revoke_all(&ada).await;
    }
}

/// Of many requests that submit the same sign-in from the same session at once, one signs in.
pub async fn one_of_many_equal_sign_ins_signs_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    for again in [false, true].into_iter().cycle().take(ROUNDS) {
        let witness = service.host().await;
        let old = match again {
            false => witness.visit().await,
            true => witness.sign_in(&ada).await,
        };
        let attempt = witness.begin(&ada).await;
        let answers = together(hosts(&service, 6).await.into_iter().map(|host| {
            let (attempt, token) = (attempt.clone(), old.token.clone());
            async move { host.complete(attempt, Some(&token)).await }
        }));
        let mut signed_in = Vec::new();
        for answer in answers.await {
            match answer {
                SignIn::SignedIn { issued, .. } => signed_in.push(issued.session.id()),
                SignIn::Gone => {}
                other => panic!("signed in or gone, not {other:?}"),
            }
        }
        assert_eq!(signed_in.len(), 1);
        assert_eq!(witness.ids(&ada).await, signed_in.into_iter().collect());
        witness.revoke_all(&ada).await;
    }
}

/// Rule 3: while users sign in, in whatever way, one revokes everything. Of what had answered before it
/// began nothing lives when it returns, and what lives later began after it.
pub async fn revoking_all_ends_all_that_was_there_while_many_sign_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    for _ in 0..ROUNDS {
        let witness = service.host().await;
        let before = witness.sign_in(&ada).await;
        let begun = witness.begin(&ada).await;
        let revoked = Arc::new(AtomicBool::new(false));
        let signing_in = hosts(&service, 4).await.into_iter().map(|host| {
            let (ada, begun, revoked) = (ada.clone(), begun.clone(), Arc::clone(&revoked));
            async move {
                let mut issued = Vec::new();
                while !revoked.load(Ordering::SeqCst) {
                    issued.push(host.complete(begun.clone(), None).await.signed_in());
                    let visit = host.visit().await;
                    let attempt = host.begin(&ada).await;
                    drop(host.complete(attempt, Some(&visit.token)).await);
                    tokio::task::yield_now().await;
                }
                issued
                    .into_iter()
                    .flatten()
                    .map(|issued| issued.token)
                    .collect::<Vec<_>>()
            }
        });
        let signing_in: Vec<_> = signing_in.map(tokio::spawn).collect();
        tokio::task::yield_now().await;
        witness.revoke_all(&ada).await;
        assert!(!witness.lives(&before.token).await);
        revoked.store(true, Ordering::SeqCst);
        for task in signing_in {
            for token in task.await.expect("no task of the case panics") {
                assert!(!witness.lives(&token).await, "its attempt had begun before");
            }
        }
        assert!(matches!(
            witness.complete(begun, None).await,
            SignIn::Superseded
        ));
        witness.revoke_all(&ada).await;
    }
}

/// Rule 1: whatever others do with a session at the moment when it is signed out, by then it is over.
pub async fn a_sign_out_ends_a_session_that_is_in_use_everywhere<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    for round in 0..ROUNDS {
        let witness = service.host().await;
        let signed = match round % 2 {
            0 => witness.sign_in(&ada).await,
            _ => witness.visit().await,
        };
        let over = Arc::new(AtomicBool::new(false));
        let using = hosts(&service, 4)
            .await
            .into_iter()
            .enumerate()
            .map(|(n, host)| {
                let (token, over) = (signed.token.clone(), Arc::clone(&over));
                let clock = service.clock.clone();
                async move {
                    while !over.load(Ordering::SeqCst) {
                        clock.advance(millis(1));
                        match n {
                            0 => drop(host.update(&token, |a| a.visits += 1).await),
                            1 => drop(host.sessions.touch(&token).await.expect("touch")),
                            2 => drop(
                                host.sessions
                                    .renew(&token, minutes(1))
                                    .await
                                    .expect("renew"),
                            ),
                            _ => drop(host.sessions.set_label(&token, None).await.expect("label")),
                        }
                        tokio::task::yield_now().await;
                    }
                }
            });
        let using: Vec<_> = using.map(tokio::spawn).collect();
        tokio::task::yield_now().await;
        let ended = witness.sign_out(&signed.token).await;
        assert!(matches!(ended, SignOut::SignedOut { .. }), "{ended:?}");
        assert!(!witness.lives(&signed.token).await);
        over.store(true, Ordering::SeqCst);
        for task in using {
            task.await.expect("no task of the case panics");
        }
        assert!(!witness.lives(&signed.token).await);
        let left = witness.sessions.store().count(service.now()).await;
        assert_eq!(left.expect("count does not fail"), 0);
    }
}

/// Many requests of one browser renew at once: all their tokens work in the grace, and there is one
/// session.
pub async fn many_renewals_at_once_leave_one_session_that_all_tokens_open<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    for _ in 0..ROUNDS {
        let witness = service.host().await;
        let old = witness.sign_in(&ada).await;
        let renewed = together(hosts(&service, 6).await.into_iter().map(|host| {
            let token = old.token.clone();
            async move {
                host.sessions
                    .renew(&token, minutes(1))
                    .await
                    .expect("renew")
            }
        }));
        let mut tokens = vec![old.token.clone()];
        for renewed in renewed.await {
            match renewed {
                Renewal::Renewed(issued) => tokens.push(issued.token),
                other => panic!("nobody has used a new token, and yet {other:?}"),
            }
        }
        assert_eq!(witness.ids(&ada).await.len(), 1);
        for token in &tokens {
            assert!(witness.lives(token).await);
        }
        witness.revoke_all(&ada).await;
    }
}

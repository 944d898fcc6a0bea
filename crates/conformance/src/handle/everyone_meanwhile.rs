//! Ending everybody's sessions, while they come and go.

use crate::handle::everyone::end_everyone;
use crate::handle::prelude::*;

/// Sessions that begin after the call, while it is under way, live, and their users can go on.
pub async fn sessions_that_begin_meanwhile_live<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    let old = [host.visit().await, host.sign_in(&ada).await];
    service.clock.advance(seconds(1));
    let hold = host.faults.hold_before(Operation::Scan);
    let meanwhile = async {
        service.clock.advance(millis(1));
        [other.visit().await, other.sign_in(&bob).await]
    };
    let (ended, new) = while_held(hold, host.sessions.end_everyone(), meanwhile).await;
    assert_eq!(ended.expect("end_everyone does not fail").sessions, 2);
    for issued in &old {
        assert!(!other.lives(&issued.token).await);
    }
    for issued in &new {
        assert!(other.lives(&issued.token).await);
    }
}

/// Older sessions end though pages of newer ones, which live, come before them.
pub async fn older_sessions_among_pages_of_newer_ones_end<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let mut old = Vec::new();
    for _ in 0..20 {
        old.push(other.visit().await.token);
    }
    let hold = host.faults.hold_before(Operation::Scan);
    let mut new = Vec::new();
    let meanwhile = async {
        service.clock.advance(millis(1));
        for _ in 0..1_200 {
            new.push(other.visit().await.token);
        }
    };
    let (ended, ()) = while_held(hold, host.sessions.end_everyone(), meanwhile).await;
    assert_eq!(ended.expect("end_everyone does not fail").sessions, 20);
    for token in &old {
        assert!(!other.lives(token).await);
    }
    for token in &new {
        assert!(other.lives(token).await);
    }
}

/// A session that is renewed, reauthenticated or signed in from while the call is under way does not get
/// away: nobody holds a session that was created before.
pub async fn no_session_gets_away_by_changing_its_token<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    for at in [Operation::Revoke, Operation::Delete] {
        let renewed = other.sign_in(&ada).await;
        let reauthenticated = other.sign_in(&bob).await;
        let visit = other.visit().await;
        service.clock.advance(seconds(1));
        let hold = host.faults.hold_before(at);
        let meanwhile = async {
            for issued in [&renewed, &visit] {
                drop(
                    other
                        .sessions
                        .renew(&issued.token, Duration::ZERO)
                        .await
                        .expect("renew"),
                );
            }
            let attempt = other.begin(&bob).await;
            drop(other.complete(attempt, Some(&reauthenticated.token)).await);
        };
        let (ended, ()) = while_held(hold, host.sessions.end_everyone(), meanwhile).await;
        ended.expect("end_everyone does not fail");
        let left = other.sessions.store().count(service.now()).await;
        assert_eq!(left.expect("count does not fail"), 0);
    }
}

/// Users who sign out by themselves just then are no failure.
pub async fn sessions_that_end_by_themselves_meanwhile_are_no_failure<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    for at in [Operation::Revoke, Operation::Delete] {
        let issued = match at {
            Operation::Revoke => other.sign_in(&subject("ada")).await,
            _ => other.visit().await,
        };
        service.clock.advance(seconds(1));
        let hold = host.faults.hold_before(at);
        let ending = host.sessions.end_everyone();
        let (ended, _) = while_held(hold, ending, other.sign_out(&issued.token)).await;
        assert_eq!(ended.expect("end_everyone does not fail").sessions, 0);
    }
}

/// Many users sign in, out and about while it runs: when it returns, nothing that was there before is.
pub async fn nothing_of_before_is_left_while_many_sign_in_and_out<H: Harness>() {
    let service = Service::<H>::start().await;
    let mut before = Vec::new();
    let host = service.host().await;
    for n in 0..20 {
        before.push(host.visit().await.token);
        before.push(
            host.sign_in(&subject(&format!("user {}", n % 5)))
                .await
                .token,
        );
    }
    service.clock.advance(seconds(1));
    let began = service.now();
    let mut tasks: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
    for n in 0..5 {
        let host = service.host().await;
        let clock = service.clock.clone();
        tasks.push(Box::pin(async move {
            let who = subject(&format!("user {n}"));
            for _ in 0..10 {
                clock.advance(millis(1));
                let attempt = host.begin(&who).await;
                let visit = host.visit().await;
                if let Some(issued) = host.complete(attempt, Some(&visit.token)).await.signed_in() {
                    drop(
                        host.sessions
                            .renew(&issued.token, Duration::ZERO)
                            .await
                            .expect("renew"),
                    );
                }
                host.sign_out(&visit.token).await;
            }
        }));
    }
    let ending = service.host().await;
    tasks.push(Box::pin(async move {
        end_everyone(&ending).await;
    }));
    together(tasks).await;
    for token in &before {
        assert!(!host.lives(token).await);
    }
    for n in 0..5 {
        for listed in host
            .sessions
            .tokens(&subject(&format!("user {n}")))
            .list()
            .await
            .expect("list")
        {
            match listed {
                Listed::Session(info) => assert!(info.created >= began),
                other => panic!("nothing is damaged, yet there is {other:?}"),
            }
        }
    }
}

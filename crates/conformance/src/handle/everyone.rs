//! Ending everybody's sessions.

use crate::handle::prelude::*;

async fn end_everyone<T>(host: &Host<T>) -> u64 {
    let ended = host.sessions.end_everyone().await;
    ended.expect("end_everyone does not fail").sessions
}

/// Sessions signed in or not, native or not, renewed or not: all end, on every host, and each is counted
/// once. Attempts of the users it meets are superseded, and afterwards everything works as before.
pub async fn everybodys_sessions_end<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let mut tokens = Vec::new();
    let mut attempts = Vec::new();
    let mut expected = 0;
    for n in 0..30 {
        let who = subject(&format!("user {n}"));
        tokens.push(host.visit().await.token);
        for _ in 0..3 {
            tokens.push(host.sign_in(&who).await.token);
        }
        expected += 4;
        attempts.push(host.begin(&who).await);
    }
    let ada = subject("ada");
    let external = host
        .sessions
        .tokens(&ada)
        .external("token")
        .expect("a token");
    let set = host.sessions.tokens(&ada);
    let added = set
        .add(&external, Account::default(), SessionOptions::new())
        .await;
    drop(added.expect("add does not fail"));
    let renewed = host.sessions.renew(&tokens[0], minutes(1)).await;
    drop(renewed.expect("renew does not fail"));
    expected += 1;
    service.clock.advance(seconds(1));

    assert_eq!(end_everyone(&host).await, expected);
    for token in &tokens {
        assert!(!other.lives(token).await);
    }
    assert!(!other.lives(&external).await);
    for attempt in attempts {
        assert!(matches!(
            other.complete(attempt, None).await,
            SignIn::Superseded
        ));
    }
    assert_eq!(end_everyone(&host).await, 0);
    assert!(other.lives(&other.sign_in(&ada).await.token).await);
}

/// More than a page of them.
pub async fn more_sessions_than_a_page_all_end<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<()>(|s| s).await;
    const MANY: usize = 1_250;
    let mut tokens = Vec::new();
    for _ in 0..MANY {
        tokens.push(host.create(()).await.token);
    }
    service.clock.advance(millis(1));
    let ended = end_everyone(&host).await;
    assert_eq!(ended, MANY as u64);
    for token in &tokens {
        assert!(!host.lives(token).await);
    }
}

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

/// Where the store fails on the way, that is said, some sessions have ended, and calling again ends the
/// rest. A lost answer on the way does not matter.
pub async fn ending_everybody_goes_on_where_it_failed<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    for operation in [Operation::Scan, Operation::Revoke, Operation::Delete] {
        let mut tokens = Vec::new();
        for n in 0..10 {
            tokens.push(host.visit().await.token);
            tokens.push(host.sign_in(&subject(&format!("user {n}"))).await.token);
        }
        service.clock.advance(seconds(1));
        host.faults.lose_answer(Calls::to(operation).times(2));
        // Of the calls after these two and the third try, all three tries.
        let down = Calls::to(operation).skip(3).times(3);
        host.faults.fail_before(down, ErrorKind::Unavailable);
        let ended = host.sessions.end_everyone().await;
        assert_eq!(
            failure(ended),
            Some(ErrorKind::Unavailable),
            "{operation:?}"
        );
        end_everyone(&host).await;
        for token in &tokens {
            assert!(!host.lives(token).await);
        }
    }
}

/// A store that loses its place over and over is told of, in the end; nothing spins for ever.
pub async fn a_cursor_that_is_always_lost_comes_to_an_end<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    host.faults
        .fail_before(Operation::Scan, ErrorKind::CursorLost);
    let visit = host.visit().await;
    service.clock.advance(seconds(1));
    assert_eq!(end_everyone(&host).await, 1, "lost once, it begins anew");
    assert!(!host.lives(&visit.token).await);

    let always = Calls::to(Operation::Scan).always();
    host.faults.fail_before(always, ErrorKind::CursorLost);
    let ended = host.sessions.end_everyone().await;
    assert!(ended.is_err(), "{ended:?}");
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

//! Ending everybody's sessions.

use crate::handle::prelude::*;

pub(super) async fn end_everyone<T>(host: &Host<T>) -> u64 {
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

/// A session of the very millisecond of the call was created before it, as far as can be told: it ends.
pub async fn a_session_of_the_same_millisecond_ends<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let both = [host.visit().await, host.sign_in(&subject("ada")).await];
    assert_eq!(end_everyone(&host).await, 2);
    for issued in &both {
        assert!(!host.lives(&issued.token).await);
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

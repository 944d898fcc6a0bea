//! A store that is down, or slow, is not an empty store.

use crate::handle::prelude::*;
use crate::handle::steps::given_up;

/// Rule 10: with the store down every method is an error, and none says "absent", "missing" or "empty".
pub async fn a_store_that_is_down_is_an_error_and_never_absent<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let signed = host.sign_in(&ada).await;
    let attempt = host.begin(&ada).await;
    let tokens = host.sessions.tokens(&ada);
    let external = tokens.external("token").expect("a token");
    for kind in [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Denied,
    ] {
        host.faults.fail_before(Calls::any().always(), kind);
        let (sessions, token) = (&host.sessions, &signed.token);
        let failed = [
            failure(sessions.create(Account::default()).await),
            failure(sessions.load(token).await),
            failure(sessions.peek(token).await),
            failure(sessions.inspect(token).await),
            failure(sessions.touch(token).await),
            failure(
                sessions
                    .update(token, |_| panic!("there are no data to change"))
                    .await,
            ),
            failure(sessions.set_label(token, None).await),
            failure(sessions.renew(token, Duration::ZERO).await),
            failure(sessions.sign_out(token).await),
            failure(sessions.begin_sign_in(&ada).await),
            failure(
                sessions
                    .complete(attempt.clone(), None, Account::carried)
                    .await,
            ),
            failure(
                sessions
                    .complete(attempt.clone(), Some(token), Account::carried)
                    .await,
            ),
            failure(sessions.end_everyone().await),
            failure(sessions.sweeper().sweep().await),
            failure(tokens.list().await),
            failure(tokens.count().await),
            failure(tokens.contains(token).await),
            failure(tokens.revoke(&token.id()).await),
            failure(tokens.revoke_others(token).await),
            failure(tokens.revoke_all().await),
            failure(tokens.remove(token).await),
            failure(
                tokens
                    .add(&external, Account::default(), SessionOptions::new())
                    .await,
            ),
        ];
        assert_eq!(failed, [Some(kind); 22]);
        host.faults.clear();
        assert!(host.lives(&signed.token).await, "a blip logs nobody out");
    }
    assert!(matches!(
        host.complete(attempt, None).await,
        SignIn::SignedIn { .. }
    ));
}

/// A short blip is not even noticed: the handle tries again, twice, at once.
pub async fn a_short_blip_is_not_noticed<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    for kind in [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Contended,
    ] {
        let visit = host.visit().await;
        host.faults
            .fail_before(Calls::to(Operation::Load).times(2), kind);
        assert!(host.load(&visit.token).await.is_found());
        host.faults
            .fail_before(Calls::to(Operation::Load).times(3), kind);
        assert_eq!(failure(host.sessions.load(&visit.token).await), Some(kind));
    }
}

/// As many tries as the setting says, none more where it says none.
pub async fn the_number_of_tries_is_a_setting<H: Harness>() {
    let service = Service::<H>::start().await;
    for retries in [0, 1, 5] {
        let host = service.host_with::<Account>(|s| s.retries(retries)).await;
        let down = Calls::any().always();
        host.faults.fail_before(down, ErrorKind::Unavailable);
        let failed = host.sessions.create(Account::default()).await;
        assert_eq!(failure(failed), Some(ErrorKind::Unavailable));
        assert_eq!(host.faults.calls(Operation::Create), u64::from(retries) + 1);
    }
}

/// An operation that the store refuses half-way has changed nothing: what was there is there, whole.
pub async fn a_call_that_fails_leaves_everything_as_it_was<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service
        .host_with::<Account>(|s| s.cap(2, OnCap::EvictOldest))
        .await;
    let ada = subject("ada");
    let both = [host.sign_in(&ada).await, host.sign_in(&ada).await];
    let before = host
        .sessions
        .tokens(&ada)
        .list()
        .await
        .expect("list does not fail");
    let attempt = host.begin(&ada).await;
    let down = Calls::to(Operation::Create).always();
    host.faults.fail_before(down, ErrorKind::Full);
    let (sessions, token) = (&host.sessions, &both[0].token);
    let failed = sessions
        .complete(attempt.clone(), None, Account::carried)
        .await;
    assert_eq!(failure(failed), Some(ErrorKind::Full));
    let failed = sessions
        .complete(attempt, Some(token), Account::carried)
        .await;
    assert_eq!(failure(failed), Some(ErrorKind::Full));
    let after = host
        .sessions
        .tokens(&ada)
        .list()
        .await
        .expect("list does not fail");
    assert_eq!(after, before);
    for issued in &both {
        assert!(
            host.lives(&issued.token).await,
            "nobody was evicted for nothing"
        );
    }
}

/// Failure 20 of its peers: while the store is down, every request hangs. The handle has no deadline of
/// its own, and a store that never answers makes it wait; but a caller who waits no longer, by a timeout
/// around any method, leaves every rule true, whether the call had reached the store or not.
pub async fn a_store_that_never_answers_can_be_given_up<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for reaches in [false, true] {
        let (signed, leaving) = (witness.sign_in(&ada).await, witness.sign_in(&ada).await);
        let (sessions, token) = (&host.sessions, &signed.token);
        let hang = |at: Operation| match reaches {
            false => host.faults.hold_before(Calls::to(at).always()),
            true => host.faults.hold_after(Calls::to(at).always()),
        };
        given_up(hang(Operation::Create), sessions.create(Account::default())).await;
        given_up(hang(Operation::Load), sessions.load(token)).await;
        given_up(
            hang(Operation::Update),
            sessions.update(token, |a| a.visits += 1),
        )
        .await;
        given_up(hang(Operation::Delete), sessions.sign_out(&leaving.token)).await;

        // The host itself goes on, and what the store had done is done, once.
        assert_eq!(host.data(token).await.visits, u64::from(reaches));
        assert_eq!(host.lives(&leaving.token).await, !reaches);
        let changed = host.change(token, |a| a.visits += 1).await;
        assert_eq!(changed.data().visits, u64::from(reaches) + 1);

        given_up(hang(Operation::Revoke), sessions.tokens(&ada).revoke_all()).await;
        assert_eq!(witness.lives(token).await, !reaches);
        host.revoke_all(&ada).await;
        for token in [token, &leaving.token] {
            assert!(!witness.lives(token).await, "revoked after all");
        }
        assert!(witness.ids(&ada).await.is_empty());
    }
    let visitors = witness.sessions.store().count(service.now()).await;
    assert_eq!(
        visitors.expect("count does not fail"),
        1,
        "the one whose answer never came"
    );
}

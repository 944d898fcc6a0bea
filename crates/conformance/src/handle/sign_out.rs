//! Signing out.

use crate::handle::prelude::*;

/// A signed-out token is worth nothing, at once and on every host, and signing out again is fine.
pub async fn a_signed_out_token_is_worth_nothing_on_any_host<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for issued in [first.visit().await, first.sign_in(&ada).await] {
        assert!(second.lives(&issued.token).await);
        let ended = first.sign_out(&issued.token).await;
        assert!(matches!(ended, SignOut::SignedOut { .. }));
        for host in [&first, &second] {
            assert!(matches!(
                host.load(&issued.token).await,
                Lookup::Ended { .. }
            ));
            assert_eq!(host.sign_out(&issued.token).await, SignOut::Missing);
        }
    }
    assert!(second.ids(&ada).await.is_empty());
}

/// One session ends, and no other.
pub async fn signing_out_ends_one_session_only<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let [here, there, bobs] = [
        host.sign_in(&ada).await,
        host.sign_in(&ada).await,
        host.sign_in(&bob).await,
    ];
    let visit = host.visit().await;
    host.sign_out(&here.token).await;
    for issued in [&there, &bobs, &visit] {
        assert!(host.lives(&issued.token).await);
    }
    assert_eq!(host.ids(&ada).await, [there.session.id()].into());
}

/// Rule 1: signing out ends the session in whatever state it is caught, a change under way included.
pub async fn signing_out_does_not_mind_a_change_under_way<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let signed = host.sign_in(&subject("ada")).await;
    let hold = host.faults.hold_before(Operation::Delete);
    let signing_out = host.sign_out(&signed.token);
    let change = other.update(&signed.token, |a| a.visits += 1);
    let (ended, changed) = while_held(hold, signing_out, change).await;
    assert!(changed.is_found());
    assert!(matches!(ended, SignOut::SignedOut { .. }));
    assert!(!other.lives(&signed.token).await);
}

/// Rule 1: a renewal without grace that comes between does not save the session, whoever made it.
pub async fn a_renewal_does_not_beat_a_sign_out<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, thief) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for issued in [host.visit().await, host.sign_in(&ada).await] {
        let hold = host.faults.hold_before(Operation::Delete);
        let signing_out = host.sign_out(&issued.token);
        let renewing = async {
            let second = thief.renew_at_once(&issued.token).await;
            thief.renew_at_once(&second.token).await
        };
        let (ended, last) = while_held(hold, signing_out, renewing).await;
        assert!(matches!(ended, SignOut::SignedOut { .. }), "{ended:?}");
        assert!(!thief.lives(&last.token).await);
    }
    assert!(host.ids(&ada).await.is_empty());
}

/// Who renews whenever it is tried keeps the session from being found, and that is told.
pub async fn a_sign_out_that_is_always_overtaken_is_an_error<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<Account>(|s| s.reruns(2)).await;
    let thief = service.host().await;
    let signed = host.sign_in(&subject("ada")).await;
    let mut signing_out = Box::pin(host.sessions.sign_out(&signed.token));
    let mut token = signed.token.clone();
    for _ in 0..3 {
        let hold = host.faults.hold_before(Operation::Delete);
        assert!(drop_when_held(hold, &mut signing_out).await.is_none());
        token = thief.renew_at_once(&token).await.token;
    }
    let error = signing_out.await.expect_err("the session lives");
    assert_eq!(error.kind(), ErrorKind::Contended);
    assert_eq!(error.operation(), Operation::Delete);
    assert!(thief.lives(&token).await);
}

/// Two requests sign out at once: one has done it, both are done.
pub async fn two_sign_outs_at_once_end_the_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, quick) = (service.host().await, service.host().await);
    let signed = slow.sign_in(&subject("ada")).await;
    let hold = slow.faults.hold_before(Operation::Delete);
    let late = slow.sign_out(&signed.token);
    let (late, early) = while_held(hold, late, quick.sign_out(&signed.token)).await;
    assert!(matches!(early, SignOut::SignedOut { .. }));
    assert_eq!(late, SignOut::Missing);
}

/// A sign-out that the store did not carry out is an error, never "signed out".
pub async fn a_sign_out_that_failed_is_an_error<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let signed = host.sign_in(&subject("ada")).await;
    for operation in [Operation::Load, Operation::Delete] {
        let down = Calls::to(operation).always();
        host.faults.fail_before(down, ErrorKind::Unavailable);
        let ended = host.sessions.sign_out(&signed.token).await;
        assert_eq!(failure(ended), Some(ErrorKind::Unavailable));
        host.faults.clear();
        assert!(host.lives(&signed.token).await);
    }
    // Where it was renewed in between, somebody has to say what became of it.
    let hold = host.faults.hold_before(Operation::Delete);
    let signing_out = host.sessions.sign_out(&signed.token);
    let renewing_before_an_outage = async {
        let renewed = service.host().await.renew_at_once(&signed.token).await;
        let down = Calls::to(Operation::Load).always();
        host.faults.fail_before(down, ErrorKind::Unavailable);
        renewed
    };
    let (ended, renewed) = while_held(hold, signing_out, renewing_before_an_outage).await;
    assert_eq!(failure(ended), Some(ErrorKind::Unavailable));
    host.faults.clear();
    assert!(host.lives(&renewed.token).await);
}

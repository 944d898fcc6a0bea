//! The touch that loading a session makes.

use crate::handle::prelude::*;

/// Reading is mostly one call and no write: a touch is written once in a twentieth of the idle timeout,
/// however often the session is read, and never before.
pub async fn loading_touches_once_in_a_fraction_of_the_idle_timeout<H: Harness>() {
    let service = Service::<H>::start().await;
    let idle = minutes(20);
    for (fraction, interval) in [(20, minutes(1)), (4, minutes(5))] {
        let settings = |s: cloakroom_core::SessionsBuilder<Account>| {
            s.idle_timeout(idle).touch_fraction(fraction)
        };
        let host = service.host_with(settings).await;
        let visit = host.visit().await;
        for written in 0..5 {
            for _ in 0..3 {
                host.open(&visit.token).await;
            }
            assert_eq!(host.faults.calls(Operation::Touch), written);
            service.clock.advance(interval - millis(1));
            host.open(&visit.token).await;
            assert_eq!(host.faults.calls(Operation::Touch), written);
            service.clock.advance(millis(1));
            let session = host.open(&visit.token).await;
            assert_eq!(session.last_seen(), service.now());
            assert_eq!(session.deadline().remaining(service.now()), idle);
        }
    }
}

/// What a load answers after a touch is what a reader sees next, on any host.
pub async fn a_load_answers_with_the_deadline_that_it_has_moved<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let signed = host.sign_in(&subject("ada")).await;
    service.clock.advance(minutes(10));
    let loaded = host.open(&signed.token).await;
    let read = expect_found(other.peek(&signed.token).await);
    assert_eq!(loaded.info(), read.info());
    assert!(loaded.touch_error().is_none());
    assert_eq!(read.last_seen(), service.now());
}

/// A touch that fails does not fail the load: a store that can be read and not written shuts nobody
/// out. The session says so, and its deadline has not moved.
pub async fn a_touch_that_fails_is_reported_and_does_not_fail_the_load<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let signed = host.sign_in(&subject("ada")).await;
    let kinds = [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::OutcomeUnknown,
        ErrorKind::Full,
        ErrorKind::Denied,
    ];
    service.clock.advance(minutes(10));
    for kind in kinds {
        let touches = Calls::to(Operation::Touch).always();
        host.faults.fail_before(touches, kind);
        let session = host.open(&signed.token).await;
        assert_eq!(session.touch_error().map(Error::kind), Some(kind));
        assert_eq!(session.last_seen(), session.created());
        host.faults.clear();
    }
    service.clock.advance(minutes(19));
    let session = host.open(&signed.token).await;
    assert!(session.touch_error().is_none());
    assert_eq!(session.last_seen(), service.now());
}

/// `touch` itself touches however lately it was done before, and where it fails, it fails.
pub async fn touching_by_hand_is_always_a_write<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let signed = host.sign_in(&subject("ada")).await;
    for _ in 0..3 {
        service.clock.advance(millis(1));
        let info = host
            .sessions
            .touch(&signed.token)
            .await
            .expect("touch does not fail");
        assert_eq!(expect_found(info).last_seen, service.now());
    }
    assert_eq!(host.faults.calls(Operation::Touch), 3);
    let down = Calls::to(Operation::Touch).always();
    host.faults.fail_before(down, ErrorKind::Unavailable);
    let failed = host.sessions.touch(&signed.token).await;
    assert_eq!(failure(failed), Some(ErrorKind::Unavailable));
}

/// Rule 1: a session that ends between being read and being touched is not served, and not brought back.
pub async fn a_session_that_ends_before_its_touch_is_not_served<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    for replaced in [false, true] {
        for by_hand in [false, true] {
            let signed = host.sign_in(&ada).await;
            service.clock.advance(minutes(10));
            let hold = host.faults.hold_before(Operation::Touch);
            let using = async {
                match by_hand {
                    true => host
                        .sessions
                        .touch(&signed.token)
                        .await
                        .expect("touch")
                        .map(drop),
                    false => host.load(&signed.token).await.map(drop),
                }
            };
            let ending = async {
                match replaced {
                    true => drop(other.sign_in_from(&bob, Some(&signed.token)).await),
                    false => drop(other.sign_out(&signed.token).await),
                }
            };
            let (used, ()) = while_held(hold, using, ending).await;
            match used {
                Lookup::Replaced => assert!(replaced),
                Lookup::Ended { .. } => assert!(!replaced),
                other => panic!("it has ended, and not {other:?}"),
            }
            assert!(!other.lives(&signed.token).await);
        }
    }
}

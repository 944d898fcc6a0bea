//! Elsewhere a session comes back after it has ended.

use crate::handle::prelude::*;

/// Everything that can be done with a token, which has to answer that there is no session, and nothing
/// may come to be by it.
async fn opens_nothing(host: &Host, token: &Token) {
    let sessions = &host.sessions;
    let answers = [
        host.load(token).await.is_found(),
        host.peek(token).await.is_found(),
        host.update(token, |a| a.visits += 1).await.is_found(),
        sessions.inspect(token).await.expect("inspect").is_found(),
        sessions.touch(token).await.expect("touch").is_found(),
        sessions
            .set_label(token, Some(label("late")))
            .await
            .expect("set_label")
            .is_found(),
        matches!(
            sessions.renew(token, minutes(1)).await,
            Ok(Renewal::Renewed(_))
        ),
        matches!(host.sign_out(token).await, SignOut::SignedOut { .. }),
    ];
    assert_eq!(answers, [false; 8]);
    let count = sessions.store().count(sessions.now()).await;
    assert_eq!(count.expect("count does not fail"), 0);
}

/// Failure 1 of its peers: changing a session that is gone stores it under a fresh key. Failure 2: saving
/// it brings it back. The user is signed in after signing out.
pub async fn nothing_that_is_done_after_a_sign_out_brings_the_session_back<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    for signed_in in [false, true] {
        let issued = match signed_in {
            true => host.sign_in(&ada).await,
            false => host.visit().await,
        };
        host.sign_out(&issued.token).await;
        opens_nothing(&host, &issued.token).await;
    }
}

/// Failure 8 of its peers: "save" of what is not there is an upsert in one store, an error in the next,
/// and nothing in the third. Here what is over stays over, revoked, expired or swept.
pub async fn nothing_that_is_done_to_a_session_that_is_over_brings_it_back<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let all = [
        host.visit().await,
        host.sign_in(&ada).await,
        host.sign_in(&ada).await,
    ];
    host.revoke_all(&ada).await;
    service.clock.advance(hours(12));
    for swept in [false, true] {
        if swept {
            host.sessions
                .sweeper()
                .sweep()
                .await
                .expect("sweep does not fail");
        }
        for issued in &all {
            opens_nothing(&host, &issued.token).await;
        }
    }
}

/// Failure 3 of its peers: a slow request that writes, or only reads, brings back the session that was
/// signed out while it ran, and its late response sets the cookie again.
pub async fn a_slow_request_does_not_undo_a_sign_out<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for at in [
        Operation::Load,
        Operation::Update,
        Operation::Touch,
        Operation::Renew,
    ] {
        for after in [false, true] {
            let signed = other.sign_in(&ada).await;
            service.clock.advance(minutes(10));
            let hold = match after {
                false => slow.faults.hold_before(at),
                true => slow.faults.hold_after(at),
            };
            let token = &signed.token;
            let late = async {
                match at {
                    Operation::Update => slow.update(token, |a| a.visits += 1).await.is_found(),
                    Operation::Renew => {
                        let renewed = slow.sessions.renew(token, minutes(1)).await;
                        matches!(renewed, Ok(Renewal::Renewed(_)))
                    }
                    _ => slow.load(token).await.is_found(),
                }
            };
            let (found, _) = while_held(hold, late, other.sign_out(token)).await;
            // What was answered before the sign-out is a late answer, no late session.
            assert!(after || !found, "{at:?}");
            opens_nothing(&other, token).await;
        }
    }
}

/// Failure 4 of its peers: a slow request from before the login puts the browser back on the session of
/// before.
pub async fn a_slow_request_from_before_a_login_does_not_undo_it<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, host) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for at in [Operation::Load, Operation::Update] {
        let visit = host.visit().await;
        let hold = slow.faults.hold_before(at);
        let late = slow.update(&visit.token, |a| a.note = "late".to_owned());
        let login = host.sign_in_from(&ada, Some(&visit.token));
        let (late, signed) = while_held(hold, late, login).await;
        assert!(matches!(late, Lookup::Replaced), "send no cookie: {late:?}");
        assert!(!host.lives(&visit.token).await);
        assert_eq!(host.data(&signed.token).await.note, "");
    }
}

/// Failure 5 of its peers: a second host goes on serving from its cache what the first has deleted, and a
/// cache that is being filled just then puts it back.
pub async fn a_second_host_does_not_serve_what_the_first_has_ended<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for warm in [false, true] {
        for revoked in [false, true] {
            let signed = first.sign_in(&ada).await;
            if warm {
                assert!(second.load(&signed.token).await.is_found());
            }
            let hold = second.faults.hold_after(Operation::Load);
            let ending = async {
                match revoked {
                    true => drop(first.revoke_all(&ada).await),
                    false => drop(first.sign_out(&signed.token).await),
                }
            };
            let (_, ()) = while_held(hold, second.load(&signed.token), ending).await;
            for host in [&second, &first, &second] {
                assert!(matches!(
                    host.load(&signed.token).await,
                    Lookup::Ended { .. }
                ));
            }
            assert!(second.ids(&ada).await.is_empty());
        }
    }
}

/// Failure 6 of its peers: a refresh undoes a revocation. Here neither a renewal under way nor one made before outlives it.
pub async fn a_renewal_does_not_outlive_a_revocation<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for after in [false, true] {
        let signed = host.sign_in(&ada).await;
        let hold = match after {
            false => host.faults.hold_before(Operation::Renew),
            true => host.faults.hold_after(Operation::Renew),
        };
        let renewing = host.sessions.renew(&signed.token, minutes(1));
        let (renewed, ended) = while_held(hold, renewing, other.revoke_all(&ada)).await;
        assert_eq!(ended, 1);
        match renewed.expect("renew does not fail") {
            Renewal::Renewed(new) => {
                assert!(after);
                opens_nothing(&other, &new.token).await;
            }
            Renewal::Absent => assert!(!after),
            other => panic!("renewed before or absent, not {other:?}"),
        }
        opens_nothing(&other, &signed.token).await;
    }
    // Where the answer is lost too, what became of the renewal is not claimed.
    let signed = host.sign_in(&ada).await;
    let hold = host.faults.hold_after(Operation::Renew);
    let renewing = host.sessions.renew(&signed.token, minutes(1));
    let (renewed, ended) = while_lost(hold, renewing, other.revoke_all(&ada)).await;
    assert_eq!(ended, 1);
    assert_eq!(failure(renewed), Some(ErrorKind::OutcomeUnknown));
    assert!(other.ids(&ada).await.is_empty());
}

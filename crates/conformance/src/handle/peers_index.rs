//! Elsewhere the index of a user's sessions rots, or forgets.

use crate::handle::prelude::*;

/// Failure 12 of its peers: a set keeps every token whose key expired. Failure 15: it takes a
/// notification of each expiry to let go of them, which costs, and not every server sends them. Here what
/// is over is never listed nor counted, nothing of it is left after a sweep, and nobody has to read the
/// set for that, or to listen.
pub async fn expired_sessions_leave_nothing_behind<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    for round in 0..3 {
        for _ in 0..40 {
            let _ = host.sign_in(&ada).await;
        }
        if round == 1 {
            assert_eq!(host.ids(&ada).await.len(), 40);
        }
        service.clock.advance(minutes(30));
        assert!(host.ids(&ada).await.is_empty());
        let count = host.sessions.tokens(&ada).count().await;
        assert_eq!(count.expect("count does not fail"), 0);
        service.clock.advance(hours(1));
        host.sessions
            .sweeper()
            .sweep()
            .await
            .expect("sweep does not fail");
        let left = host
            .sessions
            .sweeper()
            .sweep()
            .await
            .expect("sweep does not fail");
        assert_eq!(left, 0);
        if let Some(tamper) = service.harness.tamper() {
            assert_eq!(tamper.stored_members(&ada).await, 0);
        }
    }
}

/// Failure 13 of its peers: the index lives two weeks, and forgets sessions that live longer: they cannot be revoked.
pub async fn a_session_remembered_for_90_days_is_revocable_after_80<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let own = Timeouts::new(days(90), days(90)).expect("valid timeouts");
    for used in [false, true] {
        let attempt = host.begin(&ada).await.remembered(own);
        let remembered = host
            .complete(attempt, None)
            .await
            .signed_in()
            .expect("a sign-in");
        for _ in 0..8 {
            service.clock.advance(days(10));
            host.sessions
                .sweeper()
                .sweep()
                .await
                .expect("sweep does not fail");
            if let Some(tamper) = service.harness.tamper() {
                tamper.expire(service.now()).await;
            }
            if used {
                assert!(host.load(&remembered.token).await.is_found());
                // Shorter ones beside it come and go.
                let brief = host.sign_in(&ada).await;
                host.sign_out(&brief.token).await;
            }
        }
        assert!(host.lives(&remembered.token).await);
        assert_eq!(host.ids(&ada).await, [remembered.session.id()].into());
        assert_eq!(host.revoke_all(&ada).await, 1);
        assert!(!host.lives(&remembered.token).await);
    }
}

/// Failure 14 of its peers: "all" is what a list has shown a moment ago, and a login in between escapes.
pub async fn a_login_between_the_list_and_the_revocation_does_not_escape<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let _ = host.sign_in(&ada).await;
    let listed = host.ids(&ada).await;
    let hold = host.faults.hold_before(Operation::Revoke);
    let (ended, late) = while_held(hold, host.revoke_all(&ada), other.sign_in(&ada)).await;
    assert_eq!(ended, listed.len() + 1);
    assert!(!other.lives(&late.token).await);
}

/// Failure 16 of its peers: `clear` of one prefix deletes another application's keys, and a subject with
/// a colon breaks the parsing of keys. Neither a list nor an ending takes a subject for a pattern.
pub async fn a_subject_is_not_a_pattern<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let patterns = ["app?", "app*", "app[1-9]", "*", "app1:", "{app1}", "app1\\"];
    let (app1, app2) = (subject("app1"), subject("app2"));
    let theirs = [host.sign_in(&app1).await, host.sign_in(&app2).await];
    for pattern in patterns.map(subject) {
        assert!(host.ids(&pattern).await.is_empty());
        assert_eq!(host.revoke_all(&pattern).await, 0);
        let own = host.sign_in(&pattern).await;
        assert_eq!(host.ids(&pattern).await, [own.session.id()].into());
        let revoked = host
            .sessions
            .tokens(&pattern)
            .revoke_others(&own.token)
            .await;
        assert_eq!(revoked.expect("revoke_others").ended, []);
    }
    for issued in &theirs {
        assert!(host.lives(&issued.token).await);
    }
}

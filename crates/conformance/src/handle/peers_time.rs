//! Elsewhere time is counted by writes, and by sweeps.

use crate::handle::prelude::*;

/// Failure 18 of its peers: an expired session is served until it is swept.
pub async fn an_expired_session_is_not_served_before_it_is_swept<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let both = [host.visit().await, host.sign_in(&ada).await];
    service.clock.advance(minutes(30));
    for _ in 0..2 {
        for issued in &both {
            assert!(matches!(host.load(&issued.token).await, Lookup::Absent));
            assert!(
                !host
                    .update(&issued.token, |a| a.visits += 1)
                    .await
                    .is_found()
            );
            assert_eq!(host.sign_out(&issued.token).await, SignOut::Missing);
        }
        host.sessions
            .sweeper()
            .sweep()
            .await
            .expect("sweep does not fail");
    }
}

/// Failure 19 of its peers: inactivity counts writes only, and a user who only reads is signed out.
pub async fn a_user_who_only_reads_stays_signed_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let both = [host.visit().await, host.sign_in(&subject("ada")).await];
    // Eleven hours, a look every 20 minutes, and an engine that takes away what is due.
    for _ in 0..33 {
        service.clock.advance(minutes(20));
        if let Some(tamper) = service.harness.tamper() {
            tamper.expire(service.now()).await;
        }
        host.sessions
            .sweeper()
            .sweep()
            .await
            .expect("sweep does not fail");
        for issued in &both {
            assert!(host.load(&issued.token).await.is_found());
        }
    }
    assert_eq!(host.faults.calls(Operation::Update), 0);
}

/// And one who does nothing is signed out, however often a tab of another user asks.
pub async fn a_user_who_does_nothing_is_signed_out<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let (idle, busy) = (host.sign_in(&ada).await, host.sign_in(&ada).await);
    for _ in 0..3 {
        service.clock.advance(minutes(10));
        assert!(host.load(&busy.token).await.is_found());
        host.ids(&ada).await;
    }
    assert!(
        !host.lives(&idle.token).await,
        "a list is no use of what it lists"
    );
    assert!(host.lives(&busy.token).await);
}

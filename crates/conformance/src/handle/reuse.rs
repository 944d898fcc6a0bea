//! A token that was renewed, and is used again after its grace: a theft, or an answer that was lost.

use crate::handle::prelude::*;

/// It is told, and ends nothing by itself: neither the session, nor the others of its user.
pub async fn using_an_old_token_again_ends_nothing_by_itself<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    for issued in [host.visit().await, host.sign_in(&ada).await] {
        let new = host.renew_at_once(&issued.token).await;
        let told = host.reused(&issued.token).await;
        assert_eq!(told.successor, new.session.id());
        assert_eq!(told.subject.as_ref(), new.session.subject());
        let update = host.update(&issued.token, |a| a.visits += 1).await;
        assert!(matches!(update, Lookup::Reused(_)), "{update:?}");
        let touched = host.sessions.touch(&issued.token).await;
        assert!(matches!(touched, Ok(Lookup::Reused(_))), "{touched:?}");
        assert_eq!(host.sign_out(&issued.token).await, SignOut::Missing);
        assert_eq!(host.data(&new.token).await.visits, 0);
    }
}

/// Where the application takes it for a theft, it ends the session, whoever holds it, and no other.
pub async fn a_suspected_theft_ends_the_session_whoever_holds_it<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let other = host.sign_in(&ada).await;
    for issued in [host.visit().await, host.sign_in(&ada).await] {
        let new = host.renew_at_once(&issued.token).await;
        let told = host.reused(&issued.token).await;
        let ended = host
            .sessions
            .end_reused(&told)
            .await
            .expect("end_reused does not fail");
        assert!(matches!(ended, SignOut::SignedOut { .. }), "{ended:?}");
        assert!(!host.lives(&new.token).await);
        assert!(matches!(
            host.load(&issued.token).await,
            Lookup::Ended { .. }
        ));
        let again = host
            .sessions
            .end_reused(&told)
            .await
            .expect("end_reused does not fail");
        assert_eq!(again, SignOut::Missing);
    }
    assert_eq!(host.ids(&ada).await, [other.session.id()].into());
}

/// A thief who renews on every request does not get away by it: the session ends under whatever token
/// it lives by then.
pub async fn a_thief_who_renews_meanwhile_does_not_get_away<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, thief) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let victim = host.sign_in(&ada).await;
    let mut stolen = thief.renew_at_once(&victim.token).await;
    let told = host.reused(&victim.token).await;
    for _ in 0..3 {
        stolen = thief.renew_at_once(&stolen.token).await;
    }
    let hold = host.faults.hold_before(Operation::Delete);
    let ending = host.sessions.end_reused(&told);
    let (ended, last) = while_held(hold, ending, thief.renew_at_once(&stolen.token)).await;
    let ended = ended.expect("end_reused does not fail");
    assert!(matches!(ended, SignOut::SignedOut { .. }), "{ended:?}");
    assert!(!thief.lives(&last.token).await);
    assert!(host.ids(&ada).await.is_empty());
}

/// Of two requests that renew at once without a grace, one has the new token; the other is told that it
/// came too late, and nothing is undone.
pub async fn of_two_renewals_at_once_without_grace_one_has_the_token<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, quick) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let old = quick.sign_in(&ada).await;
    let hold = slow.faults.hold_before(Operation::Renew);
    let slowly = slow.sessions.renew(&old.token, Duration::ZERO);
    let (late, new) = while_held(hold, slowly, quick.renew_at_once(&old.token)).await;
    assert!(matches!(late, Ok(Renewal::AlreadyRenewed)), "{late:?}");
    assert!(quick.lives(&new.token).await);
    assert_eq!(quick.ids(&ada).await, [new.session.id()].into());
}

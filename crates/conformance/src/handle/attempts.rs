//! Sign-in attempts: how long they live, and what ends them.

use cloakroom_core::SignInAttempt;

use crate::handle::prelude::*;

/// An attempt waits out a second factor as text, such as in the visitor's session, and loses nothing.
pub async fn an_attempt_survives_being_stored_as_text<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada\n\"{:}☂");
    let remembered = Timeouts::AAL1;
    let attempt = first
        .begin(&ada)
        .await
        .label(label("Tablet"))
        .remembered(remembered);
    let visit = first.visit().await;
    let text = serde_json::to_string(&attempt).expect("an attempt is serialisable");
    first.change(&visit.token, |a| a.note = text.clone()).await;

    let stored = second.data(&visit.token).await.note;
    let restored: SignInAttempt = serde_json::from_str(&stored).expect("an attempt");
    assert_eq!(restored, attempt);
    let completed = second.complete(restored, Some(&visit.token)).await;
    let session = completed.signed_in().expect("a sign-in in time").session;
    assert_eq!(session.subject(), Some(&ada));
    assert_eq!(session.label(), Some(&label("Tablet")));
    assert_eq!(session.timeouts(), remembered);
    assert!(session.is_remembered());
}

/// Rule 9: an attempt is good for one millisecond less than its lifetime.
pub async fn an_attempt_ends_to_the_millisecond<H: Harness>() {
    let service = Service::<H>::start().await;
    let lifetime = minutes(3);
    let settings = |s: cloakroom_core::SessionsBuilder<Account>| s.attempt_lifetime(lifetime);
    let host = service.host_with(settings).await;
    let ada = subject("ada");
    for (waited, in_time) in [(lifetime - millis(1), true), (lifetime, false)] {
        let attempt = host.begin(&ada).await;
        service.clock.advance(waited);
        match host.complete(attempt, None).await {
            SignIn::SignedIn { .. } => assert!(in_time),
            SignIn::Expired => assert!(!in_time),
            other => panic!("in time or expired, not {other:?}"),
        }
    }
    assert_eq!(host.ids(&ada).await.len(), 1);
}

/// An attempt that expired ends nothing: the visitor still has the cart.
pub async fn an_expired_attempt_leaves_the_old_session_alone<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let attempt = host.begin(&ada).await;
    service.clock.advance(minutes(10));
    let visit = host.create(Account::noted("a full cart")).await;
    let completed = host.complete(attempt, Some(&visit.token)).await;
    assert!(matches!(completed, SignIn::Expired));
    assert_eq!(host.data(&visit.token).await.note, "a full cart");
}

/// Rule 3: whatever revokes the whole set supersedes the sign-ins that began before, from wherever they
/// come, and leaves those that begin after alone.
pub async fn revoking_supersedes_every_sign_in_that_began_before<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let tokens = host.sessions.tokens(&ada);
    for others_only in [false, true] {
        let here = host.sign_in(&ada).await;
        let visit = host.create(Account::noted("a full cart")).await;
        let attempts = [host.begin(&ada).await, host.begin(&ada).await];
        let reauthentication = host.begin(&ada).await;
        let revoked = match others_only {
            true => tokens.revoke_others(&here.token).await,
            false => tokens.revoke_all().await,
        };
        let _ = revoked.expect("revoking does not fail");

        let [plain, from_visit] = attempts;
        assert!(matches!(
            host.complete(plain, None).await,
            SignIn::Superseded
        ));
        let from_visit = host.complete(from_visit, Some(&visit.token)).await;
        assert!(matches!(from_visit, SignIn::Superseded));
        let again = host.complete(reauthentication, Some(&here.token)).await;
        assert!(matches!(again, SignIn::Superseded));
        assert_eq!(host.lives(&here.token).await, others_only);
        assert_eq!(host.data(&visit.token).await.note, "a full cart");
        let _ = host.sign_in_from(&ada, Some(&visit.token)).await;
    }
}

/// Rule 3: a set that was never there can be revoked as well, and an attempt of before does not survive
/// it, though nothing was there to end.
pub async fn revoking_nobodys_sessions_supersedes_an_attempt_all_the_same<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let attempt = host.begin(&ada).await;
    assert_eq!(host.revoke_all(&ada).await, 0);
    assert!(matches!(
        host.complete(attempt, None).await,
        SignIn::Superseded
    ));
}

/// Revoking another user's set, or ending single sessions, supersedes nothing.
pub async fn what_revokes_no_whole_set_supersedes_nothing<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let first = host.sign_in(&ada).await;
    let second = host.sign_in(&ada).await;
    let attempt = host.begin(&ada).await;
    host.revoke_all(&bob).await;
    let revoked = host.sessions.tokens(&ada).revoke(&first.session.id()).await;
    assert_eq!(
        revoked.expect("revoke does not fail").ended,
        [first.session.id()]
    );
    host.sign_out(&second.token).await;
    assert!(host.complete(attempt, None).await.signed_in().is_some());
}

/// An attempt in time can be completed when all the sessions that kept the set alive are over, and a
/// sweep has been through: the set is kept for it.
pub async fn a_sweep_does_not_end_an_open_attempt<H: Harness>() {
    let service = Service::<H>::start().await;
    let short = Timeouts::new(seconds(1), seconds(1)).expect("valid timeouts");
    let host = service.host_with::<Account>(|s| s.timeouts(short)).await;
    let ada = subject("ada");
    let _ = host.sign_in(&ada).await;
    let attempt = host.begin(&ada).await;
    service.clock.advance(minutes(9));
    host.sessions
        .sweeper()
        .sweep()
        .await
        .expect("sweep does not fail");
    assert!(host.complete(attempt, None).await.signed_in().is_some());
}

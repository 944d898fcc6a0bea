//! Signing in again from a session of the same user, which is one step.

use crate::handle::prelude::*;

/// The token changes in one step: data, first sign-in, label, timeouts and the mark of being remembered
/// stay, the authentication and both deadlines are new, and the old token is dead.
pub async fn a_reauthentication_keeps_what_is_the_users_and_renews_the_times<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let own = Timeouts::new(days(20), days(60)).expect("valid timeouts");
    let attempt = host
        .begin(&ada)
        .await
        .label(label("Laptop"))
        .remembered(own);
    let first = host
        .complete(attempt, None)
        .await
        .signed_in()
        .expect("a sign-in");
    host.change(&first.token, |a| a.visits = 5).await;
    let signed_in_at = service.now();

    service.clock.advance(days(19));
    let creates = host.faults.calls(Operation::Create);
    let second = host.sign_in_from(&ada, Some(&first.token)).await;
    assert_eq!(host.faults.calls(Operation::Create), creates + 1);
    assert_eq!(host.faults.calls(Operation::Delete), 0, "it is one step");

    let session = expect_found(host.peek(&second.token).await);
    assert_eq!(session.info(), second.session.info());
    assert_eq!(session.data().visits, 5);
    assert_eq!(session.created(), signed_in_at);
    assert_eq!(session.authenticated(), Some(service.now()));
    assert_eq!(session.label(), Some(&label("Laptop")));
    assert_eq!(session.timeouts(), own);
    assert!(session.is_remembered());
    assert_eq!(session.deadline().remaining(service.now()), days(20));
    assert_eq!(
        session.overall_deadline().remaining(service.now()),
        days(60)
    );
    assert!(matches!(host.load(&first.token).await, Lookup::Replaced));
    assert_eq!(host.ids(&ada).await, [second.session.id()].into());
}

/// What the attempt has of its own comes before what the old session has.
pub async fn a_reauthentication_can_change_the_label_and_the_timeouts<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let first = host.sign_in(&ada).await;
    let attempt = host
        .begin(&ada)
        .await
        .label(label("Kiosk"))
        .timeouts(Timeouts::AAL3);
    let completed = host.complete(attempt, Some(&first.token)).await;
    let session = completed.signed_in().expect("a sign-in").session;
    assert_eq!(session.label(), Some(&label("Kiosk")));
    assert_eq!(session.timeouts(), Timeouts::AAL3);
}

/// A new session is made like another, as when a user id has changed: with its label, its timeouts and
/// its mark of being remembered, and with nothing else of it.
pub async fn a_sign_in_can_be_like_that_of_another_user_id<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (before, after) = (subject("ada"), subject("ada lovelace"));
    let attempt = host.begin(&before).await.label(label("Laptop"));
    let attempt = attempt.remembered(Timeouts::AAL1);
    let completed = host.complete(attempt, None).await;
    let old = completed.signed_in().expect("a sign-in");
    service.clock.advance(minutes(5));
    let attempt = host.begin(&after).await.like(&old.session);
    let completed = host.complete(attempt, None).await;
    let session = completed.signed_in().expect("a sign-in").session;
    assert_eq!(session.subject(), Some(&after));
    assert_eq!(session.label(), Some(&label("Laptop")));
    assert_eq!(session.timeouts(), Timeouts::AAL1);
    assert!(session.is_remembered());
    assert_eq!(session.created(), service.now());
}

/// Rule 7: it takes the old session's place at the cap, whatever the cap does, and evicts nobody.
pub async fn a_reauthentication_is_counted_once_at_the_cap<H: Harness>() {
    let policies = [
        OnCap::EvictOldest,
        OnCap::EvictLeastRecentlySeen,
        OnCap::Refuse,
    ];
    let service = Service::<H>::start().await;
    for (n, on_cap) in policies.into_iter().enumerate() {
        let host = service.host_with::<Account>(|s| s.cap(2, on_cap)).await;
        let ada = subject(&format!("ada {n}"));
        let (oldest, other) = (host.sign_in(&ada).await, host.sign_in(&ada).await);
        let mut token = oldest.token;
        for _ in 0..5 {
            service.clock.advance(seconds(1));
            let attempt = host.begin(&ada).await;
            match host.complete(attempt, Some(&token)).await {
                SignIn::SignedIn {
                    issued, evicted, ..
                } => {
                    assert_eq!(evicted, []);
                    token = issued.token;
                }
                other => panic!("{on_cap:?} lets it in, and not {other:?}"),
            }
        }
        assert_eq!(host.ids(&ada).await, [token.id(), other.token.id()].into());
    }
}

/// Rule 2: data that change while it is under way are carried over.
pub async fn a_late_change_is_carried_over_by_a_reauthentication<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, late) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let first = host.sign_in(&ada).await;
    let attempt = host.begin(&ada).await;
    let hold = host.faults.hold_before(Operation::Create);
    let completing = host.complete(attempt, Some(&first.token));
    let change = late.update(&first.token, |a| a.visits = 9);
    let (completed, _) = while_held(hold, completing, change).await;
    let issued = completed.signed_in().expect("a sign-in");
    assert_eq!(issued.session.data().visits, 9);
    assert_eq!(late.data(&issued.token).await.visits, 9);
    assert_eq!(late.ids(&ada).await.len(), 1);
}

/// Submitted twice, or signed out meanwhile: nobody is signed in by the request that came too late.
pub async fn a_reauthentication_of_a_session_that_went_away_signs_nobody_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for twice in [false, true] {
        let first = host.sign_in(&ada).await;
        let attempt = host.begin(&ada).await;
        let again = attempt.clone();
        let hold = host.faults.hold_before(Operation::Create);
        let completing = host.complete(attempt, Some(&first.token));
        let meanwhile = async {
            match twice {
                true => other.complete(again, Some(&first.token)).await.signed_in(),
                false => {
                    other.sign_out(&first.token).await;
                    None
                }
            }
        };
        let (completed, quick) = while_held(hold, completing, meanwhile).await;
        assert!(matches!(completed, SignIn::Gone), "{completed:?}");
        let left: Vec<_> = quick.iter().map(|issued| issued.session.id()).collect();
        assert_eq!(other.ids(&ada).await, left.into_iter().collect());
        assert_eq!(quick.is_some(), twice);
        other.revoke_all(&ada).await;
    }
}

/// Rule 1: a slow request with the old token brings nothing back and changes nothing of the new session.
pub async fn a_slow_request_of_before_does_not_reach_the_new_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, host) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let first = host.sign_in(&ada).await;
    let hold = slow.faults.hold_before(Operation::Update);
    let late = slow.update(&first.token, |a| a.note = "late".to_owned());
    let sign_in = host.sign_in_from(&ada, Some(&first.token));
    let (late, second) = while_held(hold, late, sign_in).await;
    assert!(matches!(late, Lookup::Replaced), "{late:?}");
    assert_eq!(host.data(&second.token).await.note, "");
    assert_eq!(host.ids(&ada).await, [second.session.id()].into());
}

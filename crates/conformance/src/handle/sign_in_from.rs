//! The two steps of signing in from an anonymous session, and what may come between them.

use crate::handle::prelude::*;

/// Rule 2: a late request that changes the old session between the two steps is not lost. Its data are
/// carried over by another run of the closure, and the old session ends.
pub async fn a_late_change_of_the_old_session_is_carried_over<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, late) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let visit = host.visit().await;
    let attempt = host.begin(&ada).await.label(label("Laptop"));
    let mut runs = Vec::new();
    let mut completing = Box::pin(
        host.sessions
            .complete(attempt, Some(&visit.token), |carried| {
                let carried = carried.expect("data to carry");
                runs.push(carried.visits);
                carried
            }),
    );
    for visits in [1, 2, 3] {
        let hold = host.faults.hold_before(Operation::Delete);
        assert!(drop_when_held(hold, &mut completing).await.is_none());
        late.change(&visit.token, |a| a.visits = visits).await;
    }
    let completed = completing.await.expect("complete does not fail");
    let issued = completed.signed_in().expect("a sign-in");
    assert_eq!(runs, [0, 1, 2, 3]);
    assert_eq!(issued.session.data().visits, 3);

    let stored = expect_found(late.peek(&issued.token).await);
    assert_eq!(stored.data().visits, 3);
    assert_eq!(stored.label(), Some(&label("Laptop")));
    assert_eq!(stored.info(), issued.session.info());
    assert_eq!(stored.revision(), issued.session.revision());
    assert!(matches!(late.load(&visit.token).await, Lookup::Replaced));
    assert_eq!(late.ids(&ada).await, [stored.id()].into());
}

/// A touch of the old session is no change: nothing has to be carried again.
pub async fn a_late_reader_of_the_old_session_does_not_disturb<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, late) = (service.host().await, service.host().await);
    let visit = host.visit().await;
    service.clock.advance(minutes(10));
    let attempt = host.begin(&subject("ada")).await;
    let hold = host.faults.hold_before(Operation::Delete);
    let completing = host.complete(attempt, Some(&visit.token));
    let (completed, read) = while_held(hold, completing, late.load(&visit.token)).await;
    assert!(
        read.is_found(),
        "the old session lives until the second step"
    );
    assert!(completed.signed_in().is_some());
    assert_eq!(host.faults.calls(Operation::Delete), 1);
}

/// Where the old session goes away between the two steps, nobody is signed in by this request: it was
/// submitted twice, or signed out.
pub async fn an_old_session_that_goes_away_meanwhile_signs_nobody_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    for signed_in_instead in [false, true] {
        let visit = host.visit().await;
        let attempt = host.begin(&ada).await;
        let hold = host.faults.hold_before(Operation::Delete);
        let completing = host.complete(attempt, Some(&visit.token));
        let meanwhile = async {
            match signed_in_instead {
                true => drop(other.sign_in_from(&bob, Some(&visit.token)).await),
                false => drop(other.sign_out(&visit.token).await),
            }
        };
        let (completed, ()) = while_held(hold, completing, meanwhile).await;
        assert!(matches!(completed, SignIn::Gone), "{completed:?}");
        assert!(
            other.ids(&ada).await.is_empty(),
            "nothing is left signed in"
        );
        assert!(!other.lives(&visit.token).await);
    }
    assert_eq!(
        other.ids(&bob).await.len(),
        1,
        "the one that came first stands"
    );
}

/// The same where it goes away after it was found changed, or while the newer data are written.
pub async fn an_old_session_that_is_changed_and_then_ends_signs_nobody_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for at in [Operation::Load, Operation::Update, Operation::Delete] {
        let visit = host.visit().await;
        let attempt = host.begin(&ada).await;
        let mut completing = Box::pin(host.complete(attempt, Some(&visit.token)));
        let hold = host.faults.hold_before(Operation::Delete);
        assert!(drop_when_held(hold, &mut completing).await.is_none());
        other.change(&visit.token, |a| a.visits = 1).await;
        let hold = host.faults.hold_before(at);
        let (completed, _) = while_held(hold, completing, other.sign_out(&visit.token)).await;
        assert!(matches!(completed, SignIn::Gone), "{at:?}: {completed:?}");
        assert!(other.ids(&ada).await.is_empty(), "{at:?}");
    }
}

/// Two requests sign in from one session, the same form submitted twice: one signs in.
pub async fn a_sign_in_submitted_twice_signs_in_once<H: Harness>() {
    let service = Service::<H>::start().await;
    let (first, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let visit = first.create(Account::noted("a full cart")).await;
    let attempt = first.begin(&ada).await;
    let again = attempt.clone();
    let hold = first.faults.hold_before(Operation::Create);
    let slow = first.complete(attempt, Some(&visit.token));
    let quick = second.complete(again.clone(), Some(&visit.token));
    let (slow, quick) = while_held(hold, slow, quick).await;
    let issued = quick.signed_in().expect("the quick one signs in");
    assert!(matches!(slow, SignIn::Gone), "{slow:?}");
    // One that comes later still is told the same.
    let late = second.complete(again, Some(&visit.token)).await;
    assert!(matches!(late, SignIn::Gone), "{late:?}");
    assert_eq!(second.ids(&ada).await, [issued.session.id()].into());
    assert_eq!(second.data(&issued.token).await.note, "a full cart");
}

/// Where the old session cannot be ended, the new one is taken back: two tokens would live, and one of
/// them was known before the sign-in.
pub async fn an_old_session_that_cannot_be_ended_signs_nobody_in<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let visit = host.create(Account::noted("a full cart")).await;
    let attempt = host.begin(&ada).await;
    let tries = Calls::to(Operation::Delete).times(3);
    host.faults.fail_before(tries, ErrorKind::Unavailable);
    let completed = host
        .sessions
        .complete(attempt, Some(&visit.token), Account::carried);
    assert_eq!(failure(completed.await), Some(ErrorKind::Unavailable));
    assert!(
        witness.ids(&ada).await.is_empty(),
        "the new session was taken back"
    );
    assert_eq!(witness.data(&visit.token).await.note, "a full cart");
}

/// Where the new session cannot be taken back either, that is not hidden: the outcome is unknown, and
/// not "nothing was written".
pub async fn a_new_session_that_cannot_be_taken_back_is_told<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, witness) = (service.host().await, service.host().await);
    let (ada, bob) = (subject("ada"), subject("bob"));
    let from = [host.visit().await, host.sign_in(&bob).await];
    for (n, old) in from.iter().enumerate() {
        let attempt = host.begin(&ada).await;
        let down = Calls::to(Operation::Delete).always();
        host.faults.fail_before(down, ErrorKind::Unavailable);
        let completed = host
            .sessions
            .complete(attempt, Some(&old.token), Account::carried);
        assert_eq!(failure(completed.await), Some(ErrorKind::OutcomeUnknown));
        host.faults.clear();
        assert!(witness.lives(&old.token).await);
        assert_eq!(
            witness.ids(&ada).await.len(),
            n + 1,
            "which nobody has the token of"
        );
    }
}

/// A new session that is revoked before the old one is found changed is not brought back by carrying
/// the newer data.
pub async fn a_new_session_that_is_revoked_meanwhile_stays_so<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    for at in [Operation::Load, Operation::Update] {
        let visit = host.visit().await;
        let attempt = host.begin(&ada).await;
        let mut completing = Box::pin(host.complete(attempt, Some(&visit.token)));
        let hold = host.faults.hold_before(Operation::Delete);
        assert!(drop_when_held(hold, &mut completing).await.is_none());
        other.change(&visit.token, |a| a.visits = 1).await;
        let hold = host.faults.hold_before(at);
        let (completed, ended) = while_held(hold, completing, other.revoke_all(&ada)).await;
        assert_eq!(ended, 1);
        assert!(matches!(completed, SignIn::Superseded), "{completed:?}");
        assert!(other.ids(&ada).await.is_empty());
        assert!(
            other.lives(&visit.token).await,
            "the visitor is where they were"
        );
    }
}

/// Rule 3: nor is it brought back by the second step, whatever the sign-in then says.
pub async fn a_new_session_that_is_revoked_before_the_second_step_stays_so<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let visit = host.visit().await;
    let attempt = host.begin(&ada).await;
    let hold = host.faults.hold_before(Operation::Delete);
    let completing = host.complete(attempt, Some(&visit.token));
    let (completed, ended) = while_held(hold, completing, other.revoke_all(&ada)).await;
    assert_eq!(ended, 1);
    if let SignIn::SignedIn { issued, .. } = completed {
        assert!(!other.lives(&issued.token).await);
    }
    assert!(other.ids(&ada).await.is_empty());
}

/// The old session is only given up for a sign-in that succeeds.
pub async fn a_sign_in_that_is_refused_leaves_the_old_session_alone<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service
        .host_with::<Account>(|s| s.cap(1, OnCap::Refuse))
        .await;
    let ada = subject("ada");
    let _ = host.sign_in(&ada).await;
    let visit = host.create(Account::noted("a full cart")).await;
    let attempt = host.begin(&ada).await;
    let completed = host.complete(attempt, Some(&visit.token)).await;
    assert!(matches!(completed, SignIn::CapReached), "{completed:?}");
    assert_eq!(host.data(&visit.token).await.note, "a full cart");
    assert_eq!(host.ids(&ada).await.len(), 1);
}

//! Renewing tokens.

use crate::handle::prelude::*;

/// A new token of the session, which has to be given.
async fn renew(host: &Host, token: &Token, grace: Duration) -> Issued<Account> {
    match host.sessions.renew(token, grace).await {
        Ok(Renewal::Renewed(issued)) => issued,
        other => panic!("the token has to be renewed, and the answer is {other:?}"),
    }
}

/// Without grace the old token stops at once, and using it is told apart from a token that never was.
/// The session stays what it is.
pub async fn without_grace_the_old_token_stops_at_once<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, second) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let old = host.sign_in(&ada).await;
    host.change(&old.token, |a| a.visits = 3).await;
    let before = expect_found(host.peek(&old.token).await);
    service.clock.advance(minutes(1));
    let new = renew(&host, &old.token, Duration::ZERO).await;
    assert_ne!(new.token, old.token);

    let after = expect_found(second.peek(&new.token).await);
    assert_eq!(after.data().visits, 3);
    assert_eq!(
        after.deadline(),
        before.deadline(),
        "a renewal moves no deadline"
    );
    assert_eq!(after.authenticated(), before.authenticated());
    assert_eq!(after.revision(), before.revision());
    assert_eq!(after.info(), new.session.info());
    match second.load(&old.token).await {
        Lookup::Reused(reused) => {
            assert_eq!(reused.successor, new.session.id());
            assert_eq!(reused.subject, Some(ada.clone()));
        }
        other => panic!("an old token is told as such, not {other:?}"),
    }
    assert_eq!(second.ids(&ada).await, [new.session.id()].into());
    let again = host.sessions.renew(&old.token, Duration::ZERO).await;
    assert!(matches!(again, Ok(Renewal::Reused(_))), "{again:?}");
}

/// In its grace the old token is the session's in every method; then it is not, to the millisecond.
pub async fn in_its_grace_the_old_token_does_everything<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let old = host.sign_in(&ada).await;
    let new = renew(&host, &old.token, seconds(30)).await;
    let tokens = host.sessions.tokens(&ada);
    service.clock.advance(seconds(30) - millis(1));

    let updated = host.change(&old.token, |a| a.visits = 1).await;
    assert_eq!(updated.id(), new.session.id());
    let touched = host.sessions.touch(&old.token).await;
    assert_eq!(expect_found(touched.expect("touch")).id, new.session.id());
    let labelled = host
        .sessions
        .set_label(&old.token, Some(label("Laptop")))
        .await;
    assert_eq!(
        expect_found(labelled.expect("set_label")).id,
        new.session.id()
    );
    assert!(tokens.contains(&old.token).await.expect("contains"));
    let others = tokens
        .revoke_others(&old.token)
        .await
        .expect("revoke_others");
    assert_eq!(others.ended, []);
    let session = host.open(&new.token).await;
    assert_eq!(session.data().visits, 1);
    assert_eq!(session.label(), Some(&label("Laptop")));

    service.clock.advance(millis(1));
    assert!(matches!(host.load(&old.token).await, Lookup::Reused(_)));
    assert!(!tokens.contains(&old.token).await.expect("contains"));
    let late = host.update(&old.token, |a| a.visits = 2).await;
    assert!(matches!(late, Lookup::Reused(_)));
    assert_eq!(host.sign_out(&old.token).await, SignOut::Missing);
    assert_eq!(host.data(&new.token).await.visits, 1);
}

/// In its grace the old token signs out, removes and revokes the session by all its names.
pub async fn in_its_grace_the_old_token_ends_the_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let tokens = host.sessions.tokens(&ada);
    for way in 0..3 {
        let old = host.sign_in(&ada).await;
        let new = renew(&host, &old.token, minutes(1)).await;
        match way {
            0 => drop(host.sign_out(&old.token).await),
            1 => drop(tokens.remove(&old.token).await.expect("remove")),
            _ => drop(tokens.revoke(&old.session.id()).await.expect("revoke")),
        }
        assert!(!host.lives(&new.token).await && !host.lives(&old.token).await);
        assert!(host.ids(&ada).await.is_empty());
    }
}

/// Until the new token has been used, the answer may have been lost: renewing again with the old one
/// gives another new token, and the one that may be lost works while the grace lasts.
pub async fn renewing_again_before_the_new_token_is_used_gives_another<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let old = host.sign_in(&subject("ada")).await;
    let lost = renew(&host, &old.token, seconds(30)).await;
    service.clock.advance(seconds(10));
    host.open(&old.token).await;
    let new = renew(&host, &old.token, hours(1)).await;
    for token in [&old.token, &lost.token, &new.token] {
        assert_eq!(expect_found(host.peek(token).await).id(), new.session.id());
    }
    // The first grace counts, or renewing would keep an old token going.
    service.clock.advance(seconds(20));
    for token in [&old.token, &lost.token] {
        assert!(matches!(host.peek(token).await, Lookup::Reused(_)));
    }
    assert!(host.lives(&new.token).await);
}

/// The first use of the new token tells that the client has it, whichever method it is: from then on the
/// old one cannot be renewed again.
pub async fn the_first_use_of_the_new_token_settles_the_renewal<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    for way in 0..4 {
        let old = host.sign_in(&subject("ada")).await;
        let new = renew(&host, &old.token, minutes(1)).await;
        match way {
            0 => drop(host.open(&new.token).await),
            1 => drop(host.change(&new.token, |_| {}).await),
            2 => drop(host.sessions.touch(&new.token).await.expect("touch")),
            _ => drop(
                host.sessions
                    .set_label(&new.token, None)
                    .await
                    .expect("set_label"),
            ),
        }
        let again = host.sessions.renew(&old.token, minutes(1)).await;
        assert!(
            matches!(again, Ok(Renewal::AlreadyRenewed)),
            "{way}: {again:?}"
        );
        assert!(host.lives(&new.token).await && host.lives(&old.token).await);
    }
}

/// Using the old token in its grace, or looking at the new one, settles nothing.
pub async fn what_is_no_use_of_the_new_token_does_not_settle_the_renewal<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let old = host.sign_in(&subject("ada")).await;
    let lost = renew(&host, &old.token, minutes(30)).await;
    service.clock.advance(minutes(10));
    host.change(&old.token, |a| a.visits += 1).await;
    host.open(&old.token).await;
    drop(host.sessions.touch(&old.token).await.expect("touch"));
    let _ = host.peek(&lost.token).await;
    let new = renew(&host, &old.token, minutes(30)).await;
    assert_eq!(host.data(&new.token).await.visits, 1);
}

/// Once the first load has told that the client has the new token, loading does not write again.
pub async fn only_the_first_load_of_a_new_token_is_written_down<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let old = host.visit().await;
    let new = renew(&host, &old.token, minutes(1)).await;
    for _ in 0..5 {
        host.open(&new.token).await;
    }
    assert_eq!(host.faults.calls(Operation::Touch), 1);
}

/// Two requests renew at once: whatever the order, both have a token that works in the grace.
pub async fn two_renewals_at_once_leave_both_clients_with_a_token_that_works<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, quick) = (service.host().await, service.host().await);
    for point in 0..2 {
        let old = quick.sign_in(&subject("ada")).await;
        let hold = match point {
            0 => slow.faults.hold_before(Operation::Renew),
            _ => slow.faults.hold_after(Operation::Renew),
        };
        let slowly = renew(&slow, &old.token, minutes(1));
        let (one, other) = while_held(hold, slowly, renew(&quick, &old.token, minutes(1))).await;
        let there: Vec<_> = [&old.token, &one.token, &other.token].into();
        for token in there {
            assert!(quick.lives(token).await);
        }
        assert_eq!(quick.ids(&subject("ada")).await.len(), 1);
        quick.revoke_all(&subject("ada")).await;
    }
}

/// A grace beyond what stores remember is refused, and nothing is renewed.
pub async fn a_grace_of_more_than_a_day_is_refused<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service
        .host_with::<Account>(|s| s.timeouts(Timeouts::AAL1))
        .await;
    let old = host.visit().await;
    let refused = host.sessions.renew(&old.token, hours(24) + millis(1)).await;
    assert_eq!(failure(refused), Some(ErrorKind::InvalidInput));
    assert_eq!(
        expect_found(host.peek(&old.token).await).id(),
        old.session.id()
    );
    let new = renew(&host, &old.token, hours(24)).await;
    service.clock.advance(hours(24) - millis(1));
    assert!(host.lives(&old.token).await);
    service.clock.advance(millis(1));
    assert!(!host.lives(&old.token).await && host.lives(&new.token).await);
}

/// A session that has ended is not renewed: the answer tells how it ended.
pub async fn what_has_ended_is_not_renewed<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let (out, in_again, revoked) = (
        host.visit().await,
        host.visit().await,
        host.sign_in(&ada).await,
    );
    host.sign_out(&out.token).await;
    host.revoke_all(&ada).await;
    let _ = host.sign_in_from(&ada, Some(&in_again.token)).await;
    for (issued, replaced) in [(&out, false), (&in_again, true), (&revoked, false)] {
        let renewed = host.sessions.renew(&issued.token, minutes(1)).await;
        match renewed.expect("renew does not fail") {
            Renewal::Replaced => assert!(replaced),
            Renewal::Absent => assert!(!replaced),
            other => panic!("it has ended, and not {other:?}"),
        }
    }
}

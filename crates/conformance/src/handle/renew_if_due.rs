//! Renewing tokens now and then.

use crate::handle::prelude::*;

const EVERY: Duration = minutes(10);
const GRACE: Duration = minutes(5);

async fn renew(host: &Host, token: &Token) -> Renewal<Account> {
    let renewed = host.sessions.renew_if_due(token, EVERY, GRACE).await;
    renewed.expect("renew_if_due does not fail")
}

async fn renewed(host: &Host, token: &Token) -> Issued<Account> {
    match renew(host, token).await {
        Renewal::Renewed(issued) => issued,
        other => panic!("the token has to be renewed, and the answer is {other:?}"),
    }
}

/// Rule 9: a token is due at an age, to the millisecond, and a session that was read tells so without a
/// call. Use and change make no token younger; a renewal and a sign-in do.
pub async fn a_token_is_due_at_its_age<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let visit = host.visit().await;
    service.clock.advance(EVERY - millis(1));
    host.change(&visit.token, |a| a.visits += 1).await;
    let early = host.open(&visit.token).await;
    assert!(!early.is_renewal_due(EVERY));
    assert!(matches!(renew(&host, &visit.token).await, Renewal::NotDue));
    service.clock.advance(millis(1));
    let due = host.open(&visit.token).await;
    assert!(due.is_renewal_due(EVERY) && !due.is_by_old_token());
    assert_eq!(due.token_issued(), visit.session.created());
    let calls = host.faults.calls(Operation::Renew);
    let new = renewed(&host, &visit.token).await;
    assert_eq!(host.faults.calls(Operation::Renew), calls + 1);

    let read = host.open(&new.token).await;
    assert_eq!(read.token_issued(), service.now());
    assert_eq!(read.created(), visit.session.created());
    assert!(!read.is_renewal_due(EVERY));
    assert!(matches!(renew(&host, &new.token).await, Renewal::NotDue));
    service.clock.advance(EVERY - millis(1));
    let ada = subject("ada");
    let signed = host.sign_in_from(&ada, Some(&new.token)).await;
    service.clock.advance(EVERY - millis(1));
    assert!(matches!(renew(&host, &signed.token).await, Renewal::NotDue));
    service.clock.advance(millis(1));
    renewed(&host, &signed.token)
        .await
        .session
        .subject()
        .expect("a subject");
}

/// Requests of one page that come with the old token while the new one is on its way are not given one
/// each. A client that still comes with it later has lost the answer, and is given another.
pub async fn requests_that_come_at_once_get_one_new_token_between_them<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let old = host.visit().await;
    service.clock.advance(EVERY);
    let lost = renewed(&host, &old.token).await;
    for waited in [Duration::ZERO, seconds(5), seconds(5) - millis(1)] {
        service.clock.advance(waited);
        let session = host.open(&old.token).await;
        assert!(session.is_by_old_token() && session.is_renewal_due(EVERY));
        assert!(
            host.change(&old.token, |a| a.visits += 1)
                .await
                .is_by_old_token()
        );
        assert!(matches!(renew(&host, &old.token).await, Renewal::NotDue));
    }
    service.clock.advance(millis(1));
    let new = renewed(&host, &old.token).await;
    for token in [&old.token, &lost.token, &new.token] {
        assert_eq!(host.data(token).await.visits, 3);
    }
}

/// Once the client has used the new token, the old one renews nothing.
pub async fn a_new_token_that_was_used_settles_it<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let old = host.visit().await;
    service.clock.advance(EVERY);
    let new = renewed(&host, &old.token).await;
    assert!(!host.open(&new.token).await.is_by_old_token());
    for waited in [Duration::ZERO, seconds(10), GRACE - seconds(10) - millis(1)] {
        service.clock.advance(waited);
        let again = renew(&host, &old.token).await;
        assert!(matches!(again, Renewal::AlreadyRenewed), "{again:?}");
    }
    service.clock.advance(millis(1));
    assert!(matches!(renew(&host, &old.token).await, Renewal::Reused(_)));
    assert!(host.lives(&new.token).await);
}

/// What has ended is told as such, due or not.
pub async fn what_has_ended_is_not_due<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let (out, replaced) = (host.visit().await, host.visit().await);
    host.sign_out(&out.token).await;
    let _ = host
        .sign_in_from(&subject("ada"), Some(&replaced.token))
        .await;
    assert!(matches!(renew(&host, &out.token).await, Renewal::Absent));
    assert!(matches!(
        renew(&host, &replaced.token).await,
        Renewal::Replaced
    ));
}

/// Many requests of one browser find the token due at once: each is told not to mind, or given a token
/// that works, and there is one session.
pub async fn many_requests_that_renew_at_once_all_go_on<H: Harness>() {
    let service = Service::<H>::start().await;
    let ada = subject("ada");
    for _ in 0..10 {
        let witness = service.host().await;
        let old = witness.sign_in(&ada).await;
        service.clock.advance(EVERY);
        let mut hosts = Vec::new();
        for _ in 0..6 {
            hosts.push(service.host().await);
        }
        let answers = together(hosts.into_iter().map(|host| {
            let token = old.token.clone();
            async move { renew(&host, &token).await }
        }));
        let mut tokens = vec![old.token.clone()];
        for answer in answers.await {
            match answer {
                Renewal::Renewed(issued) => tokens.push(issued.token),
                Renewal::NotDue => {}
                other => panic!("renewed or not due, and not {other:?}"),
            }
        }
        assert!(tokens.len() > 1, "one of them has renewed it");
        assert_eq!(witness.ids(&ada).await.len(), 1);
        for token in &tokens {
            assert!(witness.lives(token).await);
        }
        witness.revoke_all(&ada).await;
    }
}

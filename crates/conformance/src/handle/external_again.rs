//! Tokens that someone else issued, added again, and while something else happens.

use crate::handle::external::{add, external};
use crate::handle::prelude::*;

/// Rule 8: adding one again leaves one member, whose session is a new one with the data given now.
pub async fn adding_an_external_token_again_makes_a_new_session<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service
        .host_with::<Account>(|s| s.cap(1, OnCap::Refuse))
        .await;
    let ada = subject("ada");
    let token = external(&host, &ada, "token");
    let end = |way| {
        let (host, ada, token, clock) = (&host, &ada, &token, &service.clock);
        async move {
            match way {
                0 => {}
                1 => drop(host.sign_out(token).await),
                2 => drop(host.revoke_all(ada).await),
                3 => drop(
                    host.sessions
                        .tokens(ada)
                        .remove(token)
                        .await
                        .expect("remove"),
                ),
                _ => clock.advance(hours(12)),
            }
        }
    };
    add(&host, &ada, &token, Account::noted("first")).await;
    for way in 0..5 {
        host.change(&token, |a| a.visits = 1).await;
        end(way).await;
        assert_eq!(host.lives(&token).await, way == 0);
        service.clock.advance(seconds(1));
        let again = add(&host, &ada, &token, Account::noted("again")).await;
        let read = expect_found(host.peek(&token).await);
        assert_eq!(read.data(), &Account::noted("again"));
        assert_eq!(read.info(), again.info());
        assert_eq!(read.created(), service.now());
        assert_eq!(host.ids(&ada).await, [token.id()].into());
    }
}

/// Rule 1: a request that was in flight for the session of before does not reach the one that was added
/// since, though their id is the same.
pub async fn a_late_request_of_before_does_not_reach_a_token_added_again<H: Harness>() {
    let service = Service::<H>::start().await;
    let (slow, host) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let token = external(&host, &ada, "token");
    for removed in [false, true] {
        add(&host, &ada, &token, Account::noted("before")).await;
        let hold = slow.faults.hold_before(Operation::Update);
        let late = slow.update(&token, |a| a.note.push_str(", late"));
        let meanwhile = async {
            if removed {
                host.sign_out(&token).await;
            }
            add(&host, &ada, &token, Account::noted("added again")).await
        };
        let _ = while_held(hold, late, meanwhile).await;
        // It may run again on what is there now. It may not bring back what it had read.
        let note = host.data(&token).await.note;
        assert!(note.starts_with("added again"), "{note}");
    }
}

/// Rule 3: a revocation that comes while a token is being added stands: what was proved before it is
/// proved no longer.
pub async fn a_revocation_supersedes_a_token_that_is_being_added<H: Harness>() {
    let service = Service::<H>::start().await;
    let (host, other) = (service.host().await, service.host().await);
    let ada = subject("ada");
    let token = external(&host, &ada, "token");
    for at in [Operation::Load, Operation::Create] {
        let tokens = host.sessions.tokens(&ada);
        let adding = tokens.add(&token, Account::default(), SessionOptions::new());
        let hold = host.faults.hold_before(at);
        let (added, _) = while_held(hold, adding, other.revoke_all(&ada)).await;
        assert!(
            matches!(added, Ok(AddOutcome::Superseded)),
            "{at:?}: {added:?}"
        );
        assert!(!host.lives(&token).await && host.ids(&ada).await.is_empty());
    }
}

/// Adding is a sign-in with a proof of its own: it needs no attempt, and none is superseded by it.
pub async fn adding_an_external_token_supersedes_no_attempt<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host().await;
    let ada = subject("ada");
    let attempt = host.begin(&ada).await;
    let token = external(&host, &ada, "token");
    add(&host, &ada, &token, Account::default()).await;
    assert!(host.complete(attempt, None).await.signed_in().is_some());
}

/// Where others change the session each time, adding its token again is given up, and that is told of
/// adding.
pub async fn an_adding_that_is_always_overtaken_is_given_up<H: Harness>() {
    let service = Service::<H>::start().await;
    let host = service.host_with::<Account>(|s| s.reruns(0)).await;
    let other = service.host().await;
    let tokens = host.sessions.tokens(&subject("ada"));
    let external = tokens.external("jti").expect("a token");
    let add = || tokens.add(&external, Account::default(), SessionOptions::new());
    let added = add().await;
    assert!(matches!(added, Ok(AddOutcome::Added { .. })), "{added:?}");
    let hold = host.faults.hold_before(Operation::Create);
    let change = other.change(&external, |a| a.visits += 1);
    let (again, _) = while_held(hold, add(), change).await;
    let error = again.expect_err("another change came first");
    assert_eq!(error.kind(), ErrorKind::Contended);
    assert_eq!(error.operation(), Operation::Create);
    assert_eq!(other.data(&external).await.visits, 1);
}

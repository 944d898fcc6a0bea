//! How an application tests itself.

use std::sync::Arc;
use std::time::Duration;

use cloakroom::fault::{Calls, FaultStore, Faults};
use cloakroom::{ErrorKind, ManualClock, MokaStore, Operation, Subject, Token};

use crate::{Accounts, Failure};

const MILLISECOND: Duration = Duration::from_millis(1);

fn ada() -> Subject {
    Subject::new("ada").unwrap()
}

/// The one line that swaps the store: everything else is what the service runs.
fn accounts() -> (Accounts, ManualClock) {
    let clock = ManualClock::new();
    let accounts = Accounts::new(MokaStore::new(), clock.clone()).unwrap();
    accounts.register(&ada(), "correct horse");
    (accounts, clock)
}

/// The same, on a store that fails when the test says so.
fn accounts_on_a_bad_day() -> (Accounts, Faults) {
    let store = FaultStore::new(MokaStore::new());
    let faults = store.faults();
    let accounts = Accounts::new(store, ManualClock::new()).unwrap();
    accounts.register(&ada(), "correct horse");
    (accounts, faults)
}

/// Signs Ada in on one more device.
async fn signed_in(accounts: &Accounts) -> Token {
    let signed_in = accounts.sign_in(&ada(), "correct horse", None).await;
    signed_in.unwrap().token
}

#[tokio::test]
async fn a_visitors_cart_is_there_after_signing_in() {
    let (accounts, _) = accounts();
    let visit = accounts.visit().await.unwrap();
    accounts.put(&visit.token, "hat").await.unwrap();

    let ada = ada();
    let signed_in = accounts.sign_in(&ada, "correct horse", Some(&visit.token));
    let signed_in = signed_in.await.unwrap();

    assert_eq!(signed_in.session.data().cart, ["hat"]);
    let before = accounts.session(&visit.token).await;
    assert_eq!(before.unwrap_err(), Failure::SignedOut);
}

/// Time is moved, not waited for.
#[tokio::test]
async fn a_session_idles_out_after_half_an_hour() {
    let (accounts, clock) = accounts();
    let visit = accounts.visit().await.unwrap();

    clock.advance(Duration::from_mins(30) - MILLISECOND);
    assert!(accounts.session(&visit.token).await.is_ok());

    clock.advance(Duration::from_mins(30));
    let late = accounts.put(&visit.token, "hat").await;
    assert_eq!(late.unwrap_err(), Failure::SignedOut);
}

#[tokio::test]
async fn an_old_sign_in_does_not_change_the_password() {
    let (accounts, clock) = accounts();
    let token = signed_in(&accounts).await;
    clock.advance(Duration::from_mins(5));

    let refused = accounts.change_password(&token, "battery staple").await;
    assert_eq!(refused.unwrap_err(), Failure::Reauthenticate);

    let ada = ada();
    let again = accounts.sign_in(&ada, "correct horse", Some(&token));
    let token = again.await.unwrap().token;
    let changed = accounts.change_password(&token, "battery staple").await;
    assert_eq!(changed, Ok(()));
}

#[tokio::test]
async fn a_store_that_is_down_signs_nobody_out() {
    let (accounts, faults) = accounts_on_a_bad_day();
    let visit = accounts.visit().await.unwrap();

    faults.fail_before(Calls::any().always(), ErrorKind::Unavailable);
    let failure = accounts.session(&visit.token).await.unwrap_err();
    assert_eq!(failure, Failure::Unavailable);
    assert_eq!(failure.status(), 503);

    faults.clear();
    assert!(accounts.session(&visit.token).await.is_ok());
}

/// The handle asks again under the same name, and the store recognises its own write.
#[tokio::test]
async fn where_an_answer_is_lost_a_thing_is_put_into_the_cart_once() {
    let (accounts, faults) = accounts_on_a_bad_day();
    let visit = accounts.visit().await.unwrap();

    faults.lose_answer(Operation::Update);
    let session = accounts.put(&visit.token, "hat").await.unwrap();

    assert_eq!(session.data().cart, ["hat"]);
    assert_eq!(faults.calls(Operation::Update), 2);
}

#[tokio::test]
async fn where_every_answer_is_lost_the_page_says_that_it_cannot_know() {
    let (accounts, faults) = accounts_on_a_bad_day();
    let visit = accounts.visit().await.unwrap();

    faults.lose_answer(Calls::to(Operation::Update).always());
    let failure = accounts.put(&visit.token, "hat").await.unwrap_err();
    assert_eq!(failure, Failure::PerhapsDone);
    faults.clear();

    // It had happened, and only once.
    let session = accounts.session(&visit.token).await.unwrap();
    assert_eq!(session.data().cart, ["hat"]);
}

#[tokio::test]
async fn a_password_change_that_failed_half_way_can_be_repeated() {
    let (accounts, faults) = accounts_on_a_bad_day();
    let phone = signed_in(&accounts).await;
    let laptop = signed_in(&accounts).await;

    faults.fail_before(Calls::to(Operation::Revoke).always(), ErrorKind::Timeout);
    let failed = accounts.change_password(&laptop, "battery staple").await;
    assert_eq!(failed.unwrap_err(), Failure::Unavailable);
    faults.clear();
    assert!(accounts.session(&phone).await.is_ok());

    let repeated = accounts.change_password(&laptop, "battery staple").await;
    assert_eq!(repeated, Ok(()));
    assert!(accounts.session(&laptop).await.is_ok());
    let ended = accounts.session(&phone).await;
    assert_eq!(ended.unwrap_err(), Failure::SignedOut);
}

/// A race, made by holding a call where it hurts most.
#[tokio::test]
async fn a_sign_in_with_the_old_password_does_not_survive_its_change() {
    let (accounts, faults) = accounts_on_a_bad_day();
    let accounts = Arc::new(accounts);
    let laptop = signed_in(&accounts).await;

    // The password was right, and the session is about to be stored …
    let hold = faults.hold_before(Operation::Create);
    let thief = tokio::spawn({
        let accounts = Arc::clone(&accounts);
        async move { accounts.sign_in(&ada(), "correct horse", None).await }
    });
    hold.arrived().await;

    // … when the password changes.
    let changed = accounts.change_password(&laptop, "battery staple").await;
    assert_eq!(changed, Ok(()));
    hold.release();
    assert_eq!(thief.await.unwrap().unwrap_err(), Failure::BeginAgain);
}

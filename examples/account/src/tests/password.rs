//! Changing the password.

use axum::http::StatusCode;
use cloakroom::fault::Calls;
use cloakroom::{ErrorKind, Operation};

use crate::tests::{Site, soon};

const CHANGE: [(&str, &str); 2] = [("current", "correct horse"), ("new", "battery staple")];

#[tokio::test]
async fn the_others_are_signed_out_and_this_one_stays_under_a_new_token() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    laptop.get("/").await;
    let mut phone = site.signed_in("ada").await;
    laptop.get("/password").await;
    let mut before = laptop.clone();
    let answer = laptop.post("/password", &CHANGE).await;
    assert_eq!(answer.location(), Some("/devices"));
    assert_ne!(laptop.cookie, before.cookie);
    assert!(
        laptop
            .get("/devices")
            .await
            .says("Your password has changed.")
    );
    assert!(laptop.get("/").await.says("id=\"visits\">2</p>"));
    assert!(!phone.is_signed_in().await && !before.is_signed_in().await);
    assert_eq!(site.sessions_of("ada").await, 1);

    assert!(
        phone
            .sign_in("ada", "correct horse")
            .await
            .says("do not belong together")
    );
    assert_eq!(
        phone.sign_in("ada", "battery staple").await.location(),
        Some("/")
    );
}

#[tokio::test]
async fn only_with_the_present_password_and_a_new_one_that_will_do() {
    let site = Site::new();
    let mut ada = site.signed_up("ada.lovelace").await;
    let mut phone = site.signed_in("ada.lovelace").await;
    ada.get("/password").await;
    for (current, new, status, reason) in [
        (
            "wrong horse",
            "battery staple",
            StatusCode::FORBIDDEN,
            "not your current password",
        ),
        (
            "correct horse",
            "short",
            StatusCode::UNPROCESSABLE_ENTITY,
            "at least 8 characters",
        ),
        (
            "correct horse",
            "Ada.Lovelace",
            StatusCode::UNPROCESSABLE_ENTITY,
            "not your name",
        ),
    ] {
        let answer = ada
            .post("/password", &[("current", current), ("new", new)])
            .await;
        assert_eq!(answer.status, status);
        assert!(answer.says(reason), "{}", answer.body);
    }
    assert!(phone.is_signed_in().await);
    assert_eq!(
        phone.sign_in("ada.lovelace", "correct horse").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_sign_in_under_way_with_the_old_password_comes_too_late() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    ada.get("/password").await;
    let mut thief = site.browser();
    thief.get("/sign-in").await;
    // The thief's password was right when it was looked at.
    let hold = site.faults.hold_before(Operation::Create);
    let entering = tokio::spawn(async move {
        let fields = [("name", "ada"), ("password", "correct horse")];
        let answer = thief.post("/sign-in", &fields).await;
        (thief, answer)
    });
    soon(hold.arrived()).await;
    assert_eq!(
        ada.post("/password", &CHANGE).await.location(),
        Some("/devices")
    );
    hold.release();
    let (mut thief, answer) = entering.await.unwrap();
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.says("Please sign in once more"));
    assert!(!thief.is_signed_in().await);
    assert_eq!(site.sessions_of("ada").await, 1);
}

#[tokio::test]
async fn a_sign_in_that_begins_after_the_change_is_checked_by_the_new_password() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    ada.get("/password").await;
    let mut thief = site.browser();
    thief.get("/sign-in").await;
    // The name was looked up before the change, and the attempt begins after it: nothing supersedes that.
    let hold = site.faults.hold_before(Operation::Begin);
    let entering = tokio::spawn(async move {
        let fields = [("name", "ada"), ("password", "correct horse")];
        thief.post("/sign-in", &fields).await
    });
    soon(hold.arrived()).await;
    assert_eq!(
        ada.post("/password", &CHANGE).await.location(),
        Some("/devices")
    );
    hold.release();
    assert_eq!(entering.await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(site.sessions_of("ada").await, 1);
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins_and_both_are_told() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    laptop.get("/password").await;
    phone.get("/password").await;
    let other = [("current", "correct horse"), ("new", "another staple")];
    let (one, two) = tokio::join!(
        laptop.post("/password", &CHANGE),
        phone.post("/password", &other)
    );
    let won = [&one, &two].map(|answer| answer.location() == Some("/devices"));
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{one:?} {two:?}");
    assert_eq!(site.sessions_of("ada").await, 1);
}

#[tokio::test]
async fn where_the_others_cannot_be_signed_out_the_user_is_told() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    ada.get("/password").await;
    site.faults.fail_before(
        Calls::from(Operation::Revoke).always(),
        ErrorKind::Unavailable,
    );
    let answer = ada.post("/password", &CHANGE).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.says("Your password has changed") && answer.says("may still be signed in"));
    assert!(answer.header("retry-after").is_some());
    site.faults.clear();

    // As the page says: they are ended from the list.
    assert!(phone.is_signed_in().await);
    assert!(ada.is_signed_in().await);
    ada.get("/devices").await;
    ada.post("/devices/end-others", &[]).await;
    assert!(!phone.is_signed_in().await);
}

#[tokio::test]
async fn where_the_client_goes_away_the_others_are_signed_out_all_the_same() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    ada.get("/password").await;
    // The password has changed, and the sign-in is under way, when the request is given up.
    let hold = site.faults.hold_before(Operation::Create);
    let revoking = site.faults.hold_after(Operation::Revoke);
    let request = tokio::spawn(async move { ada.post("/password", &CHANGE).await });
    soon(hold.arrived()).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    hold.release();
    soon(revoking.arrived()).await;
    revoking.release();
    assert!(!phone.is_signed_in().await);
}

#[tokio::test]
async fn where_the_new_token_cannot_be_had_the_others_are_signed_out_and_the_user_is_told() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    ada.get("/password").await;
    site.faults.fail_before(
        Calls::from(Operation::Create).always(),
        ErrorKind::Unavailable,
    );
    let answer = ada.post("/password", &CHANGE).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.says("Your password has changed") && answer.says("are signed out"));
    site.faults.clear();
    assert!(!phone.is_signed_in().await && ada.is_signed_in().await);
}

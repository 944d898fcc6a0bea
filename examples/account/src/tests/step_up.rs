//! Typing the password again before the account is deleted.

use std::time::Duration;

use axum::http::StatusCode;
use cloakroom::fault::Calls;
use cloakroom::{ErrorKind, Operation};
use futures_util::FutureExt as _;

use crate::tests::site::CONFIRM_AFTER;
use crate::tests::{Site, soon};
use crate::users::UserName;

const MILLISECOND: Duration = Duration::from_millis(1);
const CONFIRM: &str = "/confirm?return_to=/delete-account";

#[tokio::test]
async fn the_password_is_asked_for_again_once_it_is_old() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    site.clock.advance(CONFIRM_AFTER - MILLISECOND);
    assert!(
        ada.get("/delete-account")
            .await
            .says("less than 5 minutes ago")
    );
    site.clock.advance(MILLISECOND);
    assert_eq!(ada.get("/delete-account").await.location(), Some(CONFIRM));
    // The page that was opened in time is of no use now.
    assert_eq!(
        ada.post("/delete-account", &[]).await.location(),
        Some(CONFIRM)
    );
    assert!(site.users.by_name(&UserName::new("ada").unwrap()).is_some());
}

#[tokio::test]
async fn confirming_leads_back_under_a_new_token() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    site.clock.advance(CONFIRM_AFTER);
    ada.go("/delete-account").await;
    let mut before = ada.clone();

    let fields = [
        ("password", "wrong horse"),
        ("return_to", "/delete-account"),
    ];
    let answer = ada.post("/confirm", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.says("not your password") && answer.says("value=\"/delete-account\""));
    assert_eq!(answer.set_cookie(), None);

    let fields = [
        ("password", "correct horse"),
        ("return_to", "/delete-account"),
    ];
    let answer = ada.post("/confirm", &fields).await;
    assert_eq!(answer.location(), Some("/delete-account"));
    assert!(answer.set_cookie().is_some());
    assert!(!before.is_signed_in().await);
    assert!(
        ada.get("/delete-account")
            .await
            .says("There is no way back")
    );
    // It is still the same device, and there is no other for it.
    assert_eq!(site.sessions_of("ada").await, 2);
    // What one device has confirmed, the other has not.
    assert_eq!(phone.get("/delete-account").await.location(), Some(CONFIRM));
}

#[tokio::test]
async fn no_link_leads_away_from_here_after_confirming() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    for elsewhere in ["//evil.example", "/\\evil.example", "https://evil.example"] {
        let link = format!("/confirm?return_to={}", elsewhere.replace('\\', "%5C"));
        let page = ada.get(&link).await;
        assert!(page.says("name=\"return_to\" value=\"/\""), "{elsewhere}");
        let fields = [("password", "correct horse"), ("return_to", elsewhere)];
        let answer = ada.post("/confirm", &fields).await;
        assert_eq!(answer.location(), Some("/"), "{elsewhere}");
    }
}

#[tokio::test]
async fn deleting_the_account_ends_every_session_of_it() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    let mut grace = site.signed_up("grace").await;
    ada.get("/delete-account").await;
    let answer = ada.post("/delete-account", &[]).await;
    assert_eq!(answer.location(), Some("/account-deleted"));
    assert!(answer.set_cookie().unwrap().contains("Max-Age=0"));
    assert!(
        ada.get("/account-deleted")
            .await
            .says("Your account is deleted")
    );
    assert!(!ada.is_signed_in().await && !phone.is_signed_in().await);
    assert!(grace.is_signed_in().await);
    assert!(
        ada.sign_in("ada", "correct horse")
            .await
            .says("do not belong together")
    );

    // Whoever takes the name next has nothing of the first.
    let mut second = site.signed_up("ada").await;
    assert!(second.is_signed_in().await && !phone.is_signed_in().await);
    assert_eq!(site.sessions_of("ada").await, 1);
}

#[tokio::test]
async fn a_session_of_an_account_that_is_gone_opens_nothing_even_where_it_could_not_be_ended() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    ada.get("/delete-account").await;
    site.faults.fail_before(
        Calls::from(Operation::Revoke).always(),
        ErrorKind::Unavailable,
    );
    let answer = ada.post("/delete-account", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.says("Your account is deleted") && answer.says("opens nothing"));
    site.faults.clear();

    for browser in [&mut ada, &mut phone] {
        let home = browser.get("/").await;
        assert_eq!(home.status, StatusCode::OK);
        assert!(!home.says("Hello, ") && home.says("id=\"sign-in\""));
        // Both ways on from there are open.
        for path in ["/sign-in", "/sign-up"] {
            assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
        }
        let answer = browser.get("/devices").await;
        assert_eq!(answer.location(), Some("/sign-in"));
        assert!(answer.set_cookie().unwrap().contains("Max-Age=0"));
    }
}

#[tokio::test]
async fn where_the_client_goes_away_the_account_goes_with_its_sessions() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    let user = site.users.by_name(&UserName::new("ada").unwrap()).unwrap();
    ada.get("/delete-account").await;
    let revoked = site.faults.hold_after(Operation::Revoke);
    // The deletion has begun, and is given up before the account is gone or a session has ended.
    let answer = ada.post("/delete-account", &[]).now_or_never();
    assert!(answer.is_none() && site.users.by_id(&user.id).is_some());
    soon(revoked.arrived()).await;
    revoked.release();
    assert!(site.users.by_id(&user.id).is_none());
    let left = site.sessions.tokens(&user.id).count().await.unwrap();
    assert_eq!(left, 0, "the sessions go with their account");
    assert!(!phone.is_signed_in().await);
}

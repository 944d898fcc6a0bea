//! What users see where the store of sessions fails.

use axum::http::StatusCode;
use cloakroom::fault::Calls;
use cloakroom::{ErrorKind, Operation};

use crate::tests::Site;

#[tokio::test]
async fn a_store_that_is_down_signs_nobody_out() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    for kind in [ErrorKind::Unavailable, ErrorKind::Timeout] {
        site.faults.fail_before(Calls::any().always(), kind);
        for path in ["/", "/devices", "/password", "/sign-in", "/delete-account"] {
            let answer = ada.get(path).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(answer.header("retry-after").is_some(), "{path}");
            assert!(answer.says("You are still signed in"), "{path}");
            assert_eq!(
                answer.header("content-type"),
                Some("text/html; charset=utf-8")
            );
            assert!(answer.header("content-security-policy").is_some());
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.set_cookie(), None);
        }
        // To post is not to be tried again by a link to the same address.
        let answer = ada.post("/sign-out", &[]).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.says("class=\"button\" href=\"/\""));
        // What needs no session goes on.
        assert_eq!(ada.get("/style.css").await.status, StatusCode::OK);
        assert_eq!(ada.get("/nowhere").await.status, StatusCode::NOT_FOUND);
        site.faults.clear();
        assert!(ada.is_signed_in().await);
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_not_taken_for_none() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    site.faults
        .fail_before(Calls::from(Operation::Load).always(), ErrorKind::Corrupt);
    let answer = ada.get("/devices").await;
    assert!(answer.status.is_server_error(), "{answer:?}");
    assert!(answer.says("Your session cannot be read"));
    assert_eq!(answer.set_cookie(), None);
}

#[tokio::test]
async fn a_sign_out_that_failed_is_not_said_to_have_worked() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    ada.get("/devices").await;
    site.faults.fail_before(
        Calls::from(Operation::Delete).always(),
        ErrorKind::Unavailable,
    );
    let answer = ada.post("/sign-out", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.says("it may not be done") && answer.header("retry-after").is_some());
    assert_eq!(answer.set_cookie(), None);
    site.faults.clear();
    assert!(ada.is_signed_in().await);
    assert_eq!(
        ada.post("/sign-out", &[]).await.location(),
        Some("/goodbye")
    );
}

#[tokio::test]
async fn a_list_that_failed_is_no_empty_list() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    site.faults.fail_before(
        Calls::from(Operation::TokenSet).always(),
        ErrorKind::Unavailable,
    );
    let answer = ada.get("/devices").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(answer.says("That did not work just now"));
}

#[tokio::test]
async fn a_visit_that_could_not_be_counted_is_not_shown_as_counted() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    ada.get("/").await;
    site.faults.fail_before(
        Calls::from(Operation::Update).always(),
        ErrorKind::Unavailable,
    );
    let answer = ada.get("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    // Nobody is told that nothing is lost.
    assert!(answer.says("it may not be done") && !answer.says("nothing is lost"));
    site.faults.clear();
    assert!(ada.get("/").await.says("id=\"visits\">2</p>"));
}

#[tokio::test]
async fn a_sign_in_that_failed_signs_nobody_in() {
    let site = Site::new();
    site.signed_up("ada").await;
    let mut phone = site.browser();
    phone.get("/sign-in").await;
    let fields = [("name", "ada"), ("password", "correct horse")];
    for operation in [Operation::Begin, Operation::Create] {
        site.faults
            .fail_before(Calls::from(operation).always(), ErrorKind::Unavailable);
        let answer = phone.post("/sign-in", &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{operation:?}"
        );
        assert_eq!(answer.set_cookie(), None);
        assert!(answer.says("it may not be done"));
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        site.faults.clear();
    }
    assert_eq!(site.sessions_of("ada").await, 1);
    assert_eq!(phone.post("/sign-in", &fields).await.location(), Some("/"));
}

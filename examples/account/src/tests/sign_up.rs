//! Creating an account.

use axum::http::StatusCode;

use crate::tests::Site;
use crate::users::UserName;

#[tokio::test]
async fn a_new_user_is_signed_in_and_welcomed_once() {
    let site = Site::new();
    let mut ada = site.signed_up("Ada").await;
    let home = ada.get("/").await;
    assert!(home.says("Hello, <span id=\"name\">Ada</span>"));
    assert!(home.says("Your account is ready"));
    assert!(!ada.get("/").await.says("Your account is ready"));
    assert!(ada.get("/devices").await.says("Firefox on Linux"));
}

#[tokio::test]
async fn signing_up_changes_the_token_and_the_old_one_opens_nothing() {
    let site = Site::new();
    let mut ada = site.browser();
    ada.get("/sign-up").await;
    let mut planted = ada.clone();
    ada.post(
        "/sign-up",
        &[("name", "ada"), ("password", "correct horse")],
    )
    .await;
    assert_ne!(ada.cookie, planted.cookie);
    assert!(ada.is_signed_in().await);
    assert!(!planted.is_signed_in().await);
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_to_be() {
    let site = Site::new();
    site.signed_up("ada").await;
    let mut other = site.browser();
    other.get("/sign-up").await;
    let answer = other
        .post(
            "/sign-up",
            &[("name", "ADA"), ("password", "another horse")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.says("That name is taken"));
    // The form is there again, with the name in it and without the password.
    assert!(answer.says("value=\"ADA\"") && !answer.says("another horse"));
    assert!(!other.is_signed_in().await);
    assert!(
        other
            .sign_in("ada", "another horse")
            .await
            .says("do not belong together")
    );
}

#[tokio::test]
async fn names_and_passwords_that_will_not_do_are_refused_with_a_reason() {
    let site = Site::new();
    let mut browser = site.browser();
    browser.get("/sign-up").await;
    for (name, password, reason) in [
        ("a", "correct horse", "2 to 32 characters"),
        ("a b", "correct horse", "2 to 32 characters"),
        ("ada", "short", "at least 8 characters"),
        ("ada.lovelace", "Ada.Lovelace", "not your name"),
        // Nor with space around either.
        (" ada.lovelace ", "ada.lovelace", "not your name"),
        ("ada.lovelace", "ada.lovelace ", "not your name"),
        ("ada", &"ö".repeat(129), "keep it to 128 characters"),
    ] {
        let answer = browser
            .post("/sign-up", &[("name", name), ("password", password)])
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.says(reason), "{name}: {}", answer.body);
    }
    for name in ["ada", "ada.lovelace"] {
        assert_eq!(site.users.by_name(&UserName::new(name).unwrap()), None);
    }
}

#[tokio::test]
async fn of_two_who_want_one_name_at_once_one_gets_it() {
    let site = Site::new();
    let (mut one, mut two) = (site.browser(), site.browser());
    one.get("/sign-up").await;
    two.get("/sign-up").await;
    let first = [("name", "ada"), ("password", "correct horse")];
    let second = [("name", "ada"), ("password", "another horse")];
    let (one, two) = tokio::join!(one.post("/sign-up", &first), two.post("/sign-up", &second));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert_eq!(site.sessions_of("ada").await, 1);
}

#[tokio::test]
async fn whoever_is_signed_in_is_not_asked_to_sign_up() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    assert_eq!(ada.get("/sign-up").await.location(), Some("/"));
    assert_eq!(ada.get("/sign-in").await.location(), Some("/"));
}

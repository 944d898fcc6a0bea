//! Forms that are not ours.

use axum::http::StatusCode;

use crate::tests::Site;

const SAME_ORIGIN: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

#[tokio::test]
async fn a_form_without_the_token_of_its_session_changes_nothing() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    phone.get("/devices").await;
    ada.get("/devices").await;
    let own = ada.form_token.clone();
    let shortened = &own[..own.len() - 1];
    for token in ["", "x", shortened, phone.form_token.as_str()] {
        let answer = ada
            .post_bare(
                "/devices/end-others",
                &[("form_token", token)],
                &SAME_ORIGIN,
            )
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
        assert!(answer.says("That page was out of date"));
        let answer = ada
            .post_bare("/sign-out", &[("form_token", token)], &SAME_ORIGIN)
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
    }
    let answer = ada
        .post_bare("/devices/end-others", &[], &SAME_ORIGIN)
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("We could not read that form"));
    assert!(ada.is_signed_in().await && phone.is_signed_in().await);
    // The real one works.
    let answer = ada
        .post_bare("/devices/end-others", &[("form_token", &own)], &SAME_ORIGIN)
        .await;
    assert_eq!(answer.location(), Some("/devices"));
    assert!(!phone.is_signed_in().await);
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_form_that_somebody_else_made() {
    let site = Site::new();
    site.signed_up("eve").await;
    let mut eve = site.browser();
    eve.get("/sign-in").await;
    // Ada's browser, without a session and with one.
    let mut ada = site.browser();
    for _ in 0..2 {
        let fields = [
            ("name", "eve"),
            ("password", "correct horse"),
            ("form_token", &eve.form_token),
        ];
        let answer = ada.post_bare("/sign-in", &fields, &SAME_ORIGIN).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.set_cookie(), None);
        ada.get("/sign-in").await;
    }
}

#[tokio::test]
async fn the_token_of_before_the_sign_in_is_worth_nothing_after_it() {
    let site = Site::new();
    let mut ada = site.browser();
    ada.get("/sign-up").await;
    let planted = ada.form_token.clone();
    ada.post(
        "/sign-up",
        &[("name", "ada"), ("password", "correct horse")],
    )
    .await;
    ada.get("/devices").await;
    assert_ne!(ada.form_token, planted);
    let answer = ada
        .post_bare("/sign-out", &[("form_token", &planted)], &SAME_ORIGIN)
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn what_another_site_makes_a_browser_send_is_refused_whatever_it_holds() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    ada.get("/devices").await;
    let token = ada.form_token.clone();
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://127.0.0.1:9999"),
        ("origin", "null"),
    ] {
        let answer = ada
            .post_bare("/sign-out", &[("form_token", &token)], &[header])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header:?}");
        assert!(answer.says("That did not come from here"));
        // Pages keep their headers when they are refusals.
        assert!(answer.header("content-security-policy").is_some());
    }
    // Links from elsewhere work.
    assert!(ada.is_signed_in().await);
    // A browser that says nothing has the token at least.
    let answer = ada
        .post_bare("/sign-out", &[("form_token", &token)], &[])
        .await;
    assert_eq!(answer.location(), Some("/goodbye"));
}

#[tokio::test]
async fn forms_that_are_too_long_or_no_forms_are_refused() {
    let site = Site::new();
    let mut browser = site.browser();
    browser.get("/sign-in").await;
    let long = "x".repeat(20_000);
    let answer = browser
        .post("/sign-in", &[("name", &long), ("password", "x")])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.says("far too long"));
    let answer = browser.post("/sign-in", &[("name", "ada")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.says("We could not read that form"));
}

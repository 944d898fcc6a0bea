//! Signing in and out.

use std::time::Duration;

use axum::http::StatusCode;
use cloakroom::Operation;

use crate::tests::Site;

#[tokio::test]
async fn an_unknown_name_gets_the_answer_and_the_work_of_a_wrong_password() {
    let site = Site::new();
    site.signed_up("ada").await;
    let mut answers = Vec::new();
    // Before the first attempt, so that neither name is one that was tried before.
    for name in ["ada", "eve", "no name at all!"] {
        let mut browser = site.browser();
        browser.get("/sign-in").await;
        let begun = site.faults.calls(Operation::Begin);
        let created = site.faults.calls(Operation::Create);
        let answer = browser
            .post("/sign-in", &[("name", name), ("password", "wrong")])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(site.faults.calls(Operation::Begin), begun + 1, "{name}");
        assert_eq!(site.faults.calls(Operation::Create), created, "{name}");
        assert_eq!(answer.set_cookie(), None);
        let body = answer
            .body
            .replace(&browser.form_token, "")
            .replace(name, "");
        answers.push(body);
    }
    assert!(answers[0].contains("do not belong together"));
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test]
async fn signing_in_leads_back_to_the_page_that_was_asked_for() {
    let site = Site::new();
    site.signed_up("ada").await;
    let mut browser = site.browser();
    let asked = browser.get("/password").await;
    let page = browser.get(asked.location().unwrap()).await;
    assert!(
        page.says("name=\"return_to\" value=\"/password\"") && page.says("Please sign in to go on")
    );
    let fields = [
        ("name", "ada"),
        ("password", "wrong horse"),
        ("return_to", "/password"),
    ];
    let page = browser.post("/sign-in", &fields).await;
    assert!(page.says("name=\"return_to\" value=\"/password\""));
    let fields = [
        ("name", "ada"),
        ("password", "correct horse"),
        ("return_to", "/password"),
    ];
    assert_eq!(
        browser.post("/sign-in", &fields).await.location(),
        Some("/password")
    );
    assert!(browser.get("/password").await.says("You&#39;re signed in."));
}

#[tokio::test]
async fn no_link_leads_away_from_here_after_signing_in() {
    let site = Site::new();
    site.signed_up("ada").await;
    for elsewhere in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
    ] {
        let mut browser = site.browser();
        browser.get("/sign-in").await;
        let fields = [
            ("name", "ada"),
            ("password", "correct horse"),
            ("return_to", elsewhere),
        ];
        assert_eq!(
            browser.post("/sign-in", &fields).await.location(),
            Some("/")
        );
        let link = format!("/sign-in?return_to={}", elsewhere.replace('\\', "%5C"));
        let page = site.browser().get(&link).await;
        assert!(page.says("name=\"return_to\" value=\"/\""), "{elsewhere}");
        assert_eq!(
            browser.get(&link).await.location(),
            Some("/"),
            "{elsewhere}"
        );
    }
}

#[tokio::test]
async fn a_remembered_session_outlives_the_browser_and_the_usual_timeouts() {
    let site = Site::new();
    let mut usual = site.signed_up("ada").await;
    let mut remembered = site.browser();
    remembered.get("/sign-in").await;
    let fields = [
        ("name", "ada"),
        ("password", "correct horse"),
        ("remember", "yes"),
    ];
    let answer = remembered.post("/sign-in", &fields).await;
    let days = 30 * 24 * 60 * 60;
    assert!(
        answer
            .set_cookie()
            .unwrap()
            .contains(&format!("Max-Age={days}")),
        "{answer:?}"
    );
    assert!(remembered.get("/devices").await.says("Remembered"));

    site.clock.advance(Duration::from_secs(60 * 60));
    assert!(!usual.is_signed_in().await);
    assert!(remembered.is_signed_in().await);
    site.clock.advance(Duration::from_secs(days - 60 * 60 - 1));
    assert!(remembered.is_signed_in().await);
    site.clock.advance(Duration::from_secs(1));
    assert!(!remembered.is_signed_in().await);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_signs_in_once_and_takes_no_cookie_away() {
    let site = Site::new();
    site.signed_up("ada").await;
    let mut first = site.browser();
    first.get("/sign-in").await;
    let mut second = first.clone();
    let fields = [("name", "ada"), ("password", "correct horse")];
    let (one, two) = tokio::join!(
        first.post("/sign-in", &fields),
        second.post("/sign-in", &fields)
    );
    // Which of them comes first is not ours to say: one signs in, and the other leaves the cookie alone.
    let cookies = [one.set_cookie(), two.set_cookie()];
    assert_eq!(cookies.iter().flatten().count(), 1, "{cookies:?}");
    assert_eq!(site.sessions_of("ada").await, 2);
    for answer in [&one, &two] {
        assert!(answer.status == StatusCode::SEE_OTHER || answer.status == StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_deletes_the_cookie() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    ada.get("/devices").await;
    let mut stolen = ada.clone();
    let answer = ada.post("/sign-out", &[]).await;
    assert_eq!(answer.location(), Some("/goodbye"));
    let cookie = answer.set_cookie().unwrap();
    assert!(
        cookie.contains("Max-Age=0") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(ada.get("/goodbye").await.says("You're signed out"));
    assert!(!ada.is_signed_in().await);
    assert!(!stolen.is_signed_in().await);
}

#[tokio::test]
async fn whoever_signs_in_as_somebody_else_is_no_longer_the_first() {
    let site = Site::new();
    site.signed_up("grace").await;
    let mut browser = site.signed_up("ada").await;
    let mut tab = browser.clone();
    browser.get("/").await;
    // The page is not offered, but the form may be open in another tab.
    let answer = browser
        .post(
            "/sign-in",
            &[("name", "grace"), ("password", "correct horse")],
        )
        .await;
    assert_eq!(answer.location(), Some("/"));
    assert!(
        browser
            .get("/")
            .await
            .says("<span id=\"name\">grace</span>")
    );
    assert!(!tab.is_signed_in().await);
    assert_eq!(site.sessions_of("ada").await, 0);
}

#[tokio::test]
async fn where_the_answer_to_a_sign_in_is_lost_one_signs_in_again() {
    let site = Site::new();
    site.signed_up("ada").await;
    let mut browser = site.browser();
    browser.get("/sign-in").await;
    let mut without_answer = browser.clone();
    let answer = browser.sign_in("ada", "correct horse").await;
    assert_eq!(answer.location(), Some("/"));
    for wait in [Duration::from_millis(1), Duration::from_secs(60)] {
        site.clock.advance(wait);
        // Its form is the same, and a page from before is as good.
        let mut again = without_answer.clone();
        let answer = again.sign_in("ada", "correct horse").await;
        assert_eq!(answer.location(), Some("/"), "{}", answer.body);
        assert!(again.is_signed_in().await);
    }
    let junk = [("name", "ada"), ("password", "correct horse")];
    without_answer.get("/sign-in").await;
    without_answer.form_token = "junk".to_owned();
    let answer = without_answer.post("/sign-in", &junk).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

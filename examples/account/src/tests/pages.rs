//! What all pages have in common.

use axum::http::StatusCode;

use crate::session_layer::Secure;
use crate::tests::{Answer, Site};

/// Every page, with what it says in its title.
const FOR_VISITORS: [(&str, &str); 5] = [
    ("/", "Welcome"),
    ("/sign-up", "Create an account"),
    ("/sign-in", "Sign in"),
    ("/goodbye", "You're signed out"),
    ("/account-deleted", "Your account is deleted"),
];
const FOR_USERS: [(&str, &str); 5] = [
    ("/", "Home"),
    ("/devices", "Where you're signed in"),
    ("/password", "Change your password"),
    ("/confirm", "Please confirm it's you"),
    ("/delete-account", "Delete your account"),
];

/// What every page owes, whatever is on it.
fn check(answer: &Answer, title: &str) {
    let page = &answer.body;
    assert!(
        page.starts_with("<!doctype html>\n<html lang=\"en\">"),
        "{page}"
    );
    let shown = answer.all_between("<title>", "</title>").next().unwrap();
    assert_eq!(shown.replace("&#39;", "'"), format!("{title} · Cloakroom"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    // What the policy forbids is not there either, and nothing comes from elsewhere.
    for forbidden in [
        "<script",
        "<style",
        " style=",
        " onclick=",
        "http://",
        "https://",
        "src=\"//",
    ] {
        assert!(!page.contains(forbidden), "{title}: {forbidden}");
    }
}

#[tokio::test]
async fn every_page_for_visitors_is_there() {
    let site = Site::new();
    for (path, title) in FOR_VISITORS {
        let answer = site.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        check(&answer, title);
    }
}

#[tokio::test]
async fn every_page_for_users_is_there() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    for (path, title) in FOR_USERS {
        let answer = ada.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        check(&answer, title);
        assert!(answer.says("id=\"sign-out\""), "{path}");
    }
}

#[tokio::test]
async fn visitors_are_sent_to_the_sign_in_page_and_back() {
    let site = Site::new();
    for path in ["/devices", "/password", "/confirm", "/delete-account"] {
        let answer = site.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(
            answer.location().unwrap(),
            format!("/sign-in?return_to={path}")
        );
        // Nobody is given a session for that.
        assert_eq!(answer.set_cookie(), None);
    }
    // What was to be posted is not posted after signing in.
    for path in [
        "/sign-out",
        "/devices/end",
        "/devices/end-others",
        "/password",
        "/confirm",
        "/delete-account",
    ] {
        let answer = site.browser().post(path, &[]).await;
        assert_eq!(answer.location(), Some("/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn the_other_pages_are_pages_too() {
    let site = Site::new();
    let answer = site.browser().get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    check(&answer, "There is no such page");
    let answer = site.browser().get("/sign-out").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    check(&answer, "That page does something else");
}

#[tokio::test]
async fn the_files_of_the_pages_need_no_session() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let before = site.faults.calls(cloakroom::Operation::Load);
    for (path, kind) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer = ada.get(path).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), Some(kind));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(answer.set_cookie(), None);
    }
    for path in ["/goodbye", "/nowhere"] {
        ada.get(path).await;
    }
    assert_eq!(site.faults.calls(cloakroom::Operation::Load), before);
}

#[tokio::test]
async fn visits_are_counted_before_and_after_signing_in() {
    let site = Site::new();
    let mut ada = site.browser();
    assert!(ada.get("/").await.says("<b id=\"visits\">first</b>"));
    assert!(ada.get("/").await.says("<b id=\"visits\">2</b>"));
    ada.get("/sign-up").await;
    let fields = [("name", "ada"), ("password", "correct horse")];
    ada.post("/sign-up", &fields).await;
    assert!(ada.get("/").await.says("id=\"visits\">3</p>"));
    // Each browser counts for itself.
    assert!(
        site.signed_in("ada")
            .await
            .get("/")
            .await
            .says("id=\"visits\">1</p>")
    );
}

#[tokio::test]
async fn asking_whether_a_page_is_there_touches_nothing() {
    use cloakroom::Operation::{Begin, Create, Load, TokenSet, Touch, Update};

    let site = Site::new();
    let mut visitor = site.browser();
    let mut ada = site.signed_up("ada").await;
    // Whoever reads her session now prolongs it.
    site.clock.advance(std::time::Duration::from_secs(60));
    let calls = || [Begin, Create, Load, TokenSet, Touch, Update].map(|of| site.faults.calls(of));
    let before = calls();
    for (path, _) in FOR_VISITORS.into_iter().chain(FOR_USERS) {
        for browser in [&mut visitor, &mut ada] {
            let answer = browser.head(path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let kind = answer.header("content-type");
            assert_eq!(kind, Some("text/html; charset=utf-8"), "{path}");
            assert_eq!(answer.header("content-length"), None, "{path}");
            assert!(answer.header("content-security-policy").is_some());
            assert_eq!(answer.set_cookie(), None, "{path}");
            assert_eq!(answer.body, "");
        }
    }
    assert_eq!(calls(), before);
    let home = ada.get("/").await;
    assert!(home.says("id=\"visits\">1</p>") && home.says("Your account is ready"));
    // What is no page is none for `HEAD` either.
    assert_eq!(visitor.head("/nowhere").await.status, StatusCode::NOT_FOUND);
    let answer = visitor.head("/sign-out").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn of_many_visits_at_once_each_counts() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let visits = (0..20).map(|_| {
        let mut tab = ada.clone();
        tokio::spawn(async move { tab.get("/").await.status })
    });
    let visits: Vec<_> = visits.collect();
    for visit in visits {
        assert_eq!(visit.await.unwrap(), StatusCode::OK);
    }
    assert!(ada.get("/").await.says("id=\"visits\">21</p>"));
}

#[tokio::test]
async fn the_cookie_is_as_safe_as_it_can_be() {
    let site = Site::with(Secure::Yes);
    let answer = site.browser().get("/").await;
    let (pair, attributes) = answer.set_cookie().unwrap().split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-session="));
    let mut attributes: Vec<_> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);

    let site = Site::new();
    let answer = site.browser().get("/").await;
    let cookie = answer.set_cookie().unwrap();
    assert!(cookie.starts_with("account-session=") && !cookie.contains("Secure"));
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
}

#[tokio::test]
async fn what_a_user_chose_is_text_on_every_page() {
    let site = Site::new();
    let mut browser = site.browser();
    browser.get("/sign-in").await;
    let evil = "\"><script>alert(1)</script>";
    let fields = [("name", evil), ("password", "x"), ("return_to", evil)];
    let answer = browser.post("/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        !answer.says("<script") && answer.says("&#60;script"),
        "{}",
        answer.body
    );
    let answer = browser.get("/sign-in?return_to=/%22%3E%3Cscript%3E").await;
    assert!(!answer.says("<script"), "{}", answer.body);
}

#[tokio::test]
async fn a_way_back_that_makes_no_sense_leads_home() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let twice = "?return_to=/devices&return_to=/password";
    let answer = ada.get(&format!("/confirm{twice}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.says("name=\"return_to\" value=\"/\""));
    let answer = site.browser().get(&format!("/sign-in{twice}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.says("name=\"return_to\" value=\"/\""));
}

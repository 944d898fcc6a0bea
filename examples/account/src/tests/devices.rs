//! The list of devices.

use std::time::Duration;

use axum::http::StatusCode;

use crate::tests::{Answer, Site};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

/// The ids of the devices, in the order of the list.
fn ids(answer: &Answer) -> Vec<String> {
    answer
        .all_between("name=\"device\" value=\"", "\"")
        .map(str::to_owned)
        .collect()
}

fn labels(answer: &Answer) -> Vec<&str> {
    answer.all_between("<h2>", "</h2>").collect()
}

#[tokio::test]
async fn the_list_tells_each_device_and_which_one_this_is() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    site.clock.advance(Duration::from_secs(600));
    let mut phone = site.browser();
    phone.agent = PHONE;
    phone.sign_in("ada", "correct horse").await;
    site.signed_up("grace").await;

    let list = phone.get("/devices").await;
    assert_eq!(labels(&list), ["Safari on iPhone", "Firefox on Linux"]);
    assert!(
        list.says("<span>Signed in just now</span>")
            && list.says("<span>Signed in 10 minutes ago</span>")
    );
    let this: Vec<_> = list
        .all_between("<li ", "</li>")
        .map(|item| item.contains("This device"))
        .collect();
    assert_eq!(this, [true, false]);
    assert!(list.says("id=\"end-others\""));

    let list = laptop.get("/devices").await;
    assert_eq!(labels(&list), ["Firefox on Linux", "Safari on iPhone"]);
    assert!(laptop.get("/").await.says("id=\"device-count\">2</p>"));
}

#[tokio::test]
async fn a_device_alone_has_no_others_to_sign_out() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let list = ada.get("/devices").await;
    assert!(list.says("You are signed in nowhere else") && !list.says("id=\"end-others\""));
}

#[tokio::test]
async fn one_device_signs_another_out() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    let mut tablet = site.signed_in("ada").await;
    let list = phone.get("/devices").await;
    let ids = ids(&list);
    // The laptop was seen first, and is last in the list.
    let answer = phone
        .post("/devices/end", &[("device", ids.last().unwrap())])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, Some("/devices"))
    );
    assert_eq!(answer.set_cookie(), None);
    assert!(
        phone
            .get("/devices")
            .await
            .says("That device is signed out.")
    );
    let left = [laptop.is_signed_in().await, tablet.is_signed_in().await];
    assert_eq!(left.iter().filter(|signed_in| **signed_in).count(), 1);
    assert!(phone.is_signed_in().await);

    // Twice is once.
    phone
        .post("/devices/end", &[("device", ids.last().unwrap())])
        .await;
    assert!(phone.get("/devices").await.says("was signed out already"));
}

#[tokio::test]
async fn the_next_click_of_a_device_that_was_signed_out_leads_to_the_sign_in_page() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    laptop.get("/password").await;
    let mut phone = site.signed_in("ada").await;
    phone.get("/devices").await;
    phone.post("/devices/end-others", &[]).await;

    let cookie = laptop.cookie.clone();
    let answer = laptop.get("/devices").await;
    assert_eq!(answer.location(), Some("/sign-in?return_to=/devices"));
    // Whoever finds no session takes no cookie away: a sign-in may be under way.
    assert_eq!(answer.set_cookie(), None);
    let fields = [("current", "correct horse"), ("new", "stolen horse")];
    assert_eq!(
        laptop.post("/password", &fields).await.location(),
        Some("/sign-in")
    );
    assert_eq!(
        laptop.post("/sign-out", &[]).await.location(),
        Some("/sign-in")
    );
    assert_eq!(laptop.cookie, cookie);
    assert!(laptop.go("/devices").await.says("Please sign in to go on"));
}

#[tokio::test]
async fn this_device_is_signed_out_like_any_other_and_says_goodbye() {
    let site = Site::new();
    let mut ada = site.signed_up("ada").await;
    let list = ada.get("/devices").await;
    let answer = ada
        .post("/devices/end", &[("device", &ids(&list)[0])])
        .await;
    assert_eq!(answer.location(), Some("/goodbye"));
    assert!(answer.set_cookie().unwrap().contains("Max-Age=0"));
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn all_others_are_signed_out_at_once() {
    let site = Site::new();
    let mut laptop = site.signed_up("ada").await;
    let mut phone = site.signed_in("ada").await;
    let mut tablet = site.signed_in("ada").await;
    phone.get("/devices").await;
    phone.post("/devices/end-others", &[]).await;
    let list = phone.get("/devices").await;
    assert!(list.says("Your other devices are signed out.") && ids(&list).len() == 1);
    assert!(!laptop.is_signed_in().await && !tablet.is_signed_in().await);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let site = Site::new();
    let mut grace = site.signed_up("grace").await;
    let hers = ids(&grace.get("/devices").await);
    let mut eve = site.signed_up("eve").await;
    eve.get("/devices").await;
    for device in [
        hers[0].as_str(),
        "",
        "../../x",
        &"A".repeat(40),
        &"\u{0}".repeat(40),
    ] {
        let answer = eve.post("/devices/end", &[("device", device)]).await;
        assert_eq!(answer.location(), Some("/devices"), "{device:?}");
        assert!(eve.get("/devices").await.says("was signed out already"));
    }
    assert!(grace.is_signed_in().await && eve.is_signed_in().await);
}

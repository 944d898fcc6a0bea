use std::time::Duration;

use cloakroom_core::Sessions;
use cloakroom_moka::MokaStore;

use crate::{SessionCookie, SessionLayer, SessionLayerBuilder};

fn builder() -> SessionLayerBuilder<()> {
    SessionLayer::builder(Sessions::builder(MokaStore::new()).build().unwrap())
}

#[test]
fn each_setting_that_makes_no_sense_is_refused_with_a_way_out() {
    let minute = Duration::from_secs(60);
    let day = 24 * 60 * minute;
    for (refused, words) in [
        (
            builder().cookie(SessionCookie::new().secure(false)),
            ["Secure", "secure(true)"],
        ),
        (
            builder().without_cookie(),
            ["no request has a session", "`bearer`"],
        ),
        (
            builder().store_deadline(Duration::ZERO),
            ["too slow", "without_store_deadline"],
        ),
        (
            builder().renew_every(Duration::ZERO, minute),
            ["0ns", "minutes"],
        ),
        (
            builder().renew_every(minute, Duration::ZERO),
            ["a grace of 0ns", "the shortest is 10s"],
        ),
        (
            builder().renew_every(minute, day + minute),
            ["86460s", "86400s"],
        ),
        (
            builder()
                .without_cookie()
                .bearer()
                .renew_every(minute, minute),
            ["setting the cookie", "leave `renew_every` out"],
        ),
    ] {
        let said = refused.build().unwrap_err().to_string();
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said:?}");
        }
    }
}

#[cfg(feature = "axum")]
#[test]
fn a_page_is_a_path_of_this_server() {
    for page in [
        "",
        "sign-in",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "https://elsewhere.example",
        "/sign-in?a=b",
        "/sign-in#a",
        "/sign in",
        "/sign-in\r\nx: y",
        "/\u{e4}",
    ] {
        for refused in [builder().sign_in_page(page), builder().step_up_page(page)] {
            let said = refused.build().unwrap_err().to_string();
            assert!(said.contains("write it as `/sign-in`"), "{page:?}: {said}");
        }
    }
    assert!(builder().sign_in_page("/account/sign-in").build().is_ok());
}

#[test]
fn the_defaults_are_what_building_allows() {
    assert!(builder().build().is_ok());
    assert!(builder().without_cookie().bearer().build().is_ok());
    let day = Duration::from_secs(24 * 60 * 60);
    assert!(builder().renew_every(day, day).build().is_ok());
    assert!(builder().without_store_deadline().build().is_ok());
}

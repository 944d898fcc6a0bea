//! Any text as the value of a cookie that holds a whole session: it is a session, or it says why not. What is found
//! is not over, and nothing of it is printed.
#![no_main]

use cloakroom_core::Timestamp;
use cloakroom_node::{CookieSession, read_cookie_session};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

libfuzzer_sys::fuzz_target!(|value: &str| {
    let found = read_cookie_session(value, NOW);
    let shown = format!("{found:?}");
    assert!(shown.len() < 120, "{shown}");
    let Ok(CookieSession::Found(data)) = found else {
        return;
    };
    let json = data.to_json();
    assert!(json.starts_with('{') && json.ends_with('}'));
    let expire = data.get::<f64>("_expire").ok().flatten();
    assert!(expire.is_none_or(|expire| expire >= NOW.as_millis() as f64));
    // What is odd in base64 makes no difference: what it stands for does.
    let plain: String = value
        .chars()
        .take_while(|c| *c != '=')
        .filter(char::is_ascii)
        .collect();
    let Ok(CookieSession::Found(again)) = read_cookie_session(&plain, NOW) else {
        panic!("the same characters, and another answer");
    };
    assert!(again == data);
});

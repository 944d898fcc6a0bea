//! Any text as a session's JSON: it is read where `serde_json` reads an object, and perhaps where that has limits; it
//! comes back byte for byte, and a change of one name changes nothing else.
//!
//! It is read as koa-session's cookie, which is the way to give a text to the crate without a server.
#![no_main]

use cloakroom_core::Timestamp;
use cloakroom_node::{CookieSession, Damage, DataError, NodeData, read_cookie_session};
use serde_json::{Map, Value};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let theirs = serde_json::from_str::<Value>(text);
    match read_cookie_session(&base64(text.as_bytes()), Timestamp::EPOCH) {
        Ok(CookieSession::Found(data)) => found(text, data, theirs.ok()),
        Ok(CookieSession::Ended) => {
            let expire = theirs.ok().and_then(|value| value["_expire"].as_f64());
            assert!(
                expire.is_none_or(|expire| expire < 0.0),
                "it is not over: {text:?}"
            );
        }
        Err(Damage::NotAnObject) => {
            assert!(theirs.is_err() || theirs.is_ok_and(|value| !value.is_object()))
        }
        Err(_) => assert!(theirs.is_err(), "serde_json reads it: {text:?}"),
    }
});

fn found(text: &str, mut data: NodeData, theirs: Option<Value>) {
    let before = data.to_json();
    if let Some(theirs) = theirs {
        let theirs = theirs
            .as_object()
            .expect("serde_json sees an object, too")
            .clone();
        assert_eq!(members(&data), own(theirs), "{text:?}");
    }
    for name in data.names().map(str::to_owned).collect::<Vec<_>>() {
        match data.get::<Value>(&name) {
            Ok(value) => assert!(value.is_some()),
            Err(why) => assert_eq!(why, DataError::CannotHold),
        }
        let json = data.get_json(&name).expect("it has it").to_owned();
        if data.set_json(&name, &json).is_err() {
            continue;
        }
    }
    // Twins are one by now, which is the last one in the place of the first; all else is as it was.
    let once = data.to_json();
    if data.set("zz new", &1).is_ok() && !once.contains("zz new") {
        assert!(data.remove("zz new"));
        assert_eq!(data.to_json(), once);
    }
    assert!(once.len() <= before.len());
}

fn members(data: &NodeData) -> Map<String, Value> {
    let value = |name: &str| data.get(name).ok().flatten().expect("serde_json holds it");
    data.names()
        .map(|name| (name.to_owned(), value(name)))
        .collect()
}

fn own(mut theirs: Map<String, Value>) -> Map<String, Value> {
    theirs.retain(|name, _| !name.starts_with('_') && name != "isNew");
    theirs
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..=chunk.len() {
            text.push(char::from(alphabet[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

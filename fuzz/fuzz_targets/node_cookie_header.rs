//! Any bytes as a `Cookie` header: nothing is accepted that is not signed, what is accepted can be given to the browser
//! again, and what is set is one header line.
//!
//! `%K` and `%E` in the input stand for a cookie that is signed as Koa and Express do, so that some are right.
#![no_main]

use cloakroom_core::Timestamp;
use cloakroom_node::{Attributes, ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, Sid};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let keygrip = Keygrip::new(["newest", "older"]).expect("two keys");
    let koa = KoaCookies::new("sid", keygrip.clone());
    let express = ExpressCookies::new("sid", ExpressSecrets::new(["newest"]).expect("a secret"));
    let header = filled(input, &koa, &express);

    let reading = koa.read(&header);
    if let Some(value) = reading.value() {
        let signed = format!("sid={value}");
        let signatures =
            [&["newest"], &["older"]].map(|key| Keygrip::new(*key).expect("a key").sign(&signed));
        let text: String = header.iter().copied().map(char::from).collect();
        assert!(
            signatures
                .iter()
                .any(|signature| text.contains(signature.as_str())),
            "accepted unsigned"
        );
        goes_round(
            value,
            |value| koa.set(value, &Attributes::new(), Timestamp::EPOCH).ok(),
            |header| koa.read(header).value().map(str::to_owned),
        );
    }
    for line in reading.set_cookie() {
        assert!(!line.contains(['\r', '\n', '\0']) && line.starts_with("sid.sig="));
    }
    if let Some(value) = express.read(&header).value() {
        goes_round(
            value,
            |value| {
                Some(vec![
                    express
                        .set(value, &Attributes::new(), Timestamp::EPOCH)
                        .ok()?,
                ])
            },
            |header| express.read(header).value().map(str::to_owned),
        );
    }
});

fn filled(input: &[u8], koa: &KoaCookies, express: &ExpressCookies) -> Vec<u8> {
    let line = |cookies: Vec<String>| {
        let pairs = cookies.iter().filter_map(|cookie| cookie.split(';').next());
        pairs.collect::<Vec<_>>().join("; ").into_bytes()
    };
    let now = Timestamp::EPOCH;
    let of_koa = line(koa.set("an-id", &Attributes::new(), now).expect("a cookie"));
    let of_express = line(vec![
        express
            .set("an-id", &Attributes::new(), now)
            .expect("a cookie"),
    ]);
    let mut header = Vec::new();
    let mut rest = input;
    while let Some((first, after)) = rest.split_first() {
        match (first, after.first()) {
            (b'%', Some(b'K')) => header.extend_from_slice(&of_koa),
            (b'%', Some(b'E')) => header.extend_from_slice(&of_express),
            _ => {
                header.push(*first);
                rest = after;
                continue;
            }
        }
        rest = after.get(1..).unwrap_or_default();
    }
    header
}

/// What was accepted is set, and read again. Not where it has bytes that a header as text cannot hold, nor where
/// the way there changes it: in Koa, quotes and what divides cookies.
fn goes_round(
    value: &str,
    set: impl Fn(&str) -> Option<Vec<String>>,
    read: impl Fn(&[u8]) -> Option<String>,
) {
    let Ok(sid) = Sid::parse(value) else {
        return;
    };
    assert!(sid.expose().len() <= Sid::MAX_LEN && !sid.expose().contains(['\n', '\0']));
    let Some(cookies) = set(value) else {
        return;
    };
    let pairs = cookies
        .iter()
        .map(|cookie| cookie.split(';').next().unwrap_or_default());
    let header = pairs.collect::<Vec<_>>().join("; ");
    if !value.starts_with('"') && !value.contains(';') {
        assert_eq!(read(header.as_bytes()).as_deref(), Some(value));
    }
}

//! Node is asked what it does with cookies, JSON, base64 and dates that were made at random, and Rust does the same.

mod support;

use cloakroom_core::Timestamp;
use cloakroom_node::{ExpressCookies, ExpressSecrets, Keygrip, KoaCookies, read_cookie_session};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use support::node::Oracle;

const CASES: usize = 4000;

/// The same cases in every run.
fn runner() -> TestRunner {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn each<S: Strategy>(strategy: &S, mut check: impl FnMut(S::Value)) {
    let mut runner = runner();
    for _ in 0..CASES {
        check(strategy.new_tree(&mut runner).expect("a case").current());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Headers of pieces, of which many fit together.
fn header(pieces: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let odd = vec(
        any::<u8>().prop_filter("a header has none", |byte| !b"\r\n\0".contains(byte)),
        0..4,
    );
    let piece = prop_oneof![8 => select(pieces), 1 => odd];
    vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

fn pieces(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn koa_s_cookies() {
    let keys = ["newest", "old"];
    let mut all = pieces(&[
        "a=",
        "a.sig=",
        ";",
        "; ",
        "=",
        "\"",
        " ",
        "\t",
        "a",
        "b=1",
        "x",
        "%41",
        "a=x; a.sig=",
    ]);
    let values = ["x", "", "\u{e9}", "x y", "a=b", "%41"];
    for value in values {
        for by in [&keys[..], &keys[1..], &["wrong"]] {
            let keygrip = Keygrip::new(by.iter().copied()).unwrap();
            let signature = keygrip.sign(&format!("a={value}"));
            let mut piece: Vec<u8> = format!("a={value}").chars().map(|c| c as u8).collect();
            piece.extend_from_slice(format!("; a.sig={signature}").as_bytes());
            all.push(piece);
            all.push(signature.into_bytes());
        }
    }
    let cookies = KoaCookies::new("a", Keygrip::new(keys).unwrap());
    let mut oracle = Oracle::start();
    let mut accepted = 0;
    each(&header(all), |header| {
        let theirs =
            oracle.ask(&json!({ "ask": "koa", "header": hex(&header), "name": "a", "keys": keys }));
        let ours = cookies.read(&header);
        let shown = String::from_utf8_lossy(&header).into_owned();
        assert_eq!(ours.value(), theirs["value"].as_str(), "{shown:?}");
        assert_eq!(json!(ours.set_cookie()), theirs["set"], "{shown:?}");
        accepted += usize::from(ours.value().is_some());
    });
    assert!(
        accepted > CASES / 50,
        "only {accepted} were right: that shows little"
    );
}

#[test]
fn express_s_cookies() {
    let keys = ["newest", "old"];
    let mut all = pieces(&[
        "a=", ";", "; ", "=", "\"", " ", "\t", "a", "b=1", "s:", "s%3A", ".", "x", "%", "%41",
        "%e9",
    ]);
    for value in ["x", "", "\u{e9}", "x y", "a.b"] {
        for by in [&keys[..], &keys[1..], &["wrong"]] {
            let secrets = ExpressSecrets::new(by.iter().copied()).unwrap();
            let signed = secrets.sign(value);
            let plain: Vec<u8> = format!("a=s:{signed}").chars().map(|c| c as u8).collect();
            let coded: String = signed.bytes().map(|byte| format!("%{byte:02x}")).collect();
            all.extend([
                plain,
                format!("a=s%3A{coded}").into_bytes(),
                format!("a=\"s%3a{coded}\"").into_bytes(),
            ]);
        }
    }
    let cookies = ExpressCookies::new("a", ExpressSecrets::new(keys).unwrap());
    let mut oracle = Oracle::start();
    let mut accepted = 0;
    each(&header(all), |header| {
        let theirs = oracle
            .ask(&json!({ "ask": "express", "header": hex(&header), "name": "a", "keys": keys }));
        let ours = cookies.read(&header);
        assert_eq!(
            ours.value(),
            theirs["value"].as_str(),
            "{:?}",
            String::from_utf8_lossy(&header)
        );
        accepted += usize::from(ours.value().is_some());
    });
    assert!(
        accepted > CASES / 50,
        "only {accepted} were right: that shows little"
    );
}

#[test]
fn json() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"a\"",
        "\"\\ud800\"",
        "\"\\u00e9\"",
        "\"",
        "\\",
        "1",
        "-",
        "0",
        "1.5",
        "1e999",
        "e+",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\t",
        "\u{a0}",
        "\u{feff}",
        "\u{2028}",
        "\u{1f980}",
        "\u{1}",
        "{\"a\":1}",
        "[1,2]",
        "\"__proto__\":",
        "{\"a\":[",
        "]}",
    ];
    let text = vec(select(pieces.to_vec()), 1..8).prop_map(|pieces| pieces.concat());
    let mut oracle = Oracle::start();
    each(&text, |text| {
        let theirs = oracle.ask(&json!({ "ask": "json", "json": text }));
        // In a cookie, whose value is JSON in base64, so that the public way is gone.
        let found = read_cookie_session(&base64(text.as_bytes()), Timestamp::EPOCH);
        assert_eq!(found.is_ok(), theirs["object"] == true, "{text:?}");
        let is_json = !matches!(found, Err(cloakroom_node::Damage::NotJson(_)));
        assert_eq!(is_json, theirs["ok"] == true, "{text:?}");
    });
}

#[test]
fn base64_of_any_kind() {
    let characters = "ABab01+/-_==. !\u{e9}";
    let wrapped = vec(any::<Index>(), 0..24).prop_map(move |indices| {
        let all: Vec<char> = characters.chars().collect();
        indices
            .iter()
            .map(|index| *index.get(&all))
            .collect::<String>()
    });
    let mut oracle = Oracle::start();
    each(&wrapped, |tail| {
        // The list is whole before what is odd begins, or it is not: so a difference shows either way.
        let value = format!("{}{tail}", base64(b"{\"a\":\"b\"}  ").trim_end_matches('='));
        let theirs = oracle.ask(&json!({ "ask": "base64", "value": value }));
        let hex = theirs["hex"].as_str().expect("bytes");
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let theirs = oracle.ask(&json!({ "ask": "json", "json": text }));
        let ours = read_cookie_session(&value, Timestamp::EPOCH);
        assert_eq!(ours.is_ok(), theirs["object"] == true, "{value:?} {text:?}");
    });
}

/// Dates show where a session is written: in Express's cookie, and in `Expires`.
#[test]
fn dates() {
    use cloakroom_node::Attributes;
    use std::time::Duration;
    let cookies = ExpressCookies::new("a", ExpressSecrets::new(["key"]).unwrap());
    let mut oracle = Oracle::start();
    each(&(0_u64..8_000_000_000_000_000), |millis| {
        let theirs = oracle.ask(&json!({ "ask": "date", "millis": millis }));
        let attributes = Attributes::new().max_age(Duration::from_millis(millis));
        let header = cookies
            .set("x", &attributes, Timestamp::EPOCH)
            .expect("a cookie");
        let shown = header
            .split("; ")
            .find_map(|part| part.strip_prefix("Expires="));
        if millis > 0 {
            assert_eq!(shown, theirs["utc"].as_str());
        }
    });
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or_default()));
        let bits = word[0] << 16 | word[1] << 8 | word[2];
        for at in 0..=chunk.len() {
            text.push(alphabet[(bits >> (18 - 6 * at) & 63) as usize] as char);
        }
        text.push_str(&"=="[..3 - chunk.len()]);
    }
    text
}

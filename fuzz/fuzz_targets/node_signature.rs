//! A signature of Keygrip's, or one in a cookie of Express's, is right for one text alone, and only as it is written.
//!
//! Input: a text and a signature, divided by the last newline.
#![no_main]

use cloakroom_fuzz::is_base64url;
use cloakroom_node::{ExpressSecrets, Keygrip, KeygripDigest};

libfuzzer_sys::fuzz_target!(|input: &str| {
    let (text, signature) = input.rsplit_once('\n').unwrap_or((input, ""));
    for digest in [
        KeygripDigest::Sha1,
        KeygripDigest::Sha256,
        KeygripDigest::Sha512,
    ] {
        keygrip(text, signature, digest);
    }
    express(text, signature);
});

fn keygrip(text: &str, signature: &str, digest: KeygripDigest) {
    let keys = Keygrip::new(["newest", "secret"])
        .expect("two keys")
        .digest(digest);
    let right = keys.sign(text);
    assert!(right.bytes().all(is_base64url));
    assert_eq!(keys.verify(text, &right), Some(0));
    let older = Keygrip::new(["secret"])
        .expect("a key")
        .digest(digest)
        .sign(text);
    assert_eq!(keys.verify(text, &older), Some(1));
    let expected = [right.as_str(), older.as_str()]
        .iter()
        .position(|known| *known == signature);
    assert_eq!(
        keys.verify(text, signature),
        expected,
        "another text passes for a signature"
    );
    assert!(!format!("{keys:?}").contains("secret"));
}

fn express(text: &str, signature: &str) {
    let secrets = ExpressSecrets::new(["newest", "secret"]).expect("two secrets");
    let right = secrets.sign(text);
    assert_eq!(secrets.unsign(&right), Some((text, 0)));
    // What is after the last dot is the signature, also where the one that was put in has dots of its own.
    let offered = format!("{text}.{signature}");
    let (value, _) = offered.rsplit_once('.').expect("there is a dot");
    let older = ExpressSecrets::new(["secret"]).expect("a secret");
    let by_each = [secrets.sign(value), older.sign(value)];
    let expected = by_each.iter().position(|signed| *signed == offered);
    let unsigned = secrets.unsign(&offered);
    assert_eq!(unsigned, expected.map(|by| (value, by)));
    // Taken as a whole, too: what is found is signed.
    if let Some((value, _)) = secrets.unsign(text) {
        let by_one = [
            secrets.sign(value),
            ExpressSecrets::new(["secret"])
                .expect("a secret")
                .sign(value),
        ];
        assert!(by_one.iter().any(|signed| signed == text));
    }
}

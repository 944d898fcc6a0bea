use super::*;

fn subject(text: &str) -> Subject {
    Subject::new(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn counting_key() -> PlacementKey {
    PlacementKey::new(&std::array::from_fn(|at| at as u8))
}

/// From Python, with `default = hashlib.sha256(b"cloakroom placement key v1").digest()` and
/// `counting = bytes(range(32))` for `key`:
///
/// ```python
/// hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()[:4]
/// ```
#[test]
fn known_subjects_have_known_placements() {
    let long = "π".repeat(128);
    for (text, by_default, by_counting) in [
        ("ada", "7575", "9556"),
        ("user-17", "1ecf", "e8e8"),
        ("\0", "8bd1", "e711"),
        ("a:b*{c}\n", "a417", "e73f"),
        (long.as_str(), "c7ad", "8abd"),
    ] {
        let subject = subject(text);
        let shown = |key: PlacementKey| key.place(&subject).to_string();
        assert_eq!(shown(PlacementKey::default()), by_default, "{text:?}");
        assert_eq!(shown(counting_key()), by_counting, "{text:?}");
    }
}

/// From Python, with the keys of above:
/// `hashlib.sha256(b"cloakroom placement key digest v1" + key).hexdigest()`
#[test]
fn known_keys_have_known_digests() {
    assert_eq!(
        hex(&PlacementKey::default().digest()),
        "09459bcae45fb4c8a0e7b5f0a1cbba32c0dd2fec245ec9f82a7e7a2a066d11df"
    );
    assert_eq!(
        hex(&counting_key().digest()),
        "f16d3fb15c8b5dba38cf724e69f98c1281ae4a6032f2765fe18466f97989913f"
    );
}

#[test]
fn keys_are_one_where_their_bytes_are() {
    assert_eq!(counting_key(), counting_key());
    assert_ne!(counting_key(), PlacementKey::default());
    // Every byte of the key counts.
    for at in 0..32 {
        let mut key: [u8; 32] = std::array::from_fn(|at| at as u8);
        key[at] ^= 0x80;
        assert_ne!(PlacementKey::new(&key), counting_key());
    }
}

#[test]
fn nothing_shows_a_key() {
    let shown = format!("{:?}", counting_key());
    assert_eq!(shown, "PlacementKey(redacted)");
}

#[test]
fn placing_does_not_wear_the_key_out() {
    let key = counting_key();
    let first = key.place(&subject("ada"));
    let _ = key.place(&subject("grace"));
    assert_eq!(key.place(&subject("ada")), first);
}

#[test]
fn a_placement_is_shown_as_four_digits() {
    assert_eq!(Placement::from_bytes([0x0a, 0xf1]).to_string(), "0af1");
    assert_eq!(Placement::from_bytes([0, 0]).to_string(), "0000");
}

#[test]
fn visitors_are_spread() {
    let drawn: std::collections::HashSet<_> = (0..64)
        .map(|_| Placement::random(Operation::Create).unwrap())
        .collect();
    // Of 65,536, drawn 64 times: 3 expected collisions in 100 runs, 32 never.
    assert!(drawn.len() > 32);
}

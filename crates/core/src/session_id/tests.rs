use std::collections::hash_map::DefaultHasher;

use proptest::prelude::*;

use super::*;

fn id(bytes: [u8; SessionId::LEN]) -> SessionId {
    SessionId::from_stored(bytes)
}

fn hash(id: SessionId) -> u64 {
    let mut state = DefaultHasher::new();
    id.hash(&mut state);
    state.finish()
}

#[test]
fn it_is_shown_as_its_digest_alone() {
    let mut bytes = [0; SessionId::LEN];
    bytes[..2].copy_from_slice(&[0xa3, 0xf1]);
    let one = id(bytes);
    assert_eq!(one.to_string(), "A".repeat(40));
    assert_eq!(format!("{one:?}"), format!("SessionId({})", "A".repeat(40)));

    // Two subjects' sessions, or one's: the text does not tell.
    bytes[..2].copy_from_slice(&[0, 0]);
    assert_eq!(id(bytes).to_string(), one.to_string());
    assert_ne!(id(bytes), one);
}

#[test]
fn the_digest_is_cut_to_thirty_bytes() {
    let mut digest = [7; 32];
    let placement = Placement::from_bytes([1, 2]);
    let one = SessionId::from_digest(placement, digest);
    assert_eq!(one.placement(), placement);
    assert_eq!(one.digest(), [7; 30]);
    digest[30..].fill(8);
    assert_eq!(SessionId::from_digest(placement, digest), one);
    digest[29] = 8;
    assert_ne!(SessionId::from_digest(placement, digest), one);
}

#[test]
fn a_text_that_was_not_shown_is_refused() {
    let here = Placement::from_bytes([1, 2]);
    for len in (0..100).chain([100_000]).filter(|len| *len != 40) {
        assert_eq!(
            SessionId::parse_shown(here, &"A".repeat(len)),
            Err(IdParseError::Length { found: len })
        );
    }
    for wrong in ["+", "/", "=", " ", "\n", "\0", "%"] {
        for at in [0, 20, 39] {
            let mut text = "A".repeat(40);
            text.replace_range(at..=at, wrong);
            assert_eq!(
                SessionId::parse_shown(here, &text),
                Err(IdParseError::Alphabet)
            );
        }
    }
    let wide = format!("{}é", "A".repeat(38));
    assert_eq!(
        SessionId::parse_shown(here, &wide),
        Err(IdParseError::Alphabet)
    );
}

#[test]
fn the_hash_skips_the_placement_which_many_share() {
    let mut bytes = [3; SessionId::LEN];
    let before = hash(id(bytes));
    bytes[0] ^= 1;
    assert_eq!(hash(id(bytes)), before);
    bytes[2] ^= 1;
    assert_ne!(hash(id(bytes)), before);
}

proptest! {
    #[test]
    fn what_is_shown_is_read_within_its_placement(bytes: [u8; SessionId::LEN]) {
        let one = id(bytes);
        let text = one.to_string();
        prop_assert_eq!(text.len(), SessionId::TEXT_LEN);
        prop_assert_eq!(SessionId::parse_shown(one.placement(), &text), Ok(one));
        prop_assert_eq!(one.as_bytes(), &bytes);
    }

    #[test]
    fn one_text_stands_for_each_id(text in "[A-Za-z0-9_-]{40}") {
        let here = Placement::from_bytes([1, 2]);
        prop_assert_eq!(SessionId::parse_shown(here, &text).unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_safe_to_read(text in "\\PC{0,60}") {
        let _ = SessionId::parse_shown(Placement::from_bytes([1, 2]), &text);
    }
}

use proptest::prelude::*;

use super::*;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn token(bytes: [u8; Token::LEN]) -> Token {
    Token { bytes }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a message gives away five characters of a text in a row.
fn gives_away(message: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    text.windows(5)
        .any(|piece| message.contains(&piece.iter().collect::<String>()))
}

/// The second and the third column are Python's, in which `token` is the bytes of the first:
///
/// ```python
/// base64.urlsafe_b64encode(token).rstrip(b"=")
/// token[:2] + hashlib.sha256(b"cloakroom session id v1" + token).digest()[:30]
/// ```
#[test]
fn known_tokens_have_known_texts_and_ids() {
    let mut counting = [0; Token::LEN];
    counting[..2].copy_from_slice(&[0xa3, 0xf1]);
    for (byte, count) in counting[2..].iter_mut().zip(0..) {
        *byte = count;
    }
    let known = [
        (
            counting,
            "o_EAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0",
            "a3f1db19be7793b3935fb155370bd7a325363d53ca1a8b7d68ea7cf92bb07ce0",
        ),
        (
            [0; Token::LEN],
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "0000a1b7145292be1d85cb698bd559495adb6ce79fbc7f69c37dfa565bba8bd4",
        ),
        (
            [255; Token::LEN],
            "__________________________________________8",
            "ffff2a865f0fe9470730a6ddd009ac9d2b3088fbba0c8c39207d0cc32d78e43e",
        ),
    ];
    for (bytes, text, id) in known {
        assert_eq!(&*token(bytes).expose(), text);
        assert_eq!(Token::parse(text).unwrap(), token(bytes));
        assert_eq!(hex(token(bytes).id().as_bytes()), id);
        assert_eq!(token(bytes).placement().to_bytes(), bytes[..2]);
    }
}

#[test]
fn a_generated_token_has_its_placement_and_is_never_the_same() {
    let placement = Placement::from_bytes([0xa3, 0xf1]);
    let one = Token::generate(placement, Operation::Create).unwrap();
    let other = Token::generate(placement, Operation::Create).unwrap();
    assert_eq!(one.placement(), placement);
    assert_eq!(one.id().placement(), placement);
    assert_ne!(one, other);
    // Every byte after the placement is drawn: 30 bytes of one draw that are equal to those of
    // another at one place are chance, at one place in all of twenty draws they are not.
    let drawn: Vec<Token> = (0..20)
        .map(|_| Token::generate(placement, Operation::Create).unwrap())
        .collect();
    for at in Placement::LEN..Token::LEN {
        assert!(
            drawn
                .iter()
                .any(|token| token.bytes[at] != drawn[0].bytes[at])
        );
    }
}

#[test]
fn every_other_length_is_refused() {
    for len in (0..200).chain([1_000, 65_536, 100_000]) {
        let text = "A".repeat(len);
        let parsed = Token::parse(&text);
        if len == Token::TEXT_LEN {
            assert!(parsed.is_ok());
        } else {
            assert_eq!(parsed, Err(TokenParseError::Length { found: len }));
        }
    }
}

#[test]
fn padding_and_white_space_and_other_alphabets_are_refused() {
    let good = "o_EAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0";
    let body = &good[..42];
    for text in [
        format!("{good}="),
        format!("{good}=="),
        format!("{body}="),
        format!("{} =", &good[..41]),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!(" {body}"),
        format!("{body}\n"),
        format!("{body}\0"),
        good.replace('_', "/"),
        good.replace('_', "+"),
        good.replace("_", "%"),
        // Characters of several bytes, 43 bytes in all, also across the end of a group of four.
        format!("{}é", &good[..41]),
        format!("é{}", &good[..41]),
        format!("{}🍪{}", &good[..20], &good[..19]),
        // Letters that look the same and are not.
        format!("{}А", &good[..41]),
        format!("{}０", &good[..40]),
    ] {
        assert!(Token::parse(&text).is_err(), "{text:?}");
    }
}

#[test]
fn of_each_last_character_one_in_four_is_canonical() {
    let body = &"o_EAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0"[..42];
    for (value, last) in ALPHABET.chars().enumerate() {
        let parsed = Token::parse(&format!("{body}{last}"));
        if value % 4 == 0 {
            assert!(parsed.is_ok(), "{last}");
        } else {
            assert_eq!(parsed, Err(TokenParseError::StrayBits), "{last}");
        }
    }
}

#[test]
fn the_error_says_where_a_character_is_wrong() {
    for at in 0..Token::TEXT_LEN {
        let mut text = "A".repeat(Token::TEXT_LEN);
        text.replace_range(at..=at, "+");
        assert_eq!(Token::parse(&text), Err(TokenParseError::Alphabet { at }));
    }
}

#[test]
fn every_single_bit_makes_another_token() {
    let one = token([0x5a; Token::LEN]);
    for bit in 0..Token::LEN * 8 {
        let mut bytes = one.bytes;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(token(bytes), one, "bit {bit}");
        assert_ne!(token(bytes).id(), one.id(), "bit {bit}");
    }
    assert_eq!(one.clone(), one);
}

#[test]
fn nothing_shows_a_token() {
    let one = token([0x5a; Token::LEN]);
    let text = one.expose();
    assert_eq!(
        format!("{one:?} {one:#?}"),
        "Token(redacted) Token(redacted)"
    );
    assert_eq!(format!("{text:?}"), "ExposedToken(redacted)");
    let id = one.id();
    assert!(!gives_away(&format!("{id} {id:?}"), &text));
}

#[test]
fn memory_is_zeroed() {
    fn on_drop<T: ZeroizeOnDrop>() {}
    on_drop::<Token>();
    on_drop::<ExposedToken>();

    let mut one = token([0x5a; Token::LEN]);
    let mut text = one.expose();
    one.zeroize();
    text.zeroize();
    assert_eq!(one.bytes, [0; Token::LEN]);
    assert_eq!(text.text, [0; Token::TEXT_LEN]);
}

#[test]
fn it_can_be_sent_and_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Token>();
    shared::<ExposedToken>();
    shared::<TokenParseError>();
}

proptest! {
    #[test]
    fn text_brings_back_the_token(bytes: [u8; Token::LEN]) {
        let token = token(bytes);
        let text = token.expose();
        prop_assert_eq!(text.len(), Token::TEXT_LEN);
        prop_assert!(text.chars().all(|c| ALPHABET.contains(c)));
        prop_assert_eq!(&Token::parse(&text).unwrap(), &token);
        prop_assert_eq!(&text.parse::<Token>().unwrap(), &token);
    }

    #[test]
    fn one_text_stands_for_each_token(bytes: [u8; Token::LEN], at in 0..Token::TEXT_LEN, other: char) {
        let token = token(bytes);
        let text = token.expose();
        let mut changed: Vec<char> = text.chars().collect();
        prop_assume!(changed[at] != other);
        changed[at] = other;
        let changed: String = changed.into_iter().collect();
        if let Ok(parsed) = Token::parse(&changed) {
            prop_assert_ne!(&parsed, &token);
            prop_assert_eq!(&*parsed.expose(), changed);
        }
    }

    #[test]
    fn whatever_parses_is_canonical(text in "[A-Za-z0-9_+/= -]{43}") {
        if let Ok(token) = Token::parse(&text) {
            prop_assert_eq!(&*token.expose(), text);
        }
    }

    #[test]
    fn any_text_is_safe_to_parse(text in "\\PC{0,100}") {
        let _ = Token::parse(&text);
    }

    #[test]
    fn no_error_gives_the_text_away(
        text in prop_oneof!["[A-Za-z0-9_-]{43}", "[A-Za-z0-9_+-]{43}", "[A-Za-z0-9_-]{5,80}", "\\PC{5,60}"],
    ) {
        if let Err(error) = Token::parse(&text) {
            let message = format!("{error} {error:?} {error:#?}");
            prop_assert!(!gives_away(&message, &text), "{}", message);
        }
    }

    #[test]
    fn an_id_does_not_give_its_token_away(bytes: [u8; Token::LEN]) {
        let token = token(bytes);
        let id = token.id();
        prop_assert_eq!(id.placement(), token.placement());
        prop_assert!(id.digest().windows(6).all(|piece| !bytes.windows(6).any(|own| own == piece)));
    }
}

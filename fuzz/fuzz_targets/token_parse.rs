//! Exactly one text stands for each token. What parses exposes itself again, character by
//! character; what does not is refused for the reason that is true of it.
#![no_main]

use cloakroom_core::{Token, TokenParseError};
use cloakroom_fuzz::is_base64url;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Token::parse(text) {
        Ok(token) => accepted(text, &token),
        Err(error) => refused(text, error),
    }
});

fn accepted(text: &str, token: &Token) {
    assert_eq!(text.len(), Token::TEXT_LEN);
    assert_eq!(&*token.expose(), text, "two texts for one token");
    let again = Token::parse(&token.expose()).expect("an exposed token parses");
    assert!(again == *token && again.id() == token.id());
    assert_eq!(token.id().placement(), token.placement());
    assert!(!format!("{token:?}").contains(text), "a token was printed");
}

fn refused(text: &str, error: TokenParseError) {
    let bytes = text.as_bytes();
    match error {
        TokenParseError::Length { found } => {
            assert_eq!(found, text.len());
            assert_ne!(found, Token::TEXT_LEN);
        }
        TokenParseError::Alphabet { at } => {
            let first = bytes.iter().position(|byte| !is_base64url(*byte));
            assert_eq!(first, Some(at), "not the first character that is wrong");
        }
        TokenParseError::StrayBits => {
            assert_eq!(text.len(), Token::TEXT_LEN);
            assert!(bytes.iter().all(|byte| is_base64url(*byte)));
            // 43 characters are 258 bits. Clearing the last two leaves one of these.
            assert!(!text.ends_with(|last| "AEIMQUYcgkosw048".contains(last)));
        }
        other => panic!("a reason that this target does not know: {other:?}"),
    }
}

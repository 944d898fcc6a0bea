//! An id that was shown parses within its subject's set, to what shows itself the same again. It
//! stays in that subject's placement, and a token is never taken for one.
//!
//! Input: the subject, a newline, and the text to parse.
#![no_main]

use cloakroom_conformance::reference::MemoryStore;
use cloakroom_core::{IdParseError, SessionId, Sessions, Subject, Token};
use cloakroom_fuzz::is_base64url;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some((subject, shown)) = text.split_once('\n') else {
        return;
    };
    let Ok(subject) = Subject::new(subject) else {
        return;
    };
    let sessions = Sessions::<()>::builder(MemoryStore::default())
        .build()
        .expect("the defaults make sense");
    parse(&sessions, &subject, shown);
});

fn parse(sessions: &Sessions<()>, subject: &Subject, shown: &str) {
    let bytes = shown.as_bytes();
    match sessions.tokens(subject).parse_id(shown) {
        Ok(id) => {
            assert_eq!(id.to_string(), shown, "two texts for one id");
            let placement = sessions.store().placement_key().place(subject);
            assert_eq!(id.placement(), placement, "an id left its subject");
            assert_eq!(SessionId::from_stored(*id.as_bytes()), id);
            assert!(Token::parse(shown).is_err(), "an id opens a session");
        }
        Err(IdParseError::Length { found }) => {
            assert_eq!(found, shown.len());
            assert_ne!(found, SessionId::TEXT_LEN);
        }
        Err(IdParseError::Alphabet) => {
            assert_eq!(shown.len(), SessionId::TEXT_LEN);
            assert!(!bytes.iter().all(|byte| is_base64url(*byte)));
        }
        Err(other) => panic!("a reason that this target does not know: {other:?}"),
    }
}

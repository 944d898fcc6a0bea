//! What fuzzing has found.

mod support;

use cloakroom_core::{ErrorKind, SessionMap, Sessions, Token, TokenParseError};
use support::MapStore;

fn sessions<T>() -> Sessions<T> {
    Sessions::builder(MapStore::default())
        .build()
        .expect("the defaults make sense")
}

/// The decoder under it calls padding something of its own.
#[test]
fn padding_in_a_token_is_told_as_the_wrong_character_that_it_is() {
    let padded = "o_EAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB=";
    let told = Token::parse(padded);
    assert_eq!(told, Err(TokenParseError::Alphabet { at: 42 }));
}

/// Without serde_json's `float_roundtrip` every update would move three of ten numbers by a little,
/// those that nobody touched too.
#[tokio::test]
async fn a_number_comes_back_to_the_last_bit() {
    let sessions = sessions::<SessionMap>();
    for price in [6.934698245112694e276, 1.19 * 0.07, 4.165] {
        let mut map = SessionMap::new();
        map.set("price", price).unwrap();
        let token = sessions.create(map).await.unwrap().token;
        let read = sessions.load(&token).await.unwrap().found().unwrap();
        assert_eq!(read.data().get::<f64>("price").unwrap(), Some(price));
    }
}

/// JSON that nests deeper than 127 levels can be written, but not read again.
#[tokio::test]
async fn a_value_that_nests_too_deep_is_refused_before_it_is_stored() {
    let nested = |levels: usize| {
        let text = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let mut map = SessionMap::new();
    let refused = map.set("deep", nested(101)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Encode);
    assert!(!map.contains("deep"));

    map.set("deep", nested(100)).unwrap();
    let sessions = sessions::<SessionMap>();
    let token = sessions.create(map).await.unwrap().token;
    assert!(sessions.load(&token).await.unwrap().is_found());
}

use super::*;

#[test]
fn it_has_one_to_256_bytes() {
    assert_eq!(Subject::new(""), Err(InvalidSubject::Empty));
    for len in [1, 2, 255, 256] {
        assert_eq!(Subject::new("x".repeat(len)).unwrap().as_str().len(), len);
    }
    for len in [257, 100_000] {
        let refused = Subject::new("x".repeat(len));
        assert_eq!(refused, Err(InvalidSubject::TooLong { found: len }));
    }
    // Bytes are counted, not characters.
    assert!(Subject::new("π".repeat(128)).is_ok());
    assert!(Subject::new(format!("{}x", "π".repeat(128))).is_err());
}

#[test]
fn any_characters_will_do_and_stay_as_they_are() {
    for text in [
        ":", "*", "{", "}", "{a}:*", "\n", "\0", " ", "\u{202e}", "🍪", "é", "e\u{301}",
    ] {
        let subject = Subject::new(text).unwrap();
        assert_eq!(subject.to_string(), text);
        assert_eq!((subject.as_str(), subject.as_ref()), (text, text));
    }
}

#[test]
fn two_are_one_only_where_every_byte_is_the_same() {
    let new = |text| Subject::new(text).unwrap();
    assert_eq!(new("ada"), new("ada"));
    assert_ne!(new("ada"), new("Ada"));
    assert_ne!(new("ada"), new("ada "));
    assert_ne!(new("é"), new("e\u{301}"));
}

#[test]
fn reading_one_checks_it() {
    let subject = Subject::new("a\"b\n").unwrap();
    let json = serde_json::to_string(&subject).unwrap();
    assert_eq!(json, r#""a\"b\n""#);
    assert_eq!(serde_json::from_str::<Subject>(&json).unwrap(), subject);
    assert!(serde_json::from_str::<Subject>(r#""""#).is_err());
    let long = serde_json::to_string(&"x".repeat(257)).unwrap();
    assert!(serde_json::from_str::<Subject>(&long).is_err());
}

#[test]
fn a_line_break_does_not_forge_a_log_line() {
    let subject = Subject::new("ada\nINFO forged").unwrap();
    assert!(!format!("{subject:?}").contains('\n'));
}

#[test]
fn the_error_says_what_to_do() {
    assert!(InvalidSubject::Empty.to_string().contains("anonymous"));
    let too_long = InvalidSubject::TooLong { found: 300 }.to_string();
    assert!(
        too_long.contains("256") && too_long.contains("300"),
        "{too_long}"
    );
}

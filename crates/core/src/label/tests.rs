use proptest::prelude::*;

use super::*;

#[test]
fn it_has_one_to_128_bytes() {
    assert_eq!(Label::new(""), Err(InvalidLabel::Empty));
    for len in [1, 127, 128] {
        assert_eq!(Label::new("x".repeat(len)).unwrap().as_str().len(), len);
    }
    for len in [129, 100_000] {
        let refused = Label::new("x".repeat(len));
        assert_eq!(refused, Err(InvalidLabel::TooLong { found: len }));
    }
    // Bytes are counted, not characters.
    assert!(Label::new("é".repeat(64)).is_ok());
    assert!(Label::new(format!("{}x", "é".repeat(64))).is_err());
}

#[test]
fn control_characters_are_refused_where_they_stand() {
    let c0 = ('\0'..='\x1f').chain(['\x7f']);
    let c1 = '\u{80}'..='\u{9f}';
    for control in c0.chain(c1) {
        let refused = Label::new(format!("ab{control}c"));
        assert_eq!(refused, Err(InvalidLabel::Control { at: 2 }), "{control:?}");
    }
    for fine in [
        "Firefox on Linux",
        "<b>&amp;",
        "Käthes Handy",
        "🦊",
        "a\u{a0}b",
    ] {
        let label = Label::new(fine).unwrap();
        assert_eq!(label.to_string(), fine);
        assert_eq!((label.as_str(), label.as_ref()), (fine, fine));
    }
}

#[test]
fn what_comes_from_outside_is_made_to_fit() {
    let from = |text: &str| Label::from_untrusted(text).map(|label| label.as_str().to_owned());
    assert_eq!(from("Firefox"), Some("Firefox".into()));
    assert_eq!(from("  Fire\r\nfox\0 "), Some("Firefox".into()));
    assert_eq!(from(""), None);
    assert_eq!(from(" \n\t\u{85} "), None);
    assert_eq!(from(&"x".repeat(129)), Some("x".repeat(128)));
    // Cut between characters, not within one.
    assert_eq!(from(&"é".repeat(65)), Some("é".repeat(64)));
    assert_eq!(
        from(&format!("x{}", "é".repeat(64))),
        Some(format!("x{}", "é".repeat(63)))
    );
    assert_eq!(
        from(&format!("{}🦊", "x".repeat(126))),
        Some("x".repeat(126))
    );
    // What stands behind much white space is still found.
    assert_eq!(from(&format!("{}\0x", " ".repeat(500))), Some("x".into()));
    // A space at the cut goes too.
    assert_eq!(
        from(&format!("{} y", "x".repeat(127))),
        Some("x".repeat(127))
    );
}

#[test]
fn reading_one_checks_it() {
    let label = Label::new("Firefox").unwrap();
    let json = serde_json::to_string(&label).unwrap();
    assert_eq!(serde_json::from_str::<Label>(&json).unwrap(), label);
    for refused in [r#""""#, r#""a\nb""#] {
        assert!(serde_json::from_str::<Label>(refused).is_err());
    }
}

proptest! {
    #[test]
    fn what_comes_from_outside_is_a_label_or_nothing(text in any::<String>()) {
        match Label::from_untrusted(&text) {
            Some(label) => prop_assert_eq!(Label::new(label.as_str()), Ok(label)),
            None => prop_assert!(text.chars().all(|c| c.is_control() || c.is_whitespace())),
        }
    }

    #[test]
    fn what_is_a_label_already_stays_one(text in "[!-~]{1,128}") {
        prop_assert_eq!(Label::from_untrusted(&text), Label::new(&text).ok());
    }
}

//! A label or subject is made of exactly the texts that the contract allows, and holds them
//! unchanged. A label from outside is always one, and is left alone where it was one already.
#![no_main]

use cloakroom_core::{InvalidLabel, InvalidSubject, Label, Subject};

libfuzzer_sys::fuzz_target!(|text: &str| {
    subject(text);
    label(text);
    untrusted(text);
});

fn subject(text: &str) {
    match Subject::new(text) {
        Ok(subject) => {
            assert!((1..=Subject::MAX_LEN).contains(&text.len()));
            assert_eq!(subject.as_str(), text);
            let json = serde_json::to_string(&subject).expect("a subject encodes");
            let again: Subject = serde_json::from_str(&json).expect("and decodes");
            assert_eq!(again, subject);
        }
        Err(InvalidSubject::Empty) => assert!(text.is_empty()),
        Err(InvalidSubject::TooLong { found }) => {
            assert_eq!(found, text.len());
            assert!(found > Subject::MAX_LEN);
        }
        Err(other) => panic!("a reason that this target does not know: {other:?}"),
    }
}

fn label(text: &str) {
    let first_control = text.char_indices().find(|(_, c)| c.is_control());
    match Label::new(text) {
        Ok(label) => {
            assert!((1..=Label::MAX_LEN).contains(&text.len()) && first_control.is_none());
            assert_eq!(label.as_str(), text);
            let json = serde_json::to_string(&label).expect("a label encodes");
            let again: Label = serde_json::from_str(&json).expect("and decodes");
            assert_eq!(again, label);
        }
        Err(InvalidLabel::Empty) => assert!(text.is_empty()),
        Err(InvalidLabel::TooLong { found }) => {
            assert_eq!(found, text.len());
            assert!(found > Label::MAX_LEN);
        }
        Err(InvalidLabel::Control { at }) => {
            assert_eq!(first_control.map(|(first, _)| first), Some(at));
        }
        Err(other) => panic!("a reason that this target does not know: {other:?}"),
    }
}

fn untrusted(text: &str) {
    let Some(made) = Label::from_untrusted(text) else {
        let shown = text.chars().filter(|c| !c.is_control());
        let shown: String = shown.collect();
        assert!(shown.trim().is_empty(), "a label was lost: {text:?}");
        return;
    };
    assert_eq!(Label::new(made.as_str()).as_ref(), Ok(&made));
    assert_eq!(Label::from_untrusted(made.as_str()).as_ref(), Some(&made));
    if text.trim() == text && Label::new(text).is_ok() {
        assert_eq!(made.as_str(), text, "a label was changed");
    }
}

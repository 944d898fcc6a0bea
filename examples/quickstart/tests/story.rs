//! The story runs to its end, and says what it should.

use std::process::Command;

/// What the program prints.
#[expect(clippy::unwrap_used, reason = "a test may panic")]
fn tell() -> String {
    let told = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .output()
        .unwrap();
    let errors = String::from_utf8(told.stderr).unwrap();
    assert!(told.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(told.stdout).unwrap()
}

#[test]
fn every_scene_is_played() {
    let told = tell();
    let titles: Vec<_> = told
        .lines()
        .filter_map(|line| line.split_once(". ").map(|(number, _)| number))
        .filter(|number| number.parse::<u32>().is_ok())
        .collect();
    assert_eq!(titles, ["1", "2", "3", "4", "5", "6", "7", "8"], "{told}");
    assert!(told.contains("is superseded"), "{told}");
    assert!(told.ends_with("The end. What was shown has been asserted.\n"));
}

/// A token is 43 characters of base64url, a session id 40, and a shortened one 8.
#[test]
fn no_token_is_printed() {
    let told = tell();
    let longest = told
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .map(str::len)
        .max();
    assert!(longest < Some(40), "{told}");
}

/// No colour is needed to follow it, and no wide terminal.
#[test]
fn it_is_plain_text() {
    let told = tell();
    assert!(!told.contains('\u{1b}'));
    assert!(
        told.lines().all(|line| line.chars().count() <= 90),
        "{told}"
    );
}

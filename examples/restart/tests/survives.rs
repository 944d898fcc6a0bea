//! The example runs to its end, and says what it should.

use std::process::Command;

#[test]
fn the_sessions_outlive_the_process() {
    let ran = Command::new(env!("CARGO_BIN_EXE_restart"))
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let errors = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{said}\n{errors}");
    for line in [
        "killed the process",
        "ada is still signed in",
        "grace, who had signed out, is still signed out",
        "ada is signed out everywhere",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // A token has 43 characters. None is shown.
    let longest = said.split_whitespace().map(str::len).max();
    assert!(longest < Some(43), "{said}");
}

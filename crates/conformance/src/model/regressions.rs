//! Scripts that failed once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::model::Script;

const HEADER: &str = "\
# Scripts that failed once, one a line, and run first ever since. Commit this file.
# Each line is read by cloakroom_conformance::model::Script::from_hex.
";

/// The scripts of a file; none where there is no file.
///
/// # Panics
///
/// Where it cannot be read: a regression that is not run is worse than a test that fails.
pub(super) fn read(file: &Path) -> Vec<Script> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => panic!("cannot read the regressions in {}: {error}", file.display()),
    };
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match Script::from_hex(line) {
            Some(script) => script,
            None => panic!("not a script in {}: {line}", file.display()),
        })
        .collect()
}

/// Adds a script to a file, and says what became of that.
pub(super) fn append(file: &Path, script: &Script) -> String {
    match try_append(file, script) {
        Ok(()) => format!("It was added to {}: commit that file.", file.display()),
        Err(error) => format!("It could not be added to {}: {error}", file.display()),
    }
}

fn try_append(file: &Path, script: &Script) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let is_new = !file.exists();
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    if is_new {
        file.write_all(HEADER.as_bytes())?;
    }
    writeln!(file, "{script}")
}

//! Giving a store up.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cloakroom_core::Result;

use crate::open::directory;
use crate::open::problem::Problem;

/// Moves a store aside.
pub(crate) fn start_over(path: &Path) -> Result<PathBuf> {
    let told = |error: io::Error| Problem::io(path, &error);
    // Held until the directory has its new name.
    let _lock = directory::lock_existing(path)?;
    let Some(name) = path.file_name() else {
        return Err(Problem::NotADirectory(path.to_owned()).into());
    };
    for number in 1_u32.. {
        let mut aside = name.to_owned();
        aside.push(format!(".given-up-{number}"));
        let aside = path.with_file_name(aside);
        if !aside.try_exists().map_err(told)? {
            fs::rename(path, &aside).map_err(told)?;
            return Ok(aside);
        }
    }
    Err(told(io::ErrorKind::AlreadyExists.into()).into())
}

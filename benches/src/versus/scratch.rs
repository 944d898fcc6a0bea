//! A directory that goes when it is not needed any more.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use crate::contestants::Failure;

pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// On the disk of the build, which is one: a temporary directory may be in memory.
    pub(crate) fn new(name: &str) -> Result<Self, Failure> {
        let program = env::current_exe()?;
        let beside = program.parent().ok_or("this program is nowhere")?;
        let path = beside.join(format!("bench-{}-{name}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

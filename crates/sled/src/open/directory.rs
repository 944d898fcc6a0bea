//! The directory of a store.
//!
//! It holds two things: the witness, and a directory for sled. Anything else in it is left alone, but
//! a directory without a witness is not a store, and none is made among other people's files.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::open::problem::Problem;
use crate::witness;

/// Where sled keeps its files.
const ENGINE: &str = "engine";

/// sled's log.
const LOG: &str = "db";

/// Makes the directory where there is none, and locks it. The lock goes with the file.
pub(crate) fn lock(path: &Path) -> Result<File, Problem> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Problem::NotADirectory(path.to_owned()),
        _ => Problem::io(path, &error),
    })?;
    let told = |error: io::Error| Problem::io(path, &error);
    if !has_witness(path).map_err(told)? && !is_empty(path).map_err(told)? {
        return Err(if log(path).try_exists().map_err(told)? {
            Problem::Damaged(path.to_owned(), "`cloakroom.witness` is gone")
        } else {
            Problem::NotAStore(path.to_owned())
        });
    }
    lock_witness(path)
}

/// Locks a store that is there, whole or not.
pub(crate) fn lock_existing(path: &Path) -> Result<File, Problem> {
    let told = |error: io::Error| Problem::io(path, &error);
    if !path.try_exists().map_err(told)? {
        return Err(Problem::Nothing(path.to_owned()));
    }
    if !has_witness(path).map_err(told)? && !log(path).try_exists().map_err(told)? {
        return Err(Problem::NotAStore(path.to_owned()));
    }
    lock_witness(path)
}

fn lock_witness(path: &Path) -> Result<File, Problem> {
    let told = |error: io::Error| Problem::io(path, &error);
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(witness::NAME))
        .map_err(told)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Problem::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(told(error)),
    }
}

pub(crate) fn engine(path: &Path) -> PathBuf {
    path.join(ENGINE)
}

pub(crate) fn log(path: &Path) -> PathBuf {
    engine(path).join(LOG)
}

/// Puts the names of the files on disk: syncing a file does not.
pub(crate) fn sync(path: &Path) -> Result<(), Problem> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let engine = engine(path);
    let directories = [Some(engine.as_path()), Some(path), parent];
    for directory in directories.into_iter().flatten() {
        sync_directory(directory).map_err(|error| Problem::io(directory, &error))?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match File::open(path).and_then(|directory| directory.sync_all()) {
        // The parent may be one that this process cannot read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn has_witness(path: &Path) -> io::Result<bool> {
    path.join(witness::NAME).try_exists()
}

fn is_empty(path: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(path)?.next().is_none())
}

//! Why a store does not open, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use cloakroom_core::{Error, ErrorKind, Operation};

use crate::fault::{Fault, is_full};
use crate::layout::identity::FORMAT;

/// Why a store does not open. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error(
        "{0} is open already: by another process, or by another handle in this one. \
         Only one process can use it at a time; stop the other, or clone its handle"
    )]
    InUse(PathBuf),
    #[error(
        "{0} is not a session store: it holds other files and no `cloakroom.witness`. \
         Give the store a directory of its own; nothing was changed in this one"
    )]
    NotAStore(PathBuf),
    #[error("{0} is not a directory. Give the store a directory of its own")]
    NotADirectory(PathBuf),
    #[error(
        "{0} cannot be written to: {1}. \
         Let the user of this process write to the directory, on a disk that is not read-only"
    )]
    Denied(PathBuf, String),
    #[error(
        "the disk of {0} is full, or a quota is reached. Make room and open the store again; \
         nothing was removed"
    )]
    Full(PathBuf),
    #[error("{0} of no time at all is none: choose more than zero")]
    NoTime(&'static str),
    #[error("{0} could not be read or written: {1}")]
    Io(PathBuf, String),
    #[error(
        "{0} was made with another placement key. Sessions would be looked for where they are not: \
         configure the key that the store was made with"
    )]
    OtherPlacementKey(PathBuf),
    #[error(
        "{0} was written by a newer version, in format {1}; this version reads format {FORMAT}. \
         Update this program"
    )]
    Newer(PathBuf, u8),
    #[error(
        "{path} has gone back in time: batch {seen} was on disk, and the files now end at {found}. \
         Sessions that have ended since may look alive. \
         Put back the whole directory as it was last, or start over with `SledStore::start_over`, \
         which signs everybody out"
    )]
    WentBack {
        path: PathBuf,
        seen: u64,
        found: u64,
    },
    #[error(
        "{0} is damaged: {1}. Sessions that have ended may look alive. \
         Put back the whole directory as it was last, or start over with `SledStore::start_over`, \
         which signs everybody out"
    )]
    Damaged(PathBuf, &'static str),
    #[error("the system has no randomness to give")]
    Entropy,
}

impl Problem {
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        use io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem};
        let path = path.to_owned();
        match error.kind() {
            _ if is_full(error) => Self::Full(path),
            PermissionDenied | ReadOnlyFilesystem => Self::Denied(path, error.to_string()),
            NotADirectory => Self::NotADirectory(path),
            _ => Self::Io(path, error.to_string()),
        }
    }

    pub(crate) fn fault(path: &Path, fault: Fault) -> Self {
        let path = path.to_owned();
        match fault {
            Fault::Full => Self::Full(path),
            Fault::Damaged => Self::Damaged(path, "sled found a checksum that does not match"),
            Fault::Panicked => Self::Damaged(path, "sled panicked over what it found"),
            Fault::Engine(what) => Self::Damaged(path, what),
            Fault::Io(error) => Self::Io(path, error),
            Fault::Stalled(_) | Fault::Closed => Self::Io(path, fault.to_string()),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::InUse(_) | Self::Io(..) => ErrorKind::Unavailable,
            Self::NotAStore(_)
            | Self::NotADirectory(_)
            | Self::OtherPlacementKey(_)
            | Self::NoTime(_) => ErrorKind::InvalidConfiguration,
            Self::Denied(..) => ErrorKind::Denied,
            Self::Full(_) => ErrorKind::Full,
            Self::Newer(..) => ErrorKind::NewerVersion,
            Self::WentBack { .. } | Self::Damaged(..) => ErrorKind::Corrupt,
            Self::Entropy => ErrorKind::Entropy,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::with_source(problem.kind(), Operation::Open, problem)
    }
}

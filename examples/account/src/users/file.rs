//! The file of users.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::users::User;

/// The file of users. The whole of it is written at each change: simple, whole after a crash at any
/// moment, and fast enough for an example.
#[derive(Debug)]
pub(super) struct UsersFile {
    directory: PathBuf,
    /// Locked as long as this process lives: two that write one file would undo each other's work.
    _lock: File,
}

impl UsersFile {
    pub(super) fn open(directory: &Path) -> io::Result<(Self, Vec<User>)> {
        create_private(directory)?;
        let lock = private().create(true).open(directory.join("users.lock"))?;
        lock.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => io::Error::new(
                ErrorKind::WouldBlock,
                "another process uses it; stop that, or choose another directory with --data",
            ),
            TryLockError::Error(error) => error,
        })?;
        let file = Self {
            directory: directory.to_owned(),
            _lock: lock,
        };
        let users = match fs::read(file.path()) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok((file, users))
    }

    /// When this returns, it is on disk.
    pub(super) fn write(&mut self, users: &[User]) -> io::Result<()> {
        let beside = self.directory.join("users.json.new");
        let mut file = private().create(true).truncate(true).open(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(users)?)?;
        file.sync_all()?;
        fs::rename(&beside, self.path())?;
        self.sync_directory()
    }

    fn path(&self) -> PathBuf {
        self.directory.join("users.json")
    }

    /// The new name of the file is on disk only when the directory is.
    #[cfg(unix)]
    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }
}

/// For this user of the machine alone: sessions on disk are in it as well. One that is there is left as
/// it is.
#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// For this user of the machine alone: password hashes are nobody else's business.
#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

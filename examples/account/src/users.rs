//! The users of the application: names and password hashes, in a file of its own.
//!
//! Your application has a database for this. What matters for sessions is only that a user has an
//! **id that is never given to anybody else**: it is the subject of the user's sessions. A name is
//! not, since a name that was given up can be taken by the next.

mod file;
mod name;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom::{InvalidSubject, Subject};
use serde::{Deserialize, Serialize};
use tokio::task::{self, JoinError};

use crate::passwords::Hashed;
use file::UsersFile;
pub(crate) use name::{RULE as NAME_RULE, UserName};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    /// Random, and so never given twice.
    pub(crate) id: Subject,
    pub(crate) name: UserName,
    pub(crate) password: Hashed,
}

/// All users. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// What is in the file. Readers never wait for the disk.
    present: RwLock<Arc<Vec<User>>>,
    /// Held while the file is written: one change at a time.
    file: Mutex<UsersFile>,
}

impl Users {
    /// Opens the file of users in this directory, or makes it. Blocks.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let (file, users) = UsersFile::open(directory)?;
        let shared = Shared {
            present: RwLock::new(Arc::new(users)),
            file: Mutex::new(file),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    pub(crate) fn by_name(&self, name: &UserName) -> Option<User> {
        self.find(|user| user.name == *name)
    }

    /// The id of the user of this name; for a name that nobody has, an id that nobody has either, so
    /// that signing in takes the same way.
    pub(crate) fn id_of(&self, name: &str) -> Result<Subject, UsersFailure> {
        let name = UserName::new(name);
        if let Some(user) = name.as_ref().and_then(|name| self.by_name(name)) {
            return Ok(user.id);
        }
        let name = name.map(|name| name.to_string().to_ascii_lowercase());
        // With a space, which no random id has.
        Ok(Subject::new(format!(
            "nobody {}",
            name.unwrap_or_default()
        ))?)
    }

    pub(crate) fn by_id(&self, id: &Subject) -> Option<User> {
        self.find(|user| user.id == *id)
    }

    /// A new user; nobody where the name is taken. Of two who ask for one name at once, one gets it.
    pub(crate) async fn add(
        &self,
        name: UserName,
        password: Hashed,
    ) -> Result<Option<User>, UsersFailure> {
        let id = random_id()?;
        self.change(move |users| {
            if users.iter().any(|user| user.name == name) {
                return None;
            }
            let user = User { id, name, password };
            users.push(user.clone());
            Some(user)
        })
        .await
    }

    /// Changes a password, if it is still the old one: of two changes at once, one is told that it
    /// came too late.
    pub(crate) async fn change_password(
        &self,
        user: &User,
        new: Hashed,
    ) -> Result<bool, UsersFailure> {
        let old = user.clone();
        let changed = self.change(move |users| {
            let found = users.iter_mut().find(|user| **user == old)?;
            found.password = new;
            Some(())
        });
        Ok(changed.await?.is_some())
    }

    /// Removes a user. Fine where there is none.
    pub(crate) async fn remove(&self, id: &Subject) -> Result<(), UsersFailure> {
        let id = id.clone();
        let removed = self.change(move |users| {
            let at = users.iter().position(|user| user.id == id)?;
            Some(users.remove(at))
        });
        removed.await.map(drop)
    }

    fn find(&self, wanted: impl Fn(&User) -> bool) -> Option<User> {
        let present = self.shared.present.read();
        let present = Arc::clone(&present.unwrap_or_else(PoisonError::into_inner));
        present.iter().find(|user| wanted(user)).cloned()
    }

    /// Writes a change to the file, and only then shows it. `None` changes nothing.
    async fn change<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Vec<User>) -> Option<R> + Send + 'static,
    ) -> Result<Option<R>, UsersFailure> {
        let shared = Arc::clone(&self.shared);
        let changed = task::spawn_blocking(move || {
            let mut file = shared.file.lock().unwrap_or_else(PoisonError::into_inner);
            let present = shared.present.read();
            let present = Arc::clone(&present.unwrap_or_else(PoisonError::into_inner));
            let mut users = present.to_vec();
            let Some(result) = change(&mut users) else {
                return Ok(None);
            };
            file.write(&users)?;
            let mut present = shared
                .present
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            *present = Arc::new(users);
            Ok(Some(result))
        });
        changed.await?
    }
}

fn random_id() -> Result<Subject, UsersFailure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Subject::new(URL_SAFE_NO_PAD.encode(bytes))?)
}

/// Why a user could not be added or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsersFailure {
    #[error("the operating system has no randomness to give")]
    Entropy(#[from] getrandom::Error),
    #[error("an id is not one")]
    Id(#[from] InvalidSubject),
    #[error("the file of users could not be written")]
    File(#[from] io::Error),
    #[error("the thread that writes the file of users came to grief")]
    Thread(#[from] JoinError),
}

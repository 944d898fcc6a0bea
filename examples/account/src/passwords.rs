//! Passwords: hashed and checked by argon2, away from the executor.

use std::sync::Arc;
use std::thread;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::{self, JoinError};

/// The shortest password. NIST SP 800-63B-4 asks for 15 characters where the password is all there
/// is; this example lets you try it with fewer.
pub(crate) const MIN_CHARS: usize = 8;

/// The longest password: enough for any sentence. In Unicode code points, of which none has more than 4 bytes.
/// Users may count fewer, since what they take for one character, such as a flag, can be several. The forms
/// do not say it to browsers: these count otherwise, and cut off without a word what is too long.
pub(crate) const MAX_CHARS: usize = 128;

/// A password as it came from a form. It is never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Password(String);

/// What is kept of a password: argon2's own text, with salt and parameters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hashed(String);

/// Hashes and checks passwords. Clones share the limit.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    /// Each hash takes 19 MiB of memory and all of a core for a while: no more at once than there
    /// are cores, or a crowd of sign-ins would take the machine's memory.
    slots: Arc<Semaphore>,
    /// What the password of a user that does not exist is checked against.
    nobody: Hashed,
}

impl Passwords {
    /// Hashes once, for users that do not exist.
    pub(crate) fn new() -> Result<Self, PasswordFailure> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            slots: Arc::new(Semaphore::new(cores)),
            nobody: hash("nobody's password")?,
        })
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<Hashed, PasswordFailure> {
        self.off_the_executor(move || hash(&password.0)).await
    }

    /// Whether it is the password. Without a hash, since there is no such user, it is as slow and
    /// says no.
    pub(crate) async fn is_right(
        &self,
        password: Password,
        hashed: Option<Hashed>,
    ) -> Result<bool, PasswordFailure> {
        let exists = hashed.is_some();
        let hashed = hashed.unwrap_or_else(|| self.nobody.clone());
        let matches = self.off_the_executor(move || verify(&password.0, &hashed.0));
        Ok(matches.await? && exists)
    }

    /// On a thread for blocking work. The slot is given back when the work is done, not when the
    /// request goes away, since the work goes on then.
    async fn off_the_executor<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R, PasswordFailure> + Send + 'static,
    ) -> Result<R, PasswordFailure> {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let done = task::spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        done.await?
    }
}

fn hash(password: &str) -> Result<Hashed, PasswordFailure> {
    let hash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(Hashed(hash.to_string()))
}

/// By the parameters that the hash was made with, whatever today's are.
fn verify(password: &str, hashed: &str) -> Result<bool, PasswordFailure> {
    let hash = PasswordHash::new(hashed).map_err(password_hash::Error::from)?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Password {
    /// Why the user of this name should not be given this password; nothing where it will do.
    pub(crate) fn weakness(&self, name: &str) -> Option<String> {
        if self.0.trim().to_lowercase() == name.to_lowercase() {
            return Some("Please choose a password that is not your name.".to_owned());
        }
        if self.0.trim().chars().count() < MIN_CHARS {
            return Some(format!(
                "Please choose a password of at least {MIN_CHARS} characters. A few words in a row are \
                 easy to remember and hard to guess."
            ));
        }
        (self.0.chars().count() > MAX_CHARS).then(|| {
            format!("That password is very long. Please keep it to {MAX_CHARS} characters.")
        })
    }
}

/// Passwords are compared with each other only where a form asks for one twice.
impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed(…)")
    }
}

/// Why a password could not be hashed or checked. It says nothing about the password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordFailure {
    #[error("argon2 failed")]
    Argon2(#[from] password_hash::Error),
    #[error("the thread that hashes passwords came to grief")]
    Thread(#[from] JoinError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password(text.to_owned())
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_no_other() {
        let passwords = Passwords::new().unwrap();
        let hashed = passwords.hash(password("correct horse")).await.unwrap();
        for (tried, right) in [
            ("correct horse", true),
            ("correct hors", false),
            ("", false),
        ] {
            let found = passwords.is_right(password(tried), Some(hashed.clone()));
            assert_eq!(found.await.unwrap(), right, "{tried}");
        }
    }

    #[tokio::test]
    async fn nobody_has_no_password_not_even_the_one_that_stands_in() {
        let passwords = Passwords::new().unwrap();
        let found = passwords.is_right(password("nobody's password"), None);
        assert!(!found.await.unwrap());
    }

    #[tokio::test]
    async fn the_same_password_is_hashed_to_something_else_each_time() {
        let passwords = Passwords::new().unwrap();
        let first = passwords.hash(password("correct horse")).await.unwrap();
        let second = passwords.hash(password("correct horse")).await.unwrap();
        assert!(first != second);
        assert!(first.0.starts_with("$argon2id$"));
    }

    #[tokio::test]
    async fn a_hash_that_is_damaged_is_an_error_and_no_wrong_password() {
        let passwords = Passwords::new().unwrap();
        let damaged = Hashed("$argon2id$".to_owned());
        assert!(
            passwords
                .is_right(password("x"), Some(damaged))
                .await
                .is_err()
        );
    }

    #[test]
    fn short_and_endless_passwords_are_refused_with_a_reason() {
        assert!(
            password("1234567")
                .weakness("ada")
                .unwrap()
                .contains("at least 8")
        );
        // Characters count, not bytes.
        assert_eq!(password("äöüäöüäö").weakness("ada"), None);
        assert!(password("äöüäöüä").weakness("ada").is_some());
        // Nor do those at its ends that are no more than space.
        assert!(password("       8").weakness("ada").is_some());
        assert!(password("Ada.Lovelace").weakness("ada.lovelace").is_some());
        assert!(
            password(" Ada.Lovelace ")
                .weakness("ada.lovelace")
                .is_some()
        );
        // Whatever they are, as many are enough, and one more is too many.
        for character in ["x", "ö", "𝄞", " x"] {
            let longest = character.repeat(MAX_CHARS / character.chars().count());
            assert_eq!(password(&longest).weakness("ada"), None, "{character}");
            let why = password(&format!("{longest}x")).weakness("ada").unwrap();
            assert!(why.contains("128 characters"), "{character}: {why}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let shown = format!(
            "{:?} {:?}",
            password("hunter2"),
            Hashed("$argon2id$".into())
        );
        assert!(
            !shown.contains("hunter2") && !shown.contains("argon2id"),
            "{shown}"
        );
    }
}

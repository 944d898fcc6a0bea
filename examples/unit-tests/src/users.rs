//! Stands in for the users' table.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cloakroom::Subject;

/// Passwords as they are. A real table keeps slow, salted hashes of them.
#[derive(Default)]
pub(crate) struct Users {
    passwords: Mutex<HashMap<Subject, String>>,
}

impl Users {
    pub(crate) fn set_password(&self, user: &Subject, password: &str) {
        let mut passwords = self
            .passwords
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        passwords.insert(user.clone(), password.to_owned());
    }

    pub(crate) fn is_password(&self, user: &Subject, password: &str) -> bool {
        let passwords = self
            .passwords
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        passwords.get(user).is_some_and(|right| right == password)
    }
}

/// Without the passwords.
impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

//! What a request was to do, and nobody may take for done.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::request_session::RequestSession;

/// What nothing makes up for where it fails: sessions live on that the user takes for ended, or the
/// client keeps a token that may be dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    SignOut,
    RevokeOthers,
    RevokeAll,
    Renew,
}

/// What was not done, and why. Apart from the state, since a call that never got hold of that has
/// failed as well.
#[derive(Default)]
pub(super) struct Undone {
    duties: Mutex<Vec<(Duty, Error)>>,
}

impl Undone {
    /// It is done, or there was nothing to do.
    pub(super) fn settle(&self, duty: Duty) {
        let is_settled =
            |other: Duty| other == duty || (duty == Duty::RevokeAll && other == Duty::RevokeOthers);
        self.duties().retain(|(other, _)| !is_settled(*other));
    }

    pub(super) fn all(&self) -> Vec<Error> {
        self.duties().iter().map(|(_, why)| why.clone()).collect()
    }

    /// Returns what was noted of it before.
    fn note(&self, duty: Duty, why: Error) -> Option<Error> {
        let mut duties = self.duties();
        let before = duties.iter().position(|(other, _)| *other == duty);
        let before = before.map(|at| duties.remove(at).1);
        duties.push((duty, why));
        before
    }

    fn duties(&self) -> MutexGuard<'_, Vec<(Duty, Error)>> {
        self.duties.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> RequestSession<T> {
    /// Does a duty. It counts as undone from the start until it is done, so also where the handler
    /// passes over the error, or gives the call up half-way.
    pub(super) async fn insist<O>(
        &self,
        duty: Duty,
        work: impl Future<Output = Result<O>>,
    ) -> Result<O> {
        let undone = &self.shared.undone;
        let before = undone.note(duty, self.inner().given_up());
        let done = work.await;
        match (&done, before) {
            (Err(error), _) if error.failure().is_some() => _ = undone.note(duty, error.clone()),
            // What is too late, or cannot be, is no failure of the store, and makes up for none.
            (Err(_), Some(before)) => _ = undone.note(duty, before),
            _ => undone.settle(duty),
        }
        done
    }
}

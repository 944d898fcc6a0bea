//! A sign-in under way.

use std::time::Duration;

use crate::label::Label;
use crate::numbers::Generation;
use crate::sessions::{Session, SessionOptions};
use crate::subject::Subject;
use crate::time::{Deadline, Timestamp};
use crate::timeouts::Timeouts;

/// A sign-in under way: between naming the user and having proved it.
///
/// It can be serialised, to wait for a second factor or an identity provider. **Whoever can forge one
/// signs in as anybody**: keep it on the server, such as in the visitor's session, or authenticate
/// it.
///
/// Completing it does not use it up: a copy completes again until its deadline, and makes another
/// session. Complete it where the proof was given, and forget it.
///
/// Every sign-in attempt that began before the subject's sessions were all revoked is superseded: a
/// password change ends the sign-ins with the old password too.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[must_use = "a sign-in attempt does nothing until it is completed"]
pub struct SignInAttempt {
    pub(super) subject: Subject,
    pub(super) generation: Generation,
    /// A sign-in from the same session that came after has made this one needless.
    pub(super) began: Timestamp,
    pub(super) until: Timestamp,
    pub(super) options: SessionOptions,
}

impl SignInAttempt {
    /// The longest [`attempt_lifetime`](crate::SessionsBuilder::attempt_lifetime): 30 days.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Who is signing in.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// When it can no longer be completed.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline::at(self.until)
    }

    /// What the user will tell the session by.
    pub fn label(self, label: impl Into<Option<Label>>) -> Self {
        Self {
            options: self.options.label(label),
            ..self
        }
    }

    /// Timeouts of its own.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self {
            options: self.options.timeouts(timeouts),
            ..self
        }
    }

    /// With the label, the timeouts and the mark of being remembered that another session has, such as
    /// that of the user id before it was changed.
    pub fn like<T>(self, other: &Session<T>) -> Self {
        let options = SessionOptions::like(other);
        Self { options, ..self }
    }

    /// The user asked to be remembered: see [`SessionOptions::remembered`].
    pub fn remembered(self, timeouts: Timeouts) -> Self {
        Self {
            options: self.options.remembered(timeouts),
            ..self
        }
    }
}

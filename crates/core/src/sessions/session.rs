//! A session in hand.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::label::Label;
use crate::numbers::Revision;
use crate::record::{Record, SessionInfo};
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::time::{Deadline, Timestamp};
use crate::timeouts::Timeouts;
use crate::token::Token;

/// A session as it was when it was read or written. Clones share its data.
pub struct Session<T> {
    record: Arc<Record>,
    data: Arc<T>,
    as_of: Timestamp,
    by_old_token: bool,
    touch_error: Option<Arc<Error>>,
}

impl<T> Session<T> {
    pub(super) fn new(record: Arc<Record>, data: Arc<T>, as_of: Timestamp) -> Self {
        Self {
            record,
            data,
            as_of,
            by_old_token: false,
            touch_error: None,
        }
    }

    /// With the id that the session was asked for by.
    pub(super) fn by(self, id: SessionId) -> Self {
        let by_old_token = id != self.id();
        Self {
            by_old_token,
            ..self
        }
    }

    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// It was used now, by this id.
    pub(super) fn touch(&mut self, id: SessionId, now: Timestamp) {
        self.record = Arc::new(self.record.touched(self.id() == id, now));
    }

    /// The application's data.
    #[must_use]
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The application's data, by value: cloned where others have them too. What was read from a store in
    /// this process is shared with later readings ([`max_decoded`](crate::SessionsBuilder::max_decoded)).
    #[must_use]
    pub fn into_data(self) -> T
    where
        T: Clone,
    {
        Arc::unwrap_or_clone(self.data)
    }

    /// What the store knows the session by. Safe to log. Another than the id of the token that was
    /// presented, where that is an old one in its grace.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.record.id()
    }

    /// Whose session it is; none where it is anonymous.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.record.subject()
    }

    /// What the user tells it by.
    #[must_use]
    pub fn label(&self) -> Option<&Label> {
        self.record.label()
    }

    /// When it was created; for a reauthenticated session, when it was first signed in.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.record.created()
    }

    /// When its subject last authenticated.
    #[must_use]
    pub fn authenticated(&self) -> Option<Timestamp> {
        self.record.authenticated()
    }

    /// Whether its subject has authenticated within this time: what to ask before a dangerous action.
    /// Exact to the millisecond: authenticated `within` ago is too long ago.
    ///
    /// An authentication that lies ahead by less than that is taken for one of now: another host's clock
    /// is a little ahead. One that lies further ahead is not within it: a clock was set back since, and
    /// nobody knows how long ago it was.
    #[must_use]
    pub fn authenticated_within(&self, within: Duration) -> bool {
        let soon_after = |earlier: Timestamp, later| {
            let over = Deadline::at(earlier.plus(within));
            !over.is_over(later)
        };
        self.authenticated()
            .is_some_and(|at| soon_after(at, self.as_of) && soon_after(self.as_of, at))
    }

    /// When its present token was issued: at its creation or sign-in, and by each renewal.
    #[must_use]
    pub fn token_issued(&self) -> Timestamp {
        self.record.issued()
    }

    /// Whether it was asked for by an old token in its grace: the client has not used the new one yet.
    #[must_use]
    pub fn is_by_old_token(&self) -> bool {
        self.by_old_token
    }

    /// Whether the token that it was asked for by is at least this old, or was renewed already: what
    /// to ask before [`renew_if_due`](crate::Sessions::renew_if_due), which is a call to the store.
    #[must_use]
    pub fn is_renewal_due(&self, every: Duration) -> bool {
        self.by_old_token || Deadline::at(self.token_issued().plus(every)).is_over(self.as_of)
    }

    /// When it was last used, as far as touches tell.
    #[must_use]
    pub fn last_seen(&self) -> Timestamp {
        self.record.last_seen()
    }

    /// When it ends unless it is used before.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.record.deadline()
    }

    /// When it ends even if it is used.
    #[must_use]
    pub fn overall_deadline(&self) -> Deadline {
        self.record.overall_deadline()
    }

    /// Its timeouts.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.record.timeouts()
    }

    /// Counts the changes of its data and label.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.record.revision()
    }

    /// Whether the user asked to be remembered on this device.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.record.is_remembered()
    }

    /// Whether its token was issued by someone else.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.record.is_external()
    }

    /// Everything but the data.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        self.record.info()
    }

    /// When it was read or written.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// Why the touch failed that reading the session would have made. The session was read all the
    /// same: a store that can be read but not written shuts nobody out. It idles out as if it had
    /// not been used.
    #[must_use]
    pub fn touch_error(&self) -> Option<&Error> {
        self.touch_error.as_deref()
    }

    /// Notes why the touch failed: for those who make it themselves, by
    /// [`due_touch`](crate::Sessions::due_touch).
    pub fn set_touch_error(&mut self, error: Arc<Error>) {
        self.touch_error = Some(error);
    }
}

impl<T> Clone for Session<T> {
    fn clone(&self) -> Self {
        Self {
            record: Arc::clone(&self.record),
            data: Arc::clone(&self.data),
            as_of: self.as_of,
            by_old_token: self.by_old_token,
            touch_error: self.touch_error.clone(),
        }
    }
}

/// Without the data.
impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("record", &self.record)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

/// A session and its token, which exists nowhere else: hand it to the client.
#[must_use = "the token is lost unless it is handed to the client"]
pub struct Issued<T> {
    /// The secret for the client.
    pub token: Token,
    /// The session that it opens.
    pub session: Session<T>,
}

/// Without the data, as [`Session`], and without the token.
impl<T> fmt::Debug for Issued<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("token", &self.token)
            .field("session", &self.session)
            .finish()
    }
}

//! What a listing tells of a session.

use crate::label::Label;
use crate::record::Record;
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::time::{Deadline, Timestamp};

/// What a listing tells of a session: everything but its data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// What the store knows the session by.
    pub id: SessionId,
    /// Whose session it is.
    pub subject: Option<Subject>,
    /// What the user tells it by.
    pub label: Option<Label>,
    /// When it was created; for a reauthenticated session, when it was first signed in.
    pub created: Timestamp,
    /// When its subject last authenticated.
    pub authenticated: Option<Timestamp>,
    /// When it was last used, as far as touches tell.
    pub last_seen: Timestamp,
    /// When it ends unless it is used before.
    pub deadline: Deadline,
    /// Whether its token was issued by someone else.
    pub external: bool,
    /// Whether the user asked to be remembered on this device.
    pub remembered: bool,
}

impl SessionInfo {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            id: record.id(),
            subject: record.subject().cloned(),
            label: record.label().cloned(),
            created: record.created(),
            authenticated: record.authenticated(),
            last_seen: record.last_seen(),
            deadline: record.deadline(),
            external: record.is_external(),
            remembered: record.is_remembered(),
        }
    }
}

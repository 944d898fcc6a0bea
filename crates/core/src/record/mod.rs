//! A stored session.

mod decoded;
mod format;
mod info;

use bytes::Bytes;

use crate::label::Label;
use crate::numbers::{Revision, WriteId};
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::time::{Deadline, Timestamp};
use crate::timeouts::Timeouts;

pub(crate) use decoded::{Allowance, Decoded};
pub use format::{DecodeError, RecordVersion};
pub use info::SessionInfo;

/// A stored session: what every backend keeps, and no backend interprets.
///
/// A record never changes. An operation makes the next one from it, such as
/// [`touched`](Record::touched), and stores that instead.
///
/// Its stored form is documented at [`Record::encode`].
// In this order a store in memory finds the id in the cache line that it counts a reference in, or the next.
#[repr(C)]
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    id: SessionId,
    decoded: Decoded,
    payload: Payload,
    last_seen: Timestamp,
    timeouts: Timeouts,
    created: Timestamp,
    /// The epoch where there is none: an `Option` would take eight bytes more.
    authenticated: Timestamp,
    issued: Timestamp,
    revision: Revision,
    write_id: WriteId,
    subject: Option<Subject>,
    label: Option<Label>,
    has_authenticated: bool,
    external: bool,
    remembered: bool,
    confirmed: bool,
}

/// Session data as they are stored: bytes, and the number of the codec that wrote them.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// The number of the codec: see [`Codec::number`](crate::Codec::number).
    pub codec: u8,
    /// The encoded data.
    pub bytes: Bytes,
}

impl Record {
    /// A session without a subject, created now.
    #[must_use]
    pub fn anonymous(id: SessionId, now: Timestamp, timeouts: Timeouts, payload: Payload) -> Self {
        Self {
            id,
            decoded: Decoded::default(),
            payload,
            last_seen: now,
            timeouts,
            created: now,
            authenticated: Timestamp::EPOCH,
            issued: now,
            revision: Revision::FIRST,
            write_id: WriteId::random(),
            subject: None,
            label: None,
            has_authenticated: false,
            external: false,
            remembered: false,
            confirmed: true,
        }
    }

    /// A session of a subject that has authenticated now.
    #[must_use]
    pub fn signed_in(
        id: SessionId,
        subject: Subject,
        now: Timestamp,
        timeouts: Timeouts,
        payload: Payload,
    ) -> Self {
        Self {
            subject: Some(subject),
            authenticated: now,
            has_authenticated: true,
            ..Self::anonymous(id, now, timeouts, payload)
        }
    }

    /// With this label.
    #[must_use]
    pub fn with_label(self, label: Option<Label>) -> Self {
        Self { label, ..self }
    }

    /// Created at another time than now: a reauthentication keeps the time of the first sign-in.
    #[must_use]
    pub fn with_created(self, created: Timestamp) -> Self {
        Self { created, ..self }
    }

    /// Its token was issued by someone else. Its [`Revision`] counts from a random number.
    #[must_use]
    pub fn with_external(self) -> Self {
        Self {
            external: true,
            revision: Revision::random(),
            ..self
        }
    }

    /// Whether the user asked to be remembered on this device.
    #[must_use]
    pub fn with_remembered(self, remembered: bool) -> Self {
        Self { remembered, ..self }
    }

    /// What the store knows the session by.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Whose session it is.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    /// What the user tells it by.
    #[must_use]
    pub fn label(&self) -> Option<&Label> {
        self.label.as_ref()
    }

    /// When it was created; for a reauthenticated session, when it was first signed in.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// When its subject last authenticated.
    #[must_use]
    pub fn authenticated(&self) -> Option<Timestamp> {
        self.has_authenticated.then_some(self.authenticated)
    }

    /// When its present token was issued: at its creation, and by each renewal.
    #[must_use]
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// When it was last used, as far as touches tell.
    #[must_use]
    pub fn last_seen(&self) -> Timestamp {
        self.last_seen
    }

    /// Its timeouts.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Counts its changes.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The write that made this revision.
    #[must_use]
    pub fn write_id(&self) -> WriteId {
        self.write_id
    }

    /// Whether its token was issued by someone else.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.external
    }

    /// Whether the user asked to be remembered on this device.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.remembered
    }

    /// Whether the session has been touched or changed by its present id, and not only by one that
    /// was renewed to it. Until then the client may not have received the new token.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// Its data, encoded.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Its data, where somebody has decoded them.
    pub(crate) fn decoded(&self) -> &Decoded {
        &self.decoded
    }

    /// When it ends unless it is used before.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        let idle = self.last_seen.plus_millis(self.timeouts.idle_millis());
        Deadline::at(idle.min(self.overall_deadline().instant()))
    }

    /// When it ends even if it is used.
    #[must_use]
    pub fn overall_deadline(&self) -> Deadline {
        let since = self.authenticated().unwrap_or(self.created);
        Deadline::at(since.plus_millis(self.timeouts.overall_millis()))
    }

    /// What a listing tells of it.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        SessionInfo::of(self)
    }

    /// The next revision. `by_present_id` says that the session was named by its present id.
    #[must_use]
    pub fn updated(
        &self,
        change: &crate::store::Update,
        by_present_id: bool,
        now: Timestamp,
    ) -> Self {
        let last_seen = if change.touch {
            self.last_seen.max(now)
        } else {
            self.last_seen
        };
        Self {
            label: change.label.clone(),
            payload: change.payload.clone(),
            decoded: Decoded::default(),
            revision: self.revision.next(),
            write_id: change.write_id,
            confirmed: self.confirmed || by_present_id,
            last_seen,
            ..self.clone()
        }
    }

    /// The same revision, used at `now`; never backward. `by_present_id` as in
    /// [`updated`](Record::updated).
    #[must_use]
    pub fn touched(&self, by_present_id: bool, now: Timestamp) -> Self {
        Self {
            last_seen: self.last_seen.max(now),
            confirmed: self.confirmed || by_present_id,
            ..self.clone()
        }
    }

    /// The same session under a new id, whose token is issued at `now`.
    #[must_use]
    pub fn renewed(&self, id: SessionId, now: Timestamp) -> Self {
        Self {
            id,
            issued: now,
            confirmed: false,
            ..self.clone()
        }
    }
}

/// Without the data, which are the application's and may be secret.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("deadline", &self.deadline())
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// Without the data, which are the application's and may be secret.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payload")
            .field("codec", &self.codec)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

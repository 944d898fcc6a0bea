//! The ways in which a session ends.

use cloakroom_core::store::{
    Create, Delete, DeleteOutcome, EndReason, LoadOutcome, OnCap, Revoke, RevokeKind,
};
use cloakroom_core::{Record, SessionStore, Timestamp, WriteId};

use crate::suite::client::Client;
use crate::suite::requests::{at_revision, cap, create, delete, revoke};

/// The ways in which the session of a subject ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Deleted,
    Revoked,
    RevokedWithAll,
    RevokedByAnother,
    Evicted,
    /// Replaced by a reauthentication.
    Replaced,
    /// Deleted because a sign-in elsewhere took its place.
    HandedOver,
    IdleTimeout,
    OverallTimeout,
}

impl Ending {
    pub(crate) const ALL: [Self; 9] = [
        Self::Deleted,
        Self::Revoked,
        Self::RevokedWithAll,
        Self::RevokedByAnother,
        Self::Evicted,
        Self::Replaced,
        Self::HandedOver,
        Self::IdleTimeout,
        Self::OverallTimeout,
    ];

    /// What load answers afterwards, where it ended at this instant.
    pub(crate) fn answer(self, at: Timestamp) -> LoadOutcome {
        match self {
            Self::Replaced | Self::HandedOver => LoadOutcome::Replaced { at },
            Self::IdleTimeout | Self::OverallTimeout => LoadOutcome::Absent,
            _ => LoadOutcome::Ended { at },
        }
    }

    /// Ends the session. Says when it was over, and by which write where it was one.
    pub(crate) async fn end<S: SessionStore>(
        self,
        store: &Client<S>,
        record: &Record,
        now: Timestamp,
    ) -> (Timestamp, Option<WriteId>) {
        let subject = record.subject().expect("the session of a subject");
        let by = match self {
            Self::Deleted => end_by(store, delete(record), now).await,
            Self::HandedOver => {
                let request = Delete {
                    reason: EndReason::Replaced,
                    ..delete(record)
                };
                end_by(store, request, now).await
            }
            Self::Revoked => {
                let request = revoke(subject, RevokeKind::One(record.id()));
                revoke_by(store, request, record, now).await
            }
            Self::RevokedWithAll => {
                let request = revoke(subject, RevokeKind::All);
                revoke_by(store, request, record, now).await
            }
            Self::RevokedByAnother => {
                let another = store.sign_in(subject, now).await;
                let request = revoke(subject, RevokeKind::AllExcept(another.id()));
                revoke_by(store, request, record, now).await
            }
            Self::Evicted => {
                let next = store.record(subject, now);
                let request = Create {
                    cap: cap(1, OnCap::EvictOldest),
                    ..create(&next)
                };
                let _ = store.create(&request, now).await;
                next.write_id()
            }
            Self::Replaced => {
                let next = store.record(subject, now);
                let request = Create {
                    replaces: at_revision(record),
                    ..create(&next)
                };
                let _ = store.create(&request, now).await;
                next.write_id()
            }
            Self::IdleTimeout => return (now.plus(record.timeouts().idle()), None),
            Self::OverallTimeout => return (now.plus(record.timeouts().overall()), None),
        };
        (now, Some(by))
    }
}

async fn end_by<S: SessionStore>(store: &Client<S>, request: Delete, now: Timestamp) -> WriteId {
    let outcome = store.delete(&request, now).await;
    assert!(
        matches!(outcome, DeleteOutcome::Deleted { .. }),
        "a live session can be deleted, not {outcome:?}"
    );
    request.write_id
}

async fn revoke_by<S: SessionStore>(
    store: &Client<S>,
    request: Revoke,
    record: &Record,
    now: Timestamp,
) -> WriteId {
    let revoked = store.revoke(&request, now).await;
    assert!(
        revoked.ended.contains(&record.id()),
        "a live session can be revoked, but {revoked:?}"
    );
    request.write_id
}

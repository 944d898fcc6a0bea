//! Ending sessions.

use cloakroom_core::store::{
    Delete, DeleteOutcome, ENDED_MEMORY, EndReason, Revoke, RevokeKind, Revoked,
};
use cloakroom_core::{Revision, SessionId, Subject, Timestamp, WriteId};

use crate::model::rules::state::{Ended, Known, Model, Named, Set};
use crate::model::rules::step::{Mismatch, agree};
use crate::model::show::Shown;

impl Model {
    pub(crate) fn end(&mut self, id: SessionId, by: WriteId, reason: EndReason, now: Timestamp) {
        let ended = Ended {
            by,
            reason,
            at: now,
            until: now.plus(ENDED_MEMORY),
        };
        self.ids.insert(id, Known::Ended(ended));
    }

    pub(crate) fn delete(
        &mut self,
        request: &Delete,
        now: Timestamp,
        observed: DeleteOutcome,
    ) -> Result<(), Mismatch> {
        let expected = self.deleted(request, now);
        match observed {
            // How many replicas have it is not the model's business.
            DeleteOutcome::Deleted { .. } => {
                agree(&expected, &DeleteOutcome::Deleted { replicas: None })
            }
            _ => agree(&expected, &observed),
        }
    }

    fn deleted(&mut self, request: &Delete, now: Timestamp) -> DeleteOutcome {
        let (id, session) = match self.named(request.id, now) {
            Named::Live(id, session) => (id, session),
            Named::Ended(ended) if ended.by == request.write_id => {
                return DeleteOutcome::Deleted { replicas: None };
            }
            Named::Ended(_) | Named::Reused(..) | Named::Nothing => return DeleteOutcome::Missing,
        };
        // Without a subject, whoever holds the id may delete it: the record may be damaged.
        if request.subject.is_some() && request.subject != session.subject {
            return DeleteOutcome::Missing;
        }
        let current = Revision::from_stored(session.revision);
        if request.expected.is_some_and(|asked| asked != current) {
            return DeleteOutcome::Conflict { current };
        }
        self.end(id, request.write_id, request.reason, now);
        DeleteOutcome::Deleted { replicas: None }
    }

    pub(crate) fn revoke(
        &mut self,
        request: &Revoke,
        now: Timestamp,
        observed: &Revoked,
    ) -> Result<(), Mismatch> {
        let (ended, repeated) = match request.kind {
            RevokeKind::One(id) => self.revoke_one(&request.subject, id, request.write_id, now),
            RevokeKind::All => self.revoke_all(request, None, now),
            RevokeKind::AllExcept(id) => {
                let kept = self.live_of(id, Some(&request.subject), now);
                self.revoke_all(request, kept.map(|(id, _)| id), now)
            }
        };
        // A repeated write need not know any more whom its first try ended.
        if repeated == observed.repeated && (repeated || ended == observed.ended) {
            return Ok(());
        }
        let replicas = None;
        Err(Mismatch::expected(
            Shown(&Revoked {
                ended,
                repeated,
                replicas,
            })
            .to_string(),
        ))
    }

    fn revoke_one(
        &mut self,
        subject: &Subject,
        id: SessionId,
        write_id: WriteId,
        now: Timestamp,
    ) -> (Vec<SessionId>, bool) {
        match self.named(id, now) {
            Named::Live(id, session) if session.is_of(subject) => {
                self.end(id, write_id, EndReason::Ended, now);
                (vec![id], false)
            }
            Named::Ended(ended) => (Vec::new(), ended.by == write_id),
            Named::Live(..) | Named::Reused(..) | Named::Nothing => (Vec::new(), false),
        }
    }

    fn revoke_all(
        &mut self,
        request: &Revoke,
        kept: Option<SessionId>,
        now: Timestamp,
    ) -> (Vec<SessionId>, bool) {
        let set = self.sets.entry(request.subject.clone()).or_insert(Set {
            generation: None,
            kept_until: now,
            revoked_by: None,
        });
        if set.revoked_by == Some(request.write_id) {
            return (Vec::new(), true);
        }
        set.generation = None;
        set.revoked_by = Some(request.write_id);
        set.kept_until = set.kept_until.max(now.plus(ENDED_MEMORY));
        let ended: Vec<_> = self
            .sessions_of(&request.subject)
            .map(|(id, _)| id)
            .filter(|id| Some(*id) != kept)
            .collect();
        for id in &ended {
            self.end(*id, request.write_id, EndReason::Ended, now);
        }
        (ended, false)
    }
}

//! Changing, touching and renewing a session.

use std::sync::Arc;

use cloakroom_core::store::{
    REUSE_MEMORY, Renew, RenewOutcome, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{Revision, SessionId, Subject, Timestamp};

use crate::model::rules::session::Session;
use crate::model::rules::state::{Known, Model, Named, Renewed};

impl Model {
    pub(crate) fn update(&mut self, request: &Update, now: Timestamp) -> UpdateOutcome {
        let Some((id, there)) = self.live_of(request.id, request.subject.as_ref(), now) else {
            return UpdateOutcome::Missing;
        };
        let current = Revision::from_stored(there.revision);
        let expected = request.expected.get();
        if there.write == request.write_id && there.revision == expected + 1 {
            return UpdateOutcome::Saved { revision: current };
        }
        if there.revision != expected {
            return UpdateOutcome::Conflict { current };
        }
        let mut next = Session::clone(&there);
        next.revision += 1;
        next.write = request.write_id;
        next.label = request.label.clone();
        next.codec = request.payload.codec;
        next.data = request.payload.bytes.clone();
        next.confirmed |= request.id == id;
        if request.touch {
            next.last_seen = next.last_seen.max(now);
        }
        let revision = Revision::from_stored(next.revision);
        self.put(id, next);
        UpdateOutcome::Saved { revision }
    }

    pub(crate) fn touch(
        &mut self,
        asked: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> TouchOutcome {
        let Some((id, there)) = self.live_of(asked, subject, now) else {
            return TouchOutcome::Missing;
        };
        let mut next = Session::clone(&there);
        next.last_seen = next.last_seen.max(now);
        next.confirmed |= asked == id;
        self.put(id, next);
        TouchOutcome::Touched
    }

    pub(crate) fn renew(&mut self, request: &Renew, now: Timestamp) -> RenewOutcome {
        let (id, session, in_grace) = match self.named(request.old, now) {
            Named::Live(id, session) => (id, session, true),
            Named::Reused(id, session) => (id, session, false),
            Named::Ended(_) | Named::Nothing => return RenewOutcome::Missing,
        };
        if session.subject != request.subject {
            return RenewOutcome::Missing;
        }
        let grace = match self.ids.get(&request.old) {
            Some(Known::Renewed(earlier)) => {
                if earlier.next == request.new {
                    return RenewOutcome::Renewed;
                }
                // Nobody has shown the id that the first renewal gave: its answer was lost.
                let unused = earlier.next == id && !session.confirmed;
                if !(in_grace && unused) {
                    return RenewOutcome::AlreadyRenewed;
                }
                earlier.grace
            }
            _ => now.plus(request.grace),
        };
        if self.ids.contains_key(&request.new) {
            return RenewOutcome::Duplicate;
        }
        self.move_to(request, id, &session, grace, now);
        RenewOutcome::Renewed
    }

    fn move_to(
        &mut self,
        request: &Renew,
        id: SessionId,
        session: &Arc<Session>,
        grace: Timestamp,
        now: Timestamp,
    ) {
        for known in self.ids.values_mut() {
            if let Known::Renewed(earlier) = known
                && earlier.last == id
            {
                earlier.last = request.new;
            }
        }
        let renewed = Renewed {
            next: request.new,
            last: request.new,
            grace,
            until: now.plus(REUSE_MEMORY).min(session.overall_deadline()),
        };
        // Where the place of an unused id is taken, that one and the id before it both lead on.
        self.ids.insert(request.old, Known::Renewed(renewed));
        self.ids.insert(id, Known::Renewed(renewed));
        let mut next = Session::clone(session);
        next.issued = now;
        next.confirmed = false;
        self.put(request.new, next);
    }
}

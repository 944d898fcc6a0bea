//! Beginning a sign-in, and storing a session.

use cloakroom_core::store::{Create, CreateOutcome, EndReason, OnCap};
use cloakroom_core::{Generation, SessionId, Subject, Timestamp};

use crate::model::rules::session::Session;
use crate::model::rules::state::{Known, Model, Set};
use crate::model::rules::step::Mismatch;

impl Model {
    pub(crate) fn begin(
        &mut self,
        subject: &Subject,
        until: Timestamp,
        observed: Generation,
    ) -> Result<(), Mismatch> {
        let set = self.sets.entry(subject.clone()).or_insert(Set {
            generation: None,
            kept_until: until,
            revoked_by: None,
        });
        set.kept_until = set.kept_until.max(until);
        match set.generation {
            Some(known) if known == observed => Ok(()),
            Some(_) => Err(Mismatch::expected("the generation that the set has")),
            None => {
                set.generation = Some(observed);
                if self.generations.insert(observed) {
                    Ok(())
                } else {
                    Err(Mismatch::expected("a generation that was never seen"))
                }
            }
        }
    }

    pub(crate) fn create(&mut self, request: &Create, now: Timestamp) -> CreateOutcome {
        let record = &request.record;
        let id = record.id();
        let created = |evicted, repeated| CreateOutcome::Created { evicted, repeated };

        match self.ids.get(&id) {
            Some(Known::Session(there)) if there.write == record.write_id() => {
                return created(Vec::new(), true);
            }
            Some(Known::Session(_)) if request.replaces.is_some_and(|old| old.id == id) => {}
            Some(Known::Ended(there)) if request.over == Some(there.by) => {}
            None => {}
            Some(Known::Ended(there)) => {
                let ended_by = Some(there.by);
                return CreateOutcome::Duplicate { ended_by };
            }
            Some(Known::Session(_) | Known::Renewed(_)) => {
                return CreateOutcome::Duplicate { ended_by: None };
            }
        }
        let Some(subject) = record.subject() else {
            self.put(id, Session::of(record));
            return created(Vec::new(), false);
        };
        if request.generation.is_some() && request.generation != self.generation(subject) {
            return CreateOutcome::Superseded;
        }
        let replaced = match request.replaces {
            None => None,
            Some(old) => match self.live_of(old.id, Some(subject), now) {
                None => return CreateOutcome::Missing,
                Some((_, there)) if there.revision != old.revision.get() => {
                    let current = cloakroom_core::Revision::from_stored(there.revision);
                    return CreateOutcome::Conflict { current };
                }
                Some((present, _)) => Some(present),
            },
        };
        let Some(evicted) = self.evicted(request, subject, replaced, now) else {
            return CreateOutcome::CapReached;
        };

        for id in &evicted {
            self.end(*id, record.write_id(), EndReason::Ended, now);
        }
        if let Some(old) = replaced {
            self.end(old, record.write_id(), EndReason::Replaced, now);
        }
        self.sets.entry(subject.clone()).or_insert(Set {
            generation: None,
            kept_until: now,
            revoked_by: None,
        });
        self.put(id, Session::of(record));
        created(evicted, false)
    }

    /// The generation of a set, where there is one and it has been seen. One that has not been seen
    /// is in nobody's hands.
    fn generation(&self, subject: &Subject) -> Option<Generation> {
        self.sets.get(subject).and_then(|set| set.generation)
    }

    /// Who has to leave, in the order of the ids; none where the cap refuses.
    fn evicted(
        &self,
        request: &Create,
        subject: &Subject,
        replaced: Option<SessionId>,
        now: Timestamp,
    ) -> Option<Vec<SessionId>> {
        let on_cap = request.cap.on_cap();
        let mut others: Vec<_> = self
            .sessions_of(subject)
            .filter(|(id, _)| Some(*id) != replaced)
            .map(|(id, session)| (session.eviction_time(on_cap), id))
            .collect();
        others.sort();
        // One that comes after its own deadline takes no room.
        let joining = usize::from(now < Session::of(&request.record).deadline());
        let room = request.cap.max() as usize - joining;
        let too_many = others.len().saturating_sub(room);
        if too_many > 0 && on_cap == OnCap::Refuse {
            // Above a cap that was lowered, one for another adds nobody.
            return replaced.is_some().then(Vec::new);
        }
        let mut evicted: Vec<_> = others.iter().take(too_many).map(|(_, id)| *id).collect();
        evicted.sort();
        Some(evicted)
    }
}

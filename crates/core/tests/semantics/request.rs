//! An operation that is about to be carried out.

use cloakroom_core::semantics::{self, Shelf};
use cloakroom_core::store::*;
use cloakroom_core::{Generation, Result, SessionId, Subject, Timestamp};

/// An operation that is about to be carried out.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    Begin(Subject, Timestamp),
    /// With the generation of the attempt of this number.
    Create(Box<Create>, Option<usize>),
    Load(SessionId),
    Update(Update),
    Touch(SessionId, Option<Subject>),
    Renew(Renew),
    Delete(Delete),
    /// All pages of this size.
    TokenSet(Subject, usize),
    Revoke(Revoke),
    PurgeEntry(SessionId),
    PurgeSet(Subject),
}

/// What became of it. Generations are random, so that only their number can be compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Begun(usize),
    Created(CreateOutcome),
    Loaded(LoadOutcome),
    Updated(UpdateOutcome),
    Touched(TouchOutcome),
    Renewed(RenewOutcome),
    Deleted(DeleteOutcome),
    Listed(Vec<Listed>),
    Revoked(Revoked),
    Purged(bool),
}

/// The generations that were handed out in one world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts(Vec<Generation>);

impl Attempts {
    /// Notes a generation, and says which was the first like it.
    fn note(&mut self, generation: Generation) -> usize {
        self.0.push(generation);
        let first = self.0.iter().position(|known| *known == generation);
        first.unwrap_or(self.0.len())
    }
}

impl Request {
    pub(crate) fn carry_out(
        &self,
        shelf: &mut impl Shelf,
        attempts: &mut Attempts,
        now: Timestamp,
    ) -> Result<Answer> {
        Ok(match self {
            Self::Begin(subject, until) => {
                let generation = semantics::begin(shelf, subject, *until, now)?;
                Answer::Begun(attempts.note(generation))
            }
            Self::Create(create, attempt) => {
                let create = Create {
                    generation: attempt.and_then(|at| attempts.0.get(at).copied()),
                    ..(**create).clone()
                };
                Answer::Created(semantics::create(shelf, &create, now)?)
            }
            Self::Load(id) => Answer::Loaded(semantics::load(shelf, *id, now)?),
            Self::Update(update) => Answer::Updated(semantics::update(shelf, update, now)?),
            Self::Touch(id, subject) => {
                Answer::Touched(semantics::touch(shelf, *id, subject.as_ref(), now)?)
            }
            Self::Renew(renew) => Answer::Renewed(semantics::renew(shelf, renew, now)?),
            Self::Delete(delete) => Answer::Deleted(semantics::delete(shelf, delete, now)?),
            Self::TokenSet(subject, limit) => Answer::Listed(list(shelf, subject, *limit, now)?),
            Self::Revoke(revoke) => Answer::Revoked(semantics::revoke(shelf, revoke, now)?),
            Self::PurgeEntry(id) => Answer::Purged(semantics::purge_entry(shelf, *id, now)?),
            Self::PurgeSet(subject) => Answer::Purged(semantics::purge_set(shelf, subject, now)?),
        })
    }

    pub(crate) fn is_purge(&self) -> bool {
        matches!(self, Self::PurgeEntry(_) | Self::PurgeSet(_))
    }
}

/// All pages.
fn list(
    shelf: &impl Shelf,
    subject: &Subject,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Listed>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = semantics::token_set(shelf, subject, &Page { after, limit }, now)?;
        assert!(page.sessions.len() <= limit);
        all.extend(page.sessions);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

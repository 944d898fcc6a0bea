//! What the model holds.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cloakroom_core::store::EndReason;
use cloakroom_core::{Generation, SessionId, Subject, Timestamp, WriteId};

use crate::model::rules::session::Session;

/// A plain reference model of the contract.
///
/// It holds what must be so, in the simplest form that says it: what each id is, and for each subject
/// the generation of its set. Who the members of a set are is not stored but follows from the
/// sessions, so that the two can never disagree. Whatever is over at an operation's `now` is dropped
/// first: time in a history never goes back, so that nobody can tell whether it is still there.
///
/// Generations are drawn by the store. The model knows one once it has been seen, and remembers all
/// it has seen: a new one is none of them.
///
/// It calls nothing of [`cloakroom_core::semantics`], whose bugs it is to find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Model {
    pub(crate) ids: BTreeMap<SessionId, Known>,
    pub(crate) sets: BTreeMap<Subject, Set>,
    pub(crate) generations: Seen,
}

/// What an id is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    /// The present id of a session.
    Session(Arc<Session>),
    /// An earlier id of a session.
    Renewed(Renewed),
    /// The last id of a session that was ended.
    Ended(Ended),
}

/// An earlier id of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Renewed {
    /// What this very id was renewed to.
    pub(crate) next: SessionId,
    /// The last id of the session, through all renewals.
    pub(crate) last: SessionId,
    /// Until when this id names the session.
    pub(crate) grace: Timestamp,
    /// Until when this id is remembered.
    pub(crate) until: Timestamp,
}

/// The memory of a session that was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ended {
    pub(crate) by: WriteId,
    pub(crate) reason: EndReason,
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

/// The part of a token set that does not follow from its sessions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Set {
    /// None where it has not been seen yet.
    pub(crate) generation: Option<Generation>,
    pub(crate) kept_until: Timestamp,
    pub(crate) revoked_by: Option<WriteId>,
}

/// The generations that the store has ever shown. Shared between the many states of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen(Arc<BTreeSet<[u8; Generation::LEN]>>);

/// Their number is enough to keep states apart: [`Eq`] decides.
impl Hash for Seen {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
    }
}

impl Seen {
    /// Remembers a generation; says whether it is new.
    pub(crate) fn insert(&mut self, generation: Generation) -> bool {
        Arc::make_mut(&mut self.0).insert(*generation.as_bytes())
    }
}

/// Which session an id names.
#[derive(Clone)]
pub(crate) enum Named {
    /// A session, by its present id or by an earlier one in grace.
    Live(SessionId, Arc<Session>),
    /// A session, by an earlier id whose grace is over.
    Reused(SessionId, Arc<Session>),
    /// One that was ended, by any of its ids.
    Ended(Ended),
    /// None.
    Nothing,
}

impl Model {
    /// The model of a store without any data.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Drops what is over.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.ids.retain(|_, known| match known {
            Known::Session(session) => now < session.deadline(),
            Known::Renewed(renewed) => now < renewed.until,
            Known::Ended(ended) => now < ended.until,
        });
        let ids = &self.ids;
        self.sets.retain(|subject, set| {
            now < set.kept_until || sessions(ids).any(|(_, session)| session.is_of(subject))
        });
    }

    /// The model of a store that starts anew. Its generations are new all the same.
    pub(crate) fn forgetting_everything(self) -> Self {
        let generations = self.generations;
        Self {
            generations,
            ..Self::default()
        }
    }

    /// Every id that the store may know something of.
    pub(crate) fn known_ids(&self) -> Vec<SessionId> {
        self.ids.keys().copied().collect()
    }

    /// The instants at which something is over.
    pub(crate) fn instants(&self) -> BTreeSet<Timestamp> {
        let of_ids = self.ids.values().flat_map(|known| match known {
            Known::Session(session) => [session.deadline(), session.overall_deadline()],
            Known::Renewed(renewed) => [renewed.grace, renewed.until],
            Known::Ended(ended) => [ended.until; 2],
        });
        let of_sets = self.sets.values().map(|set| set.kept_until);
        of_ids.chain(of_sets).collect()
    }

    pub(crate) fn named(&self, id: SessionId, now: Timestamp) -> Named {
        let (last, in_grace) = match self.ids.get(&id) {
            None => return Named::Nothing,
            Some(Known::Ended(ended)) => return Named::Ended(*ended),
            Some(Known::Session(_)) => (id, true),
            Some(Known::Renewed(renewed)) => (renewed.last, now < renewed.grace),
        };
        match self.ids.get(&last) {
            Some(Known::Session(session)) if in_grace => Named::Live(last, session.clone()),
            Some(Known::Session(session)) => Named::Reused(last, session.clone()),
            Some(Known::Ended(ended)) => Named::Ended(*ended),
            // Its session is over.
            Some(Known::Renewed(_)) | None => Named::Nothing,
        }
    }

    /// The session that an id names, where it belongs to this subject, or to nobody as asked.
    pub(crate) fn live_of(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Option<(SessionId, Arc<Session>)> {
        match self.named(id, now) {
            Named::Live(id, session) if session.subject.as_ref() == subject => Some((id, session)),
            _ => None,
        }
    }

    /// The sessions of everybody.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        sessions(&self.ids)
    }

    /// The sessions of one subject.
    pub(crate) fn sessions_of(
        &self,
        subject: &Subject,
    ) -> impl Iterator<Item = (SessionId, &Session)> {
        self.sessions()
            .filter(move |(_, session)| session.is_of(subject))
    }

    pub(crate) fn put(&mut self, id: SessionId, session: Session) {
        self.ids.insert(id, Known::Session(Arc::new(session)));
    }
}

fn sessions(ids: &BTreeMap<SessionId, Known>) -> impl Iterator<Item = (SessionId, &Session)> {
    ids.iter().filter_map(|(id, known)| match known {
        Known::Session(session) => Some((*id, &**session)),
        Known::Renewed(_) | Known::Ended(_) => None,
    })
}

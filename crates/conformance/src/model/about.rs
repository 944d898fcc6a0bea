//! Which sessions an operation is about.

use std::collections::BTreeSet;

use cloakroom_core::store::{CreateOutcome, LoadOutcome, RevokeKind};
use cloakroom_core::{SessionId, Subject};

use crate::model::rules::state::Known;
use crate::model::{Model, Op, Outcome};

/// The ids and subjects that something is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    ids: BTreeSet<SessionId>,
    subjects: BTreeSet<Subject>,
}

impl About {
    fn id(mut self, id: SessionId) -> Self {
        self.ids.insert(id);
        self
    }

    fn subject(mut self, subject: Option<&Subject>) -> Self {
        self.subjects.extend(subject.cloned());
        self
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.ids.extend(other.ids);
        self.subjects.extend(other.subjects);
        self
    }

    /// Whether both are about the same, in part.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        !self.ids.is_disjoint(&other.ids) || !self.subjects.is_disjoint(&other.subjects)
    }
}

impl Op {
    /// What the operation was about: what it named, and what it was answered.
    pub(crate) fn about(&self, outcome: &Outcome) -> About {
        let about = About::default();
        match self {
            Self::Begin { subject, .. } => about.subject(Some(subject)),
            Self::TokenSet { subject, .. } => match outcome {
                Outcome::Shown(id, _) => about.subject(Some(subject)).id(*id),
                _ => about.subject(Some(subject)),
            },
            Self::Create(request) => {
                let record = &request.record;
                let mut about = about.id(record.id()).subject(record.subject());
                about.ids.extend(request.replaces.map(|old| old.id));
                if let Outcome::Created(CreateOutcome::Created { evicted, .. }) = outcome {
                    about.ids.extend(evicted);
                }
                about
            }
            Self::Load(id) => match outcome {
                Outcome::Loaded(LoadOutcome::Found(record)) => {
                    about.id(*id).id(record.id()).subject(record.subject())
                }
                Outcome::Loaded(LoadOutcome::Reused(reused)) => about
                    .id(*id)
                    .id(reused.successor)
                    .subject(reused.subject.as_ref()),
                _ => about.id(*id),
            },
            Self::Update(request) => about.id(request.id).subject(request.subject.as_ref()),
            Self::Touch { id, subject } => about.id(*id).subject(subject.as_ref()),
            Self::Renew(request) => about
                .id(request.old)
                .id(request.new)
                .subject(request.subject.as_ref()),
            Self::Delete(request) => about.id(request.id).subject(request.subject.as_ref()),
            Self::Revoke(request) => {
                let mut about = about.subject(Some(&request.subject));
                if let RevokeKind::One(id) | RevokeKind::AllExcept(id) = request.kind {
                    about.ids.insert(id);
                }
                about
            }
            Self::PurgeExpired { .. } | Self::Scan { .. } | Self::Count => match outcome {
                Outcome::Listed(listed) => listed
                    .iter()
                    .fold(about, |about, listed| about.id(listed.id())),
                _ => about,
            },
        }
    }
}

impl About {
    /// The ids among them.
    pub(crate) fn into_ids(self) -> BTreeSet<SessionId> {
        self.ids
    }
}

impl Model {
    /// What belongs together, id by id.
    pub(crate) fn matters(&self) -> Vec<About> {
        let ids = self.ids.iter().map(|(id, known)| {
            let about = About::default().id(*id);
            match known {
                Known::Session(session) => about.subject(session.subject.as_ref()),
                Known::Renewed(renewed) => about.id(renewed.next).id(renewed.last),
                Known::Ended(_) => about,
            }
        });
        ids.collect()
    }

    /// The part of the model that this is about.
    pub(crate) fn only(&self, about: &About) -> Self {
        let mut about = about.clone();
        // Twice: an id leads to a session, a session to its subject, and the subject to others.
        for _ in 0..2 {
            let touched = self.matters().into_iter().filter(|one| one.touches(&about));
            about = touched.fold(about.clone(), About::and);
        }
        let mut part = self.clone();
        part.ids.retain(|id, _| about.ids.contains(id));
        part.sets
            .retain(|subject, _| about.subjects.contains(subject));
        part
    }
}

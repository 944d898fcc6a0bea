//! The operations of the trait, as values.

use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, Listed, LoadOutcome, Page, Renew, RenewOutcome,
    Revoke, RevokeKind, Revoked, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{
    Error, ErrorKind, Generation, Operation, Placement, PlacementKey, Result, SessionId,
    SessionStore, Subject, Timestamp,
};

/// More pages than any listing of a test has.
const ENDLESS: usize = 10_000;

/// One call of a [`SessionStore`], with its arguments.
#[derive(Debug, Clone)]
pub enum Op {
    /// [`SessionStore::begin`]
    Begin {
        /// Whose sign-in begins.
        subject: Subject,
        /// Until when the generation is kept at least.
        until: Timestamp,
    },
    /// [`SessionStore::create`]
    Create(Create),
    /// [`SessionStore::load`]
    Load(SessionId),
    /// [`SessionStore::update`]
    Update(Update),
    /// [`SessionStore::touch`]
    Touch {
        /// Which session.
        id: SessionId,
        /// Its subject.
        subject: Option<Subject>,
    },
    /// [`SessionStore::renew`]
    Renew(Renew),
    /// [`SessionStore::delete`]
    Delete(Delete),
    /// [`SessionStore::token_set`], all its pages.
    TokenSet {
        /// Whose sessions.
        subject: Subject,
        /// How many on a page.
        page_size: usize,
    },
    /// [`SessionStore::revoke`]
    Revoke(Revoke),
    /// [`SessionStore::purge_expired`]
    PurgeExpired {
        /// How many at most.
        limit: usize,
    },
    /// [`SessionStore::scan`], all its pages.
    Scan {
        /// How many on a page.
        page_size: usize,
    },
    /// [`SessionStore::count`]
    Count,
}

/// What a store answered to an [`Op`].
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Of [`Op::Begin`].
    Begun(Generation),
    /// Of [`Op::Create`].
    Created(CreateOutcome),
    /// Of [`Op::Load`].
    Loaded(LoadOutcome),
    /// Of [`Op::Update`].
    Updated(UpdateOutcome),
    /// Of [`Op::Touch`].
    Touched(TouchOutcome),
    /// Of [`Op::Renew`].
    Renewed(RenewOutcome),
    /// Of [`Op::Delete`].
    Deleted(DeleteOutcome),
    /// Of [`Op::TokenSet`] and [`Op::Scan`]: what was on all the pages.
    Listed(Vec<Listed>),
    /// Of [`Op::TokenSet`], where others were under way: what it shows of one id. A listing need not
    /// see all its sessions at one moment, so that each is checked by itself.
    Shown(SessionId, Option<Listed>),
    /// Of [`Op::Revoke`].
    Revoked(Revoked),
    /// Of [`Op::PurgeExpired`].
    Purged(usize),
    /// Of [`Op::Count`].
    Counted(u64),
}

impl Op {
    /// Asks a store.
    ///
    /// # Errors
    ///
    /// Those of the store, and where pages never come to an end.
    pub async fn run(&self, store: &dyn SessionStore, now: Timestamp) -> Result<Outcome> {
        Ok(match self {
            Self::Begin { subject, until } => {
                Outcome::Begun(store.begin(subject, *until, now).await?)
            }
            Self::Create(request) => Outcome::Created(store.create(request, now).await?),
            Self::Load(id) => Outcome::Loaded(store.load(*id, now).await?),
            Self::Update(request) => Outcome::Updated(store.update(request, now).await?),
            Self::Touch { id, subject } => {
                Outcome::Touched(store.touch(*id, subject.as_ref(), now).await?)
            }
            Self::Renew(request) => Outcome::Renewed(store.renew(request, now).await?),
            Self::Delete(request) => Outcome::Deleted(store.delete(request, now).await?),
            Self::Revoke(request) => Outcome::Revoked(store.revoke(request, now).await?),
            Self::PurgeExpired { limit } => {
                Outcome::Purged(store.purge_expired(*limit, now).await?)
            }
            Self::Count => Outcome::Counted(store.count(now).await?),
            Self::TokenSet { subject, page_size } => {
                token_set(store, subject, *page_size, now).await?
            }
            Self::Scan { page_size } => scan(store, *page_size, now).await?,
        })
    }

    /// The one placement that the operation touches; none where it goes over all.
    #[must_use]
    pub fn placement(&self, key: &PlacementKey) -> Option<Placement> {
        Some(match self {
            Self::Begin { subject, .. } | Self::TokenSet { subject, .. } => key.place(subject),
            Self::Revoke(request) => key.place(&request.subject),
            Self::Create(request) => request.record.id().placement(),
            Self::Load(id) | Self::Touch { id, .. } => id.placement(),
            Self::Update(request) => request.id.placement(),
            Self::Renew(request) => request.old.placement(),
            Self::Delete(request) => request.id.placement(),
            Self::PurgeExpired { .. } | Self::Scan { .. } | Self::Count => return None,
        })
    }

    /// Whether the operation, having had this outcome, has changed nothing, whatever was there.
    #[must_use]
    pub fn was_passive(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Loaded(_)
            | Outcome::Listed(_)
            | Outcome::Shown(..)
            | Outcome::Counted(_)
            | Outcome::Purged(_) => true,
            Outcome::Begun(_) => false,
            Outcome::Created(outcome) => !matches!(
                outcome,
                CreateOutcome::Created {
                    repeated: false,
                    ..
                }
            ),
            Outcome::Updated(outcome) => !matches!(outcome, UpdateOutcome::Saved { .. }),
            Outcome::Touched(outcome) => *outcome != TouchOutcome::Touched,
            Outcome::Renewed(outcome) => *outcome != RenewOutcome::Renewed,
            Outcome::Deleted(outcome) => !matches!(outcome, DeleteOutcome::Deleted { .. }),
            // To revoke the whole set of nobody still replaces the generation.
            Outcome::Revoked(revoked) => {
                revoked.repeated || (revoked.ended.is_empty() && self.revokes_one())
            }
        }
    }

    fn revokes_one(&self) -> bool {
        matches!(self, Self::Revoke(request) if matches!(request.kind, RevokeKind::One(_)))
    }
}

async fn token_set(
    store: &dyn SessionStore,
    subject: &Subject,
    limit: usize,
    now: Timestamp,
) -> Result<Outcome> {
    let mut listed = Vec::new();
    let mut after = None;
    for _ in 0..ENDLESS {
        let page = Page { after, limit };
        let page = store.token_set(subject, &page, now).await?;
        listed.extend(page.sessions);
        after = page.next;
        if after.is_none() {
            return Ok(Outcome::Listed(listed));
        }
    }
    Err(never_ends(Operation::TokenSet))
}

async fn scan(store: &dyn SessionStore, limit: usize, now: Timestamp) -> Result<Outcome> {
    let mut listed = Vec::new();
    let mut after = None;
    for _ in 0..ENDLESS {
        let page = store.scan(&Page { after, limit }, now).await?;
        listed.extend(page.sessions);
        after = page.next;
        if after.is_none() {
            return Ok(Outcome::Listed(listed));
        }
    }
    Err(never_ends(Operation::Scan))
}

fn never_ends(operation: Operation) -> Error {
    Error::with_source(ErrorKind::Internal, operation, "the pages never end")
}

//! The store.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use cloakroom_core::semantics::{self, Entry};
use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, Revoke,
    RevokeKind, Revoked, ScanPage, TokenSetPage, TouchOutcome, Update, UpdateOutcome,
    validate_create, validate_renew,
};
use cloakroom_core::{
    Error, ErrorKind, Generation, Operation, Placement, PlacementKey, RecordVersion, Result,
    SessionId, SessionStore, Subject, Timestamp,
};

use crate::change::Change;
use crate::commit::{Format, Victims};
use crate::config::RedisStoreBuilder;
use crate::link::{Call, Link, Replicas};
use crate::purge::Broom;
use crate::read::Wanted;
use crate::recent::Recent;
use crate::server::Server;
use crate::turns::{Lately, Turns};
use crate::view::{Guess, KnownSet, Leaving, View};
use crate::watch::Watch;
use crate::{begin, create, list, load, purge, scan};

/// A session store on Redis or Valkey: many hosts share it.
///
/// Clones share their connections.
#[derive(Clone)]
pub struct RedisStore {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) link: Link,
    pub(crate) placement_key: PlacementKey,
    pub(crate) margin: Duration,
    pub(crate) version: RecordVersion,
    pub(crate) replicas: Option<Replicas>,
    pub(crate) recent: Recent,
    pub(crate) lately: Lately,
    pub(crate) turns: Turns,
    pub(crate) broom: Mutex<Broom>,
    pub(crate) watch: Watch,
}

impl RedisStore {
    /// A builder of a store on these servers.
    pub fn builder(server: Server) -> RedisStoreBuilder {
        RedisStoreBuilder::new(server)
    }

    /// Connects to a server that stands alone, with the defaults of [`RedisStoreBuilder`].
    ///
    /// # Errors
    ///
    /// Those of [`RedisStoreBuilder::connect`].
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(Server::standalone(url)).connect().await
    }
}

impl RedisStore {
    /// An operation that begins now; an error where the clocks differ too far.
    pub(crate) fn call(&self, operation: Operation) -> Result<Call> {
        let call = self.inner.link.call(operation);
        if self.inner.watch.is_due(call.began) {
            let inner = self.inner.clone();
            tokio::spawn(async move {
                let call = inner.link.call(Operation::Open);
                // Where nobody answers, those who ask will hear of it.
                let _ = inner.watch.look(&inner.link, &call).await;
            });
        }
        if self.inner.watch.refuses() {
            return Err(Error::new(ErrorKind::ClockDrift, operation));
        }
        Ok(call)
    }
}

impl Inner {
    pub(crate) fn place(&self, subject: &Subject) -> Placement {
        self.placement_key.place(subject)
    }

    pub(crate) fn margin_millis(&self) -> u64 {
        u64::try_from(self.margin.as_millis()).unwrap_or(u64::MAX)
    }

    fn change(&self, call: Call, placement: Placement, now: Timestamp) -> Change<'_> {
        Change {
            store: self,
            call,
            placement,
            victims: Victims::Exact,
            in_turn: None,
            leaving: None,
            format: Format {
                now,
                margin: self.margin,
                version: self.version,
            },
            replicas: None,
        }
    }

    /// What this host has read of a session lately, by this id or one that it was renewed to, taken for what
    /// there is: a guess.
    pub(crate) fn guess(&self, id: SessionId, subject: Option<&Subject>) -> Option<View> {
        let mut view = View::guess();
        let mut at = id;
        loop {
            let known = self.recent.get(at)?;
            let next = match &known.entry {
                Some(Entry::Renewed(renewed)) => renewed.next,
                _ => at,
            };
            view.entries.insert(at, known);
            if next == at {
                break;
            }
            if view.entries.contains_key(&next) {
                return None;
            }
            at = next;
        }
        if let Some(subject) = subject {
            let set = KnownSet::guessed(Guess::Kept, [at]);
            view.sets.insert(subject.clone(), set);
        }
        Some(view)
    }

    /// A sign-in as most are: the id is new, the generation still there, and there is room.
    fn guess_create(&self, request: &Create) -> Option<View> {
        let subject = request.record.subject()?;
        let mut view = View::guess().absent(request.record.id());
        let replaced = request.replaces.map(|replaces| replaces.id);
        if let Some(old) = replaced {
            view.entries.insert(old, self.recent.get(old)?);
        }
        let guess = Guess::SignIn {
            generation: request.generation,
            max: request.cap.max(),
        };
        view.sets
            .insert(subject.clone(), KnownSet::guessed(guess, replaced));
        Some(view)
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    fn placement_key(&self) -> &PlacementKey {
        &self.inner.placement_key
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        let call = self.call(Operation::Begin)?;
        begin::begin(&self.inner, &call, subject, until, now).await
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        validate_create(&self.inner.placement_key, request)?;
        let id = request.record.id();
        let call = self.call(Operation::Create)?;
        if request.record.subject().is_none()
            && create::at_free_id(&self.inner, &call, request).await?
        {
            return Ok(create::created());
        }
        let mut change = self.inner.change(call, id.placement(), now);
        change.in_turn = request.record.subject();
        let mut wanted = Wanted::default().id(id);
        let mut guess = None;
        if let Some(subject) = request.record.subject() {
            let members = self.inner.lately.members(subject);
            match members.len() < request.cap.max() as usize {
                true => {
                    wanted = wanted.all(subject);
                    guess = self.inner.guess_create(request);
                }
                false => wanted.members(subject, members),
            }
        }
        let create = change.decide(guess, wanted, |view| semantics::create(view, request, now));
        create.await.map(|decided| decided.outcome)
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        load::load(&self.inner, &self.call(Operation::Load)?, id, now).await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        let (id, subject) = (request.id, request.subject.as_ref());
        let change = self
            .inner
            .change(self.call(Operation::Update)?, id.placement(), now);
        let update = change.keep_or_decide(
            (id, subject),
            |one| semantics::update(one, request, now),
            |view| semantics::update(view, request, now),
        );
        update.await
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        let change = self
            .inner
            .change(self.call(Operation::Touch)?, id.placement(), now);
        let touch = change.keep_or_decide(
            (id, subject),
            |one| semantics::touch(one, id, subject, now),
            |view| semantics::touch(view, id, subject, now),
        );
        touch.await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        validate_renew(request)?;
        let (old, subject) = (request.old, request.subject.as_ref());
        let change = self
            .inner
            .change(self.call(Operation::Renew)?, old.placement(), now);
        let wanted = Wanted::default()
            .id(old)
            .id(request.new)
            .set(subject, Some(old));
        let guess = self
            .inner
            .guess(old, subject)
            .map(|guess| guess.absent(request.new));
        let renew = change.decide(guess, wanted, |view| semantics::renew(view, request, now));
        renew.await.map(|decided| decided.outcome)
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        let (id, subject) = (request.id, request.subject.as_ref());
        let mut change = self
            .inner
            .change(self.call(Operation::Delete)?, id.placement(), now);
        change.replicas = self.inner.replicas;
        let wanted = Wanted::default().id(id).set(subject, Some(id));
        let guess = self.inner.guess(id, subject);
        let delete = change.decide(guess, wanted, |view| semantics::delete(view, request, now));
        let decided = delete.await?;
        Ok(match decided.outcome {
            DeleteOutcome::Deleted { .. } => DeleteOutcome::Deleted {
                replicas: decided.replicas,
            },
            other => other,
        })
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        let call = self.call(Operation::TokenSet)?;
        list::token_set(&self.inner, &call, subject, page, now).await
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        let subject = &request.subject;
        let mut change = self.inner.change(
            self.call(Operation::Revoke)?,
            self.inner.place(subject),
            now,
        );
        change.victims = Victims::Members;
        change.replicas = self.inner.replicas;
        let elsewhere = |id: SessionId| id.placement() != self.inner.place(subject);
        // What has another placement is none of the subject's: there is nothing to look at.
        let request = &match request.kind {
            RevokeKind::One(id) if elsewhere(id) => return Ok(nothing_revoked()),
            RevokeKind::AllExcept(id) if elsewhere(id) => Revoke {
                kind: RevokeKind::All,
                ..request.clone()
            },
            _ => request.clone(),
        };
        let wanted = match request.kind {
            RevokeKind::All => Wanted::default().all(subject),
            RevokeKind::AllExcept(id) => Wanted::default().id(id).all(subject),
            RevokeKind::One(id) => Wanted::default().id(id).set(Some(subject), Some(id)),
        };
        let guess = match request.kind {
            RevokeKind::One(id) => self.inner.guess(id, Some(subject)),
            RevokeKind::All | RevokeKind::AllExcept(_) => {
                change.in_turn = Some(subject);
                change.leaving = Some(Leaving {
                    subject: subject.clone(),
                    by: request.write_id,
                    now,
                });
                None
            }
        };
        let revoke = change.decide(guess, wanted, |view| semantics::revoke(view, request, now));
        let decided = revoke.await?;
        let mut ended = [decided.outcome.ended, decided.ended].concat();
        ended.sort_unstable();
        Ok(Revoked {
            ended,
            replicas: decided.replicas,
            ..decided.outcome
        })
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        let call = self.call(Operation::PurgeExpired)?;
        purge::purge(&self.inner, &call, limit, now).await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        scan::page(&self.inner, &self.call(Operation::Scan)?, page, now).await
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        scan::count(self, now).await
    }
}

fn nothing_revoked() -> Revoked {
    Revoked {
        ended: Vec::new(),
        repeated: false,
        replicas: None,
    }
}

/// Without credentials and connections.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

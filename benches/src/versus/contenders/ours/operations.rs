//! The operations of a store.

use std::hint::black_box;
use std::sync::Arc;

use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{Record, SessionId, WriteId};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::Rng as _;
use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::versus::contender::Contender;
use crate::versus::contenders::ours::Ours;
use crate::versus::keyed::Keyed;
use crate::workload;

impl Keyed for Ours {
    type Key = SessionId;

    fn key(&self, at: usize) -> Result<SessionId, Failure> {
        Ok(self.id(at))
    }

    async fn fetch(&self, id: SessionId) -> Result<bool, Failure> {
        let loaded = black_box(self.store().load(id, self.sessions.now()).await?);
        Ok(matches!(loaded, LoadOutcome::Found(_)))
    }

    fn server(&self) -> Option<u32> {
        self.server
    }
}

/// New data for a session that was just loaded, at the revision that was read; no session twice in a lap.
pub(crate) struct Save(pub(crate) Arc<Ours>);

impl Contender for Save {
    type Item = Update;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Update>>, Failure> {
        let Self(ours) = self;
        let drawn = workload::draw_distinct(random, tasks * each, ours.tokens.len());
        let read = ours.read_records(&drawn).await?;
        let mut update = |record: &Record| {
            let payload = random.next_u32() as usize % ours.payloads.len();
            Update {
                id: record.id(),
                subject: record.subject().cloned(),
                expected: record.revision(),
                payload: ours.payloads[payload].clone(),
                label: None,
                touch: true,
                write_id: WriteId::random(),
            }
        };
        let mut of_task =
            |records: &[Arc<Record>]| records.iter().map(|record| update(record)).collect();
        Ok(read.chunks(each).map(&mut of_task).collect())
    }

    async fn operate(&self, update: Update) -> Result<bool, Failure> {
        let Self(ours) = self;
        let saved = ours.store().update(&update, ours.sessions.now()).await?;
        Ok(matches!(saved, UpdateOutcome::Saved { .. }))
    }

    /// With a server, no more than a store remembers of what it has read, so that it is used as it is by
    /// the handle: a change follows a load.
    fn most(&self) -> usize {
        let few = self.0.server.map(|_| 2_048);
        few.unwrap_or(self.0.tokens.len())
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

/// One more session of a user who has two: stored, and in the token set, if the generation still holds.
pub(crate) struct SignIn(pub(crate) Arc<Ours>);

impl Contender for SignIn {
    type Item = Create;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Create>>, Failure> {
        let Self(ours) = self;
        let mut all = Vec::with_capacity(tasks);
        for places in workload::draw_distinct(random, tasks * each, ours.tokens.len()).chunks(each)
        {
            let mut of_task = Vec::with_capacity(each);
            for at in places {
                of_task.push(ours.entrant(*at, random).await?);
            }
            all.push(of_task);
        }
        Ok(all)
    }

    async fn operate(&self, create: Create) -> Result<bool, Failure> {
        let Self(ours) = self;
        let created = ours.store().create(&create, ours.sessions.now()).await?;
        Ok(matches!(created, CreateOutcome::Created { .. }))
    }

    async fn settle(&self) -> Result<(), Failure> {
        self.0.end_what_was_made().await
    }

    fn most(&self) -> usize {
        20_000.min(self.0.tokens.len())
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

/// Signing out: the sessions that were made for it end.
pub(crate) struct SignOutOfStore(pub(crate) Arc<Ours>);

impl Contender for SignOutOfStore {
    type Item = Delete;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Delete>>, Failure> {
        let Self(ours) = self;
        let enter = SignIn(Arc::clone(ours));
        let create = enter.prepare(tasks, each, random).await?;
        let creates: Vec<_> = create.into_iter().flatten().collect();
        let now = ours.sessions.now();
        let creates = creates
            .iter()
            .map(|create| ours.store().create(create, now));
        let created: Vec<_> = stream::iter(creates).buffered(64).try_collect().await?;
        let is_created = |outcome: &CreateOutcome| matches!(outcome, CreateOutcome::Created { .. });
        if !created.iter().all(is_created) {
            return Err("a session was not made".into());
        }
        let made = std::mem::take(&mut *ours.made());
        Ok(made.chunks(each).map(<[Delete]>::to_vec).collect())
    }

    async fn operate(&self, delete: Delete) -> Result<bool, Failure> {
        let Self(ours) = self;
        let ended = ours.store().delete(&delete, ours.sessions.now()).await?;
        Ok(matches!(ended, DeleteOutcome::Deleted { .. }))
    }

    async fn settle(&self) -> Result<(), Failure> {
        self.0.forget().await
    }

    fn most(&self) -> usize {
        10_000.min(self.0.tokens.len())
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

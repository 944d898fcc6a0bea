//! What the operations are made of: lock, decide, write, read.

use std::sync::Arc;

use cloakroom_core::semantics::{self, Entry};
use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{Operation, Placement, PlacementKey, Result, SessionId, Timestamp};

use crate::commit::Commit;
use crate::config::Durability;
use crate::engine::Engine;
use crate::index::Index;
use crate::journal::{Journal, Submitted, Until};
use crate::read;
use crate::shelf::PlacementView;
use crate::stripes::Stripes;

/// An open store.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) placement_key: PlacementKey,
    pub(crate) durability: Durability,
    pub(crate) stripes: Stripes,
    pub(crate) journal: Journal,
    pub(crate) index: Arc<Index>,
    pub(crate) engine: Arc<Engine>,
}

/// What an operation waits for before it returns. What ends something is on disk in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// It may end something. Where it writes nothing, because an earlier try of it did, or somebody
    /// else, it waits until that is on disk.
    Ending,
    /// As was chosen for new sessions and changed data.
    AsChosen,
    /// For nothing else.
    Lazy,
}

impl Core {
    /// Carries out an operation on a placement, whole or, where it fails, not at all.
    ///
    /// A caller who goes away before the lock was taken has done nothing; one who goes away after
    /// has done all of it.
    pub(crate) async fn write<T>(
        &self,
        placement: Placement,
        operation: Operation,
        waits: Waits,
        decide: impl FnOnce(&mut PlacementView<'_>) -> Result<T>,
    ) -> Result<T> {
        let (outcome, submitted) = self.begin(placement, operation, waits, decide).await?;
        if let Some(submitted) = submitted {
            let done = submitted.done().await;
            done.map_err(|failure| failure.error(operation))?;
        }
        Ok(outcome)
    }

    /// As [`write`](Core::write), without waiting for the end.
    pub(crate) async fn begin<T>(
        &self,
        placement: Placement,
        operation: Operation,
        waits: Waits,
        decide: impl FnOnce(&mut PlacementView<'_>) -> Result<T>,
    ) -> Result<(T, Option<Submitted>)> {
        let refused = |failure: crate::fault::Failure| failure.error(operation);
        let guard = self.stripes.lock(placement).await;
        self.engine.health().check_writes().map_err(refused)?;

        let mut view = self.view(placement, operation);
        let outcome = decide(&mut view)?;
        let commit = Commit::of(view).map_err(|fault| fault.error(operation))?;
        let until = match waits {
            _ if commit.ends => Until::OnDisk,
            Waits::Ending if commit.is_empty() || commit.removes => Until::OnDisk,
            Waits::Ending | Waits::AsChosen if self.durability == Durability::Immediate => {
                Until::OnDisk
            }
            Waits::Ending | Waits::AsChosen | Waits::Lazy => Until::Applied,
        };
        if commit.is_empty() && (until == Until::Applied || self.journal.is_on_disk()) {
            return Ok((outcome, None));
        }
        let submitted = self.journal.submit(commit, until, Some(guard));
        Ok((outcome, Some(submitted.map_err(refused)?)))
    }

    /// Looks at a placement while nobody changes it.
    pub(crate) async fn read<T>(
        &self,
        placement: Placement,
        operation: Operation,
        look: impl FnOnce(&PlacementView<'_>) -> Result<T>,
    ) -> Result<T> {
        let _guard = self.stripes.lock(placement).await;
        self.check_reads(operation)?;
        look(&self.view(placement, operation))
    }

    /// A placement as it is: for as long as it is locked.
    pub(crate) fn view(&self, placement: Placement, operation: Operation) -> PlacementView<'_> {
        PlacementView::new(&self.engine, &self.index, placement, operation)
    }

    /// Reads a session: without the lock, where a look at one key settles it.
    pub(crate) async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.check_reads(Operation::Load)?;
        let told = |fault: crate::fault::Fault| fault.error(Operation::Load);
        // Before and after: it may end, as a stray, between the two.
        let was_stray = self.index.is_stray(id);
        let recent = &self.index.recent;
        let entry = recent.entry(id, now, || read::entry(&self.engine, id));
        match entry.map_err(told)? {
            Some(Entry::Live(record)) => {
                let is_over = record.deadline().is_over(now);
                if is_over {
                    recent.forget(id);
                }
                let is_stray = was_stray || self.index.is_stray(id);
                Ok(if is_over || is_stray {
                    LoadOutcome::Absent
                } else {
                    LoadOutcome::Found(record)
                })
            }
            Some(Entry::Ended(ended)) => Ok(ended.loaded(now)),
            None => Ok(LoadOutcome::Absent),
            // A renewed id leads through several keys, and a record in several parts may have been
            // changed between them.
            Some(Entry::Renewed(_) | Entry::Damaged | Entry::NewerVersion) => {
                self.read(id.placement(), Operation::Load, |view| {
                    semantics::load(view, id, now)
                })
                .await
            }
        }
    }

    pub(crate) fn check_reads(&self, operation: Operation) -> Result<()> {
        let health = self.engine.health();
        health
            .check_reads()
            .map_err(|failure| failure.error(operation))
    }
}

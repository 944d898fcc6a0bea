//! The store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use cloakroom_core::semantics;
use cloakroom_core::store::{
    Create, CreateOutcome, Delete, DeleteOutcome, LoadOutcome, Page, Renew, RenewOutcome, Revoke,
    Revoked, ScanPage, TokenSetPage, TouchOutcome, Update, UpdateOutcome, validate_create,
    validate_renew,
};
use cloakroom_core::{
    Error, ErrorKind, Generation, Operation, PlacementKey, Result, SessionId, SessionStore,
    Subject, Timestamp,
};

use crate::config::SledStoreBuilder;
use crate::core::{Core, Waits};
use crate::layout::value::MAX_RECORD;
use crate::sweep::{Sweeper, Sweeps};
use crate::{open, scan};

/// The embedded durable session store.
///
/// Clones are handles to the same store. When the last is dropped, everything is put on disk and the
/// store's threads stop, which blocks for that long; [`close`](SledStore::close) does the same and
/// tells whether it worked. What the store promises and what it costs is told at the
/// [crate root](crate).
///
/// ```
/// use cloakroom_core::Sessions;
/// use cloakroom_sled::SledStore;
///
/// # let path = std::env::temp_dir().join(format!("cloakroom-doc-store-{}", std::process::id()));
/// let sessions = Sessions::<()>::builder(SledStore::open(&path)?).build()?;
/// # drop(sessions);
/// # std::fs::remove_dir_all(&path).unwrap();
/// # Ok::<_, cloakroom_core::Error>(())
/// ```
#[derive(Clone)]
pub struct SledStore {
    // Dropped in this order: the sweeper uses the core.
    sweeper: Option<Arc<Sweeper>>,
    core: Arc<Core>,
}

impl SledStore {
    /// Opens the store in this directory with the default settings, and makes it where there is
    /// nothing yet.
    ///
    /// # Errors
    ///
    /// As [`SledStoreBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder(path).open()
    }

    /// Opens a store with other settings.
    pub fn builder(path: impl AsRef<Path>) -> SledStoreBuilder {
        SledStoreBuilder::new(path.as_ref())
    }

    /// Gives the store in this directory up: it is moved aside, to the name that is returned, and the
    /// next [`open`](SledStore::open) makes an empty one. **Everybody is signed out.** Nothing is
    /// deleted.
    ///
    /// This is for a store that does not open because its files are damaged or have gone back in
    /// time. It works on an intact one as well.
    ///
    /// ```
    /// use cloakroom_core::ErrorKind;
    /// use cloakroom_sled::SledStore;
    ///
    /// # let path = std::env::temp_dir().join(format!("cloakroom-doc-over-{}", std::process::id()));
    /// let store = match SledStore::open(&path) {
    ///     Err(error) if error.kind() == ErrorKind::Corrupt => {
    ///         let aside = SledStore::start_over(&path)?;
    ///         eprintln!("{error}; kept in {}, everybody has to sign in again", aside.display());
    ///         SledStore::open(&path)?
    ///     }
    ///     other => other?,
    /// };
    /// # store.close()?;
    /// # let aside = SledStore::start_over(&path)?;
    /// # assert!(!path.exists());
    /// # std::fs::remove_dir_all(&aside).unwrap();
    /// # Ok::<_, cloakroom_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store is open, the directory is not a store, or it cannot be renamed.
    pub fn start_over(path: impl AsRef<Path>) -> Result<PathBuf> {
        open::start_over(path.as_ref())
    }

    /// Puts everything on disk and stops the store's threads, where this is the last handle.
    ///
    /// Says whether it was: `false` where there are other handles, which go on; or where the sweeper
    /// hangs in the disk, and closes the store when it comes out of it.
    ///
    /// # Errors
    ///
    /// Where the store has failed, now or before. What was told to be on disk is there all the same.
    pub fn close(self) -> Result<bool> {
        let Self { sweeper, core } = self;
        drop(sweeper);
        // Of several that are closed at the same time, one is the last.
        match Arc::into_inner(core) {
            None => Ok(false),
            Some(mut core) => {
                let closed = core.journal.close();
                closed.map_err(|failure| failure.error(Operation::Open))?;
                Ok(true)
            }
        }
    }

    pub(crate) fn start(core: Core, sweeper: Option<Sweeps>) -> std::io::Result<Self> {
        let core = Arc::new(core);
        let sweeper = match sweeper {
            None => None,
            Some(sweeps) => Some(Arc::new(Sweeper::start(Arc::clone(&core), sweeps)?)),
        };
        Ok(Self { sweeper, core })
    }

    #[cfg(feature = "testing")]
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

/// Nothing of what is stored.
impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore")
            .field("durability", &self.core.durability)
            .field("sweeps", &self.sweeper.is_some())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for SledStore {
    fn placement_key(&self) -> &PlacementKey {
        &self.core.placement_key
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        let placement = self.placement_key().place(subject);
        let begin = self
            .core
            .write(placement, Operation::Begin, Waits::Ending, |view| {
                semantics::begin(view, subject, until, now)
            });
        begin.await
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        validate_create(self.placement_key(), request)?;
        check_size(request.record.payload().bytes.len(), Operation::Create)?;
        let placement = request.record.id().placement();
        // It may end the sessions that it replaces or evicts.
        let waits = Waits::Ending;
        let create = self
            .core
            .write(placement, Operation::Create, waits, |view| {
                semantics::create(view, request, now)
            });
        create.await
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        self.core.load(id, now).await
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        check_size(request.payload.bytes.len(), Operation::Update)?;
        let placement = request.id.placement();
        let waits = Waits::AsChosen;
        let update = self
            .core
            .write(placement, Operation::Update, waits, |view| {
                semantics::update(view, request, now)
            });
        update.await
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        let waits = Waits::Lazy;
        let touch = self
            .core
            .write(id.placement(), Operation::Touch, waits, |view| {
                semantics::touch(view, id, subject, now)
            });
        touch.await
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        validate_renew(request)?;
        let placement = request.old.placement();
        let renew = self
            .core
            .write(placement, Operation::Renew, Waits::Ending, |view| {
                semantics::renew(view, request, now)
            });
        renew.await
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        let placement = request.id.placement();
        let delete = self
            .core
            .write(placement, Operation::Delete, Waits::Ending, |view| {
                semantics::delete(view, request, now)
            });
        delete.await
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        let placement = self.placement_key().place(subject);
        let listing = self.core.read(placement, Operation::TokenSet, |view| {
            semantics::token_set(view, subject, page, now)
        });
        listing.await
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        let placement = self.placement_key().place(&request.subject);
        let revoke = self
            .core
            .write(placement, Operation::Revoke, Waits::Ending, |view| {
                semantics::revoke(view, request, now)
            });
        revoke.await
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        self.core.purge(limit, now).await
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        scan::page(&self.core, page, now).await
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        scan::count(&self.core, now).await
    }
}

/// Refuses data that the format cannot hold: above 255 MiB. The handle's own limit is far below.
fn check_size(len: usize, operation: Operation) -> Result<()> {
    // What is in a record beside its data is far below one part.
    if len <= MAX_RECORD - crate::layout::value::PART {
        return Ok(());
    }
    let why = format!("a session of {len} bytes is more than this store can hold, {MAX_RECORD}");
    Err(Error::with_source(ErrorKind::TooLarge, operation, why))
}

#[cfg(test)]
mod tests;

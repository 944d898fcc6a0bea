//! Building a store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Clock, PlacementKey, Result, SystemClock};

use crate::open;
use crate::store::SledStore;
use crate::sweep::Report;

/// When writes that end nothing are on disk.
///
/// What ends a session is on disk when the operation returns, under either choice: a deletion, a
/// revocation, the old token of a sign-in or of a renewal, an eviction by a cap, a new generation. So
/// a crash, or a power failure, never brings a session back whose end was acknowledged.
///
/// Touches are lazy under either choice: a crash may take back up to a second of them, or the interval
/// where that was chosen. A session then ends by its idle timeout a little earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// New sessions and changed data are on disk when the operation returns. Those who write at the
    /// same time share the wait for the disk.
    #[default]
    Immediate,
    /// New sessions and changed data are on disk within this time: a crash may lose what was written
    /// last. Somebody may have to sign in again, or finds an earlier state of the session's data.
    Interval(Duration),
}

impl Durability {
    pub(crate) fn lazy_within(self) -> Duration {
        match self {
            Self::Immediate => Duration::from_secs(1),
            // Beyond that, clocks could not count.
            Self::Interval(interval) => interval.min(Duration::from_secs(365 * 86_400)),
        }
    }
}

/// Builds a [`SledStore`].
///
/// ```
/// use std::time::Duration;
/// use cloakroom_sled::{Durability, SledStore};
///
/// # let path = std::env::temp_dir().join(format!("cloakroom-doc-builder-{}", std::process::id()));
/// let store = SledStore::builder(&path)
///     .durability(Durability::Interval(Duration::from_millis(500)))
///     .sweep_every(Duration::from_secs(300))
///     .open()?;
/// # drop(store);
/// # std::fs::remove_dir_all(&path).unwrap();
/// # Ok::<_, cloakroom_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `open` is called"]
pub struct SledStoreBuilder {
    pub(crate) path: PathBuf,
    pub(crate) durability: Durability,
    pub(crate) placement_key: PlacementKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sweep_every: Option<Duration>,
    pub(crate) report: Report,
    pub(crate) stalls_after: Duration,
    pub(crate) cache: u64,
    pub(crate) session_cache: u64,
}

impl SledStoreBuilder {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            durability: Durability::default(),
            placement_key: PlacementKey::default(),
            clock: Arc::new(SystemClock),
            sweep_every: Some(Duration::from_secs(60)),
            report: Report::default(),
            stalls_after: Duration::from_secs(30),
            cache: 256 << 20,
            session_cache: 128 << 20,
        }
    }

    /// When writes that end nothing are on disk. [`Durability::Immediate`] by default.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The key by which subjects are placed. By default a documented constant: see [`PlacementKey`].
    /// A store remembers its key, and does not open with another.
    pub fn placement_key(mut self, key: PlacementKey) -> Self {
        self.placement_key = key;
        self
    }

    /// The clock of the sweeper. By default that of the host. What is over is dead by the `now` of
    /// each operation in any case.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How often what is over is removed. Every minute by default; not zero.
    pub fn sweep_every(mut self, interval: Duration) -> Self {
        self.sweep_every = Some(interval);
        self
    }

    /// Starts no sweeper: the application calls
    /// [`purge_expired`](cloakroom_core::SessionStore::purge_expired), or the disk fills up.
    pub fn without_sweeper(mut self) -> Self {
        self.sweep_every = None;
        self
    }

    /// Is told the result of every sweep: how many things went, or why it failed. Nobody by default.
    pub fn on_sweep(mut self, report: impl Fn(Result<usize>) + Send + Sync + 'static) -> Self {
        self.report = Report::new(report);
        self
    }

    /// How long the disk may take over a single write, flush or sync. 30 seconds by default; not zero. Where it
    /// takes longer, those who wait are told that the outcome is unknown, and the store takes no more
    /// writes until it is opened again.
    pub fn stalls_after(mut self, patience: Duration) -> Self {
        self.stalls_after = patience;
        self
    }

    /// How many bytes of pages sled keeps in memory, about. 256 MiB by default.
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache = bytes;
        self
    }

    /// How many bytes of sessions that were read or written lately the store keeps in memory, about, so that they
    /// are not read from sled's pages again. 128 MiB by default, which is some 120,000 sessions with 500
    /// bytes of data; none with 0.
    ///
    /// What was ended leaves this memory at once; what is over by time when it is loaded or swept. The memory is
    /// divided into some four to eight parts for each processor, and a session that is larger than a part
    /// is not kept. What a handle keeps decoded beside them is counted by
    /// [`max_decoded`](cloakroom_core::SessionsBuilder::max_decoded).
    pub fn session_cache_bytes(mut self, bytes: u64) -> Self {
        self.session_cache = bytes;
        self
    }

    /// Opens the store, and makes it where there is nothing yet.
    ///
    /// This reads everything that is stored, to see that nothing of it was lost: half a second for
    /// 20,000 sessions, on a busy machine. It blocks; call it before serving, or on a thread for such
    /// work.
    ///
    /// # Errors
    ///
    /// Nothing is removed or overwritten where opening fails, save that sled itself cuts off what it
    /// cannot read at the end of its log. Each error's source says what to do.
    ///
    /// | kind | why |
    /// | --- | --- |
    /// | [`Unavailable`](cloakroom_core::ErrorKind::Unavailable) | the store is open already, here or in another process, or the disk fails |
    /// | [`InvalidConfiguration`](cloakroom_core::ErrorKind::InvalidConfiguration) | the directory holds something else, or the placement key is not the store's, or an interval is zero |
    /// | [`Denied`](cloakroom_core::ErrorKind::Denied) | the directory may not be written to |
    /// | [`Full`](cloakroom_core::ErrorKind::Full) | the disk is full |
    /// | [`Corrupt`](cloakroom_core::ErrorKind::Corrupt) | the files are damaged, or have gone back in time: see [`start_over`](SledStore::start_over) |
    /// | [`NewerVersion`](cloakroom_core::ErrorKind::NewerVersion) | a newer version wrote it |
    pub fn open(self) -> Result<SledStore> {
        open::open(self)
    }
}

//! A way around the store, to its data: for tests.

use bytes::Bytes;
use cloakroom_core::semantics::Shelf as _;
use cloakroom_core::{Operation, Placement, Result, SessionId, Subject};

use crate::core::Waits;
use crate::fault::Fault;
use crate::layout::keys;
use crate::layout::value::Value;
use crate::read;
use crate::shelf::PlacementView;
use crate::store::SledStore;

const OPERATION: Operation = Operation::Update;

/// A way around the store, to its data: what the conformance suite needs to damage and to lose
/// things. Not for applications.
///
/// What is written this way is written like everything else, so that the store still opens: sled's
/// own files are not touched.
///
/// ```
/// use cloakroom_core::Subject;
/// use cloakroom_sled::{SledStore, Tampering};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> cloakroom_core::Result<()> {
/// # let path = std::env::temp_dir().join(format!("cloakroom-doc-tamper-{}", std::process::id()));
/// let store = SledStore::open(&path)?;
/// let members = Tampering::of(&store).stored_members(&Subject::new("ada").unwrap()).await?;
/// assert_eq!(members, 0);
/// # drop(store);
/// # std::fs::remove_dir_all(&path).unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tampering<'a>(&'a SledStore);

impl<'a> Tampering<'a> {
    /// With this store.
    #[must_use]
    pub fn of(store: &'a SledStore) -> Self {
        Self(store)
    }

    /// The stored bytes of a record; none where none are stored.
    ///
    /// # Errors
    ///
    /// Where the engine fails.
    pub async fn read_record(&self, id: SessionId) -> Result<Option<Bytes>> {
        let engine = &self.0.core().engine;
        let told = |fault: Fault| fault.error(OPERATION);
        let read = |_: &PlacementView<'_>| {
            let Some(value) = engine.get(&keys::entry(id)).map_err(told)? else {
                return Ok(None);
            };
            match Value::read(id, &value) {
                Value::Record { chunks, part } => {
                    read::record(engine, id, chunks, part).map_err(told)
                }
                Value::Other(_) => Ok(None),
            }
        };
        self.0.core().read(id.placement(), OPERATION, read).await
    }

    /// Puts these bytes in place of a stored record.
    ///
    /// # Errors
    ///
    /// Where the engine fails.
    pub async fn write_record(&self, id: SessionId, bytes: Vec<u8>) -> Result<()> {
        self.write(id.placement(), |view| {
            view.put_bytes(id, bytes);
            Ok(())
        })
        .await
    }

    /// Loses what is stored under an id, and nothing else.
    ///
    /// # Errors
    ///
    /// Where the engine fails.
    pub async fn lose_record(&self, id: SessionId) -> Result<()> {
        self.write(id.placement(), |view| {
            view.remove_entry(id);
            Ok(())
        })
        .await
    }

    /// Loses a whole token set, generation included, and nothing else.
    ///
    /// # Errors
    ///
    /// Where the engine fails.
    pub async fn lose_token_set(&self, subject: &Subject) -> Result<()> {
        self.write(self.place(subject), |view| {
            for id in view.members(subject)? {
                view.remove_member(subject, id);
            }
            view.remove_head(subject);
            Ok(())
        })
        .await
    }

    /// How many members are stored in a token set, expired ones included.
    ///
    /// # Errors
    ///
    /// Where the engine fails.
    pub async fn stored_members(&self, subject: &Subject) -> Result<usize> {
        let count = |view: &PlacementView<'_>| view.member_count(subject);
        self.0
            .core()
            .read(self.place(subject), OPERATION, count)
            .await
    }

    fn place(&self, subject: &Subject) -> Placement {
        self.0.core().placement_key.place(subject)
    }

    async fn write(
        &self,
        placement: Placement,
        change: impl FnOnce(&mut PlacementView<'_>) -> Result<()>,
    ) -> Result<()> {
        let core = self.0.core();
        core.write(placement, OPERATION, Waits::Ending, change)
            .await
    }
}

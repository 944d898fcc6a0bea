//! Building a store.

use cloakroom_core::PlacementKey;

use crate::budget::Budget;
use crate::ledger::Budgets;
use crate::limits::{InvalidLimit, Limits, Scale, Whose};
use crate::store::MokaStore;

/// Anonymous sessions cost a visitor nothing, and so have limits unless they are taken away.
const ANONYMOUS: Limits = Limits {
    sessions: Some(100_000),
    bytes: Some(256 << 20),
};

/// What is remembered costs whoever makes it nothing either.
const MEMORIES: u64 = 1_000_000;

/// Worked out by the compiler, so that making a store with the defaults cannot fail.
const ANONYMOUS_SCALE: Option<Scale> = match ANONYMOUS.scale(Whose::Anonymous) {
    Ok(scale) => scale,
    Err(_) => panic!("the default limits make sense"),
};

/// Builds a [`MokaStore`] with other limits than the default ones.
///
/// Each limit is for one kind of session. Where a kind has a limit of sessions and one of bytes, each
/// session counts as its bytes, and at least as its share of them: with 1,000 sessions in 10 MB, a
/// session of 2 kB takes 10 kB of the room, and one of 30 kB takes 30. So the room can be full before
/// either limit is reached, when half of the one and half of the other is.
///
/// The bytes of a session are those of its data, its label and its subject, and 700 for what the store
/// keeps beside them, or 860 where it is signed in, rounded up to the next 64. It is an estimate, and near
/// what was measured with a million sessions.
///
/// ```
/// use cloakroom_moka::MokaStore;
///
/// let store = MokaStore::builder()
///     .max_anonymous(10_000)
///     .max_signed_in_bytes(512 << 20)
///     .build()?;
/// # Ok::<_, cloakroom_moka::InvalidLimit>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct MokaStoreBuilder {
    anonymous: Limits,
    signed_in: Limits,
    memories: u64,
    placement_key: PlacementKey,
}

impl MokaStoreBuilder {
    pub(crate) fn new() -> Self {
        Self {
            anonymous: ANONYMOUS,
            signed_in: Limits::NONE,
            memories: MEMORIES,
            placement_key: PlacementKey::default(),
        }
    }

    /// How many anonymous sessions there may be. 100,000 by default.
    pub fn max_anonymous(mut self, sessions: u64) -> Self {
        self.anonymous.sessions = Some(sessions);
        self
    }

    /// How many bytes the anonymous sessions may take. 256 MiB by default.
    pub fn max_anonymous_bytes(mut self, bytes: u64) -> Self {
        self.anonymous.bytes = Some(bytes);
        self
    }

    /// Takes both limits of anonymous sessions away. Then whoever sends requests fills the memory.
    pub fn unbounded_anonymous(mut self) -> Self {
        self.anonymous = Limits::NONE;
        self
    }

    /// How many signed-in sessions there may be. No limit by default: only users who authenticate
    /// have any, and each as many as the cap of the handle allows.
    ///
    /// A limit costs time: creating and ending a session that has one takes several times as long.
    pub fn max_signed_in(mut self, sessions: u64) -> Self {
        self.signed_in.sessions = Some(sessions);
        self
    }

    /// How many bytes the signed-in sessions may take. No limit by default; what it costs is told at
    /// [`max_signed_in`](MokaStoreBuilder::max_signed_in).
    pub fn max_signed_in_bytes(mut self, bytes: u64) -> Self {
        self.signed_in.bytes = Some(bytes);
        self
    }

    /// How much is remembered beside the sessions: so many ids that were renewed or have ended, and so
    /// many token sets without a session, most of them of sign-ins that have begun. 1,000,000 of each
    /// by default, 1,000 at least. An id takes some 275 bytes and a set some 220, as was measured with 500,000
    /// and a million of each kind, the user ids having 12 bytes: full, the two of them take up to 500 MB.
    ///
    /// Where there is more, the oldest is forgotten before its time, first in the part of the store
    /// that has the most: a sign-in that began is then superseded, the old token of a renewal stops
    /// working or is no longer told as reused, and an ended id as ended.
    pub fn max_memories(mut self, memories: u64) -> Self {
        self.memories = memories;
        self
    }

    /// The key by which subjects are placed. By default a documented constant: see [`PlacementKey`].
    pub fn placement_key(mut self, key: PlacementKey) -> Self {
        self.placement_key = key;
        self
    }

    /// An empty store.
    ///
    /// # Errors
    ///
    /// Where a limit would let nobody in, or is too high to be counted. The error names the values.
    pub fn build(self) -> Result<MokaStore, InvalidLimit> {
        if self.memories < InvalidLimit::FEWEST_MEMORIES {
            let found = self.memories;
            return Err(InvalidLimit::TooFewMemories { found });
        }
        let budgets = Budgets::new(
            self.anonymous.scale(Whose::Anonymous)?.map(Budget::new),
            self.signed_in.scale(Whose::SignedIn)?.map(Budget::new),
            self.memories,
        );
        Ok(MokaStore::with(self.placement_key, budgets))
    }
}

/// An empty store with the default limits.
pub(crate) fn default_store() -> MokaStore {
    let budgets = Budgets::new(ANONYMOUS_SCALE.map(Budget::new), None, MEMORIES);
    MokaStore::with(PlacementKey::default(), budgets)
}

#[cfg(test)]
mod tests {
    use cloakroom_core::SessionStore as _;

    use super::*;

    #[test]
    fn subjects_are_placed_by_the_key_that_was_given() {
        let own = PlacementKey::new(&[7; 32]);
        let store = MokaStoreBuilder::new().placement_key(own.clone()).build();
        assert_eq!(store.unwrap().placement_key(), &own);
        assert_eq!(default_store().placement_key(), &PlacementKey::default());
    }
}

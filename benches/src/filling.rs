//! What is filled with sessions to see what memory that takes.

use moka::policy::EvictionPolicy;
use rand::rngs::StdRng;
use tower_sessions_memory_store::MemoryStore as TheirMemoryStore;
use tower_sessions_moka_store::MokaStore as TheirMokaStore;

use crate::contestants::sharded_map::{self, Shards};
use crate::contestants::{Cloakroom, Failure, Kind};
use crate::versus::{async_session, pavex, tower_sessions};

/// What is filled with sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    /// `MokaStore`, in one of its kinds.
    Ours(Kind),
    /// The limit: the records alone, in a hash map in shards.
    Map,
    /// What moka takes for an entry: a cache of numbers without a value, set up as ours is.
    MokaAlone,
    AsyncSession,
    TowerSessionsMoka,
    TowerSessionsMemory,
    Pavex,
}

/// Something that is full, and is kept until its memory has been looked at.
pub(crate) type Full = Box<dyn std::any::Any>;

impl Filling {
    pub(crate) const ALL: [Self; 12] = [
        Self::Ours(Kind::SignedIn),
        Self::Ours(Kind::SignedInUsed),
        Self::Ours(Kind::SignedInOnce),
        Self::Ours(Kind::SignedInLimited),
        Self::Ours(Kind::Anonymous),
        Self::Ours(Kind::AnonymousUnlimited),
        Self::Map,
        Self::MokaAlone,
        Self::AsyncSession,
        Self::TowerSessionsMoka,
        Self::TowerSessionsMemory,
        Self::Pavex,
    ];

    /// In a table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ours(kind) => kind.title(),
            Self::Map => "the records alone in `sharded-map`, anonymous",
            Self::MokaAlone => "a moka cache of numbers, without a value",
            Self::AsyncSession => "async-session, `MemoryStore`",
            Self::TowerSessionsMoka => "tower-sessions, `MokaStore`",
            Self::TowerSessionsMemory => "tower-sessions, `MemoryStore`",
            Self::Pavex => "pavex, `SessionMemoryStore`",
        }
    }

    /// As an argument.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours(kind) => kind.name(),
            Self::Map => "map",
            Self::MokaAlone => "moka-alone",
            Self::AsyncSession => "async-session",
            Self::TowerSessionsMoka => "tower-sessions-moka",
            Self::TowerSessionsMemory => "tower-sessions-memory",
            Self::Pavex => "pavex-memory",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Fills it. Nobody keeps the tokens.
    pub(crate) fn fill(self, size: usize, mut random: StdRng) -> Result<Full, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        match self {
            Self::Ours(kind) => {
                let mut store = Cloakroom::empty(kind, size, random)?;
                for at in 0..size {
                    store.add(kind, at)?;
                }
                let found = store.count()?;
                if found != size as u64 {
                    return Err(format!("{found} sessions live where {size} should").into());
                }
                Ok(Box::new(store))
            }
            Self::Map => {
                let shards = Shards::empty();
                for _ in 0..size {
                    shards.insert(sharded_map::record(&mut random)?);
                }
                Ok(Box::new(shards))
            }
            Self::MokaAlone => {
                let numbers = moka::sync::Cache::builder()
                    .max_capacity(2 * size as u64)
                    .weigher(|_, ()| 1)
                    .eviction_policy(EvictionPolicy::lru())
                    .eviction_listener(|_, (), _| {})
                    .build();
                for number in 0..size {
                    numbers.insert(number, ());
                }
                numbers.run_pending_tasks();
                Ok(Box::new(numbers))
            }
            Self::AsyncSession => {
                let store = async_session::fill(size, &mut random);
                Ok(Box::new(runtime.block_on(store)?))
            }
            Self::TowerSessionsMoka => {
                let store = std::sync::Arc::new(TheirMokaStore::new(None));
                let fill = tower_sessions::fill(&store, size, &mut random);
                runtime.block_on(fill)?;
                Ok(Box::new(store))
            }
            Self::TowerSessionsMemory => {
                let store = std::sync::Arc::new(TheirMemoryStore::default());
                let fill = tower_sessions::fill(&store, size, &mut random);
                runtime.block_on(fill)?;
                Ok(Box::new(store))
            }
            Self::Pavex => {
                let store = pavex::fill(size, &mut random);
                Ok(Box::new(runtime.block_on(store)?))
            }
        }
    }
}

//! What is filled with sessions to see what memory that takes.

use rand::rngs::StdRng;
use tower_sessions_moka_store::MokaStore as TheirMokaStore;

use crate::contestants::{Cloakroom, Failure, Kind};
use crate::versus::{async_session, tower_sessions};

/// What is filled with sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    /// `MokaStore`, in one of its kinds.
    Ours(Kind),
    AsyncSession,
    TowerSessionsMoka,
}

/// Something that is full, and is kept until its memory has been looked at.
pub(crate) type Full = Box<dyn std::any::Any>;

impl Filling {
    pub(crate) const ALL: [Self; 5] = [
        Self::Ours(Kind::SignedIn),
        Self::Ours(Kind::SignedInLimited),
        Self::Ours(Kind::Anonymous),
        Self::AsyncSession,
        Self::TowerSessionsMoka,
    ];

    /// In a table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ours(kind) => kind.title(),
            Self::AsyncSession => "async-session, `MemoryStore`",
            Self::TowerSessionsMoka => "tower-sessions, `MokaStore`",
        }
    }

    /// As an argument.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours(kind) => kind.name(),
            Self::AsyncSession => "async-session",
            Self::TowerSessionsMoka => "tower-sessions-moka",
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
        }
    }
}

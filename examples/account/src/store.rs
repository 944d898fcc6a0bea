//! Where sessions are kept, and for how long.

use std::path::Path;
use std::time::Duration;

use cloakroom::{
    MokaStore, OnCap, RedisStore, Result, SessionStore, Sessions, SessionsBuilder, SledStore,
    Timeouts,
};

use crate::arguments::StoreKind;
use crate::visit::Visit;

/// A session ends an hour after its last use, and half a day after the password was typed.
const TIMEOUTS: (Duration, Duration) = (Duration::from_hours(1), Duration::from_hours(12));

/// With "remember me": 30 days after the password was typed, used or not.
pub(crate) const REMEMBERED: Timeouts = Timeouts::AAL1;

/// An open store. Close it when nothing serves any more.
#[derive(Debug)]
pub(crate) enum OpenStore {
    Sled(SledStore),
    Moka(MokaStore),
    Redis(RedisStore),
}

impl OpenStore {
    pub(crate) async fn open(kind: &StoreKind, data: &Path) -> Result<Self> {
        Ok(match kind {
            // This blocks, but nobody is served yet.
            StoreKind::Sled => Self::Sled(SledStore::open(data.join("sessions"))?),
            StoreKind::Moka => Self::Moka(MokaStore::new()),
            StoreKind::Redis { url } => Self::Redis(RedisStore::connect(url).await?),
        })
    }

    /// The handle of the application. From here on nobody knows which store it is.
    pub(crate) fn sessions(&self) -> Result<Sessions<Visit>> {
        match self {
            Self::Sled(store) => sessions(store.clone()).build(),
            Self::Moka(store) => sessions(store.clone()).build(),
            Self::Redis(store) => sessions(store.clone()).build(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sled(_) => "sled",
            Self::Moka(_) => "moka",
            Self::Redis(_) => "redis",
        }
    }

    /// Puts on disk what is not there yet. Blocks.
    pub(crate) fn close(self) -> Result<()> {
        match self {
            Self::Sled(store) => store.close().map(drop),
            Self::Moka(_) | Self::Redis(_) => Ok(()),
        }
    }
}

/// The settings of the handle, whatever the store.
pub(crate) fn sessions(store: impl SessionStore) -> SessionsBuilder<Visit> {
    let (idle, overall) = TIMEOUTS;
    Sessions::builder(store)
        .idle_timeout(idle)
        .overall_timeout(overall)
        .cap(20, OnCap::EvictLeastRecentlySeen)
        .max_data(4096)
        // "Last seen" is as exact as touches are frequent: here 4 seconds, and 43 minutes for a
        // session that is remembered.
        .touch_fraction(1000)
}

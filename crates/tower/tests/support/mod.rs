//! A server on a free port of loopback, and a browser that talks to it.
#![allow(dead_code, reason = "no test needs all of it")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

pub(crate) mod browser;
pub(crate) mod stage;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use cloakroom_core::fault::{FaultStore, Faults};
use cloakroom_core::{Clock as _, ManualClock, Sessions, SessionsBuilder, Subject};
use cloakroom_moka::MokaStore;
use cloakroom_tower::SessionData;
use tokio::net::TcpListener;

/// Longer than anything here may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Sessions in memory, a clock that is moved by hand, and the faults of the store.
pub(crate) struct World<T> {
    pub(crate) sessions: Sessions<T>,
    pub(crate) clock: ManualClock,
    pub(crate) faults: Faults,
}

impl<T: SessionData> World<T> {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(settings: impl FnOnce(SessionsBuilder<T>) -> SessionsBuilder<T>) -> Self {
        let clock = ManualClock::new();
        let store = FaultStore::new(MokaStore::new());
        let faults = store.faults();
        let builder = Sessions::builder(store).clock(clock.clone()).retries(0);
        let sessions = settings(builder).build().unwrap();
        Self {
            sessions,
            clock,
            faults,
        }
    }

    /// How many sessions live, whoever's.
    pub(crate) async fn count(&self) -> u64 {
        let now = self.clock.now();
        self.sessions.store().count(now).await.unwrap()
    }

    pub(crate) async fn count_of(&self, subject: &str) -> usize {
        let subject = Subject::new(subject).unwrap();
        self.sessions.tokens(&subject).count().await.unwrap()
    }
}

/// Serves until the test is over.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Fails instead of hanging.
pub(crate) async fn soon<O>(work: impl Future<Output = O>) -> O {
    match tokio::time::timeout(SOON, work).await {
        Ok(done) => done,
        Err(_) => panic!("this should not take so long"),
    }
}

/// Small numbers that look random, the same for one seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// The store of a test, by name.
pub(crate) type Shared<T> = Arc<World<T>>;

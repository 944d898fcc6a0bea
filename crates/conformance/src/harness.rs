//! What a backend gives the suite.

use std::future::Future;

use cloakroom_core::{SessionId, SessionStore, Subject, Timestamp};

/// What a backend gives the suite: stores over data that each case starts empty.
///
/// A harness is also the guard of what it started: dropping it stops servers and removes files.
pub trait Harness: Sized + Send + Sync + 'static {
    /// The store under test.
    type Store: SessionStore;

    /// Starts with no data at all. Every case has a harness of its own.
    fn start() -> impl Future<Output = Self> + Send;

    /// A client of the data. Each call gives another client of the same data: a second host, as far
    /// as the engine allows one.
    fn store(&self) -> impl Future<Output = Self::Store> + Send;

    /// Closes every client and opens the data again, as after a restart. `None` says that the store
    /// forgets by design.
    fn reopen(self) -> impl Future<Output = Option<Self>> + Send;

    /// A way around the store, to its data. `None` says that the store keeps no bytes that could be
    /// damaged, and no set that could be lost alone.
    ///
    /// A store that can be reopened keeps bytes: the suite does not let it off. Whether one that
    /// cannot be reopened keeps bytes all the same, as behind a server that the harness does not restart,
    /// it cannot tell: there `None` would pass the cases that damage something, and show nothing.
    fn tamper(&self) -> Option<&dyn Tamper>;
}

/// A way around a store, to its data: damage, eviction and expiry by the engine.
///
/// Bytes are those of [`Record::encode`](cloakroom_core::Record::encode), however the engine keeps
/// them.
#[async_trait::async_trait]
pub trait Tamper: Send + Sync {
    /// The stored bytes of a record; none where none are stored.
    async fn read_record(&self, id: SessionId) -> Option<Vec<u8>>;

    /// Puts these bytes in place of a stored record.
    async fn write_record(&self, id: SessionId, bytes: Vec<u8>);

    /// Loses what is stored under an id, and nothing else.
    async fn lose_record(&self, id: SessionId);

    /// Loses a whole token set, generation included, and nothing else.
    async fn lose_token_set(&self, subject: &Subject);

    /// How many members are stored in a token set, expired ones included.
    async fn stored_members(&self, subject: &Subject) -> usize;

    /// Takes away at once what the engine itself will have taken away by `now`, because the store
    /// has told it when: keys whose time to live is up. Nothing, for an engine that expires nothing.
    ///
    /// So the suite sees an engine's expiry without waiting for it.
    async fn expire(&self, now: Timestamp);
}

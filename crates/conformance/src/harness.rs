//! What a backend gives the suite.

use std::future::Future;

use cloakroom_core::{SessionId, SessionStore, Subject};

/// What a backend gives the suite: stores over data that each test starts empty.
///
/// A harness is also the guard of what it started: dropping it stops servers and removes files.
pub trait Harness: Sized + Send + Sync + 'static {
    /// The store under test.
    type Store: SessionStore;

    /// Starts with no data at all. Every test has a harness of its own.
    fn start() -> impl Future<Output = Self> + Send;

    /// A client of the data. Each call gives another client of the same data: a second host, as far
    /// as the engine allows one.
    fn store(&self) -> impl Future<Output = Self::Store> + Send;

    /// Closes every client and opens the data again, as after a restart. `None` says that the store
    /// forgets by design, which the suite asserts as such.
    fn reopen(self) -> impl Future<Output = Option<Self>> + Send;

    /// A way around the store, to its data. `None` says that the store keeps no bytes that could be
    /// damaged.
    fn tamper(&self) -> Option<&dyn Tamper> {
        None
    }
}

/// A way around a store, to its data, as damage and eviction by the engine take it.
#[async_trait::async_trait]
pub trait Tamper: Send + Sync {
    /// The stored bytes of a record; none where there are none.
    async fn read_record(&self, id: SessionId) -> Option<Vec<u8>>;

    /// Puts these bytes in place of a stored record.
    async fn write_record(&self, id: SessionId, bytes: Vec<u8>);

    /// Loses a whole token set, generation included, and nothing else.
    async fn lose_token_set(&self, subject: &Subject);
}

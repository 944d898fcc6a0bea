//! A store that fails on demand, to test what an application does then.
//!
//! Put it around any store, and keep its [`Faults`]: they say which calls fail before they reach the
//! store within, which after they took effect, and which wait until the test lets them go on.
//!
//! ```
//! # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/mod.rs")); }
//! # use support::MapStore;
//! use cloakroom_core::fault::{Calls, FaultStore};
//! use cloakroom_core::{Clock, ErrorKind, ManualClock, Operation, SessionStore};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = FaultStore::new(MapStore::default());
//! let faults = store.faults();
//! let now = ManualClock::new().now();
//!
//! faults.fail_before(Operation::Count, ErrorKind::Unavailable);
//! let error = store.count(now).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::Unavailable);
//! assert_eq!(store.count(now).await.unwrap(), 0);
//! assert_eq!(faults.calls(Operation::Count), 2);
//!
//! // Down until further notice.
//! faults.fail_before(Calls::any().always(), ErrorKind::Unavailable);
//! assert!(store.count(now).await.is_err());
//! assert!(store.purge_expired(100, now).await.is_err());
//! faults.clear();
//! assert!(store.count(now).await.is_ok());
//! # }
//! ```
//!
//! What a slow store does is tested without waiting:
//!
//! ```
//! # mod support { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/mod.rs")); }
//! # use std::sync::Arc;
//! # use support::MapStore;
//! # use cloakroom_core::fault::FaultStore;
//! # use cloakroom_core::{Clock, ManualClock, Operation, SessionStore};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let store = Arc::new(FaultStore::new(MapStore::default()));
//! # let faults = store.faults();
//! # let now = ManualClock::new().now();
//! let hold = faults.hold_before(Operation::Count);
//! let call = tokio::spawn({
//!     let store = Arc::clone(&store);
//!     async move { store.count(now).await }
//! });
//! hold.arrived().await;
//! // Whatever is to happen while the call is under way happens here.
//! hold.release();
//! assert_eq!(call.await.unwrap().unwrap(), 0);
//! # }
//! ```

mod calls;
mod faults;
mod forward;
mod gate;
mod hold;
mod script;

use std::future::Future;

use crate::error::{Operation, Result};
use crate::fault::script::At;
use crate::store::SessionStore;

pub use calls::Calls;
pub use faults::Faults;
pub use hold::Hold;

/// A store around another that fails on demand. Without faults it is the store within.
#[derive(Debug, Clone)]
pub struct FaultStore<S> {
    within: S,
    faults: Faults,
}

impl<S: SessionStore> FaultStore<S> {
    /// The same store, with no faults yet.
    #[must_use]
    pub fn new(within: S) -> Self {
        Self {
            within,
            faults: Faults::default(),
        }
    }

    /// Says which calls fail. It goes on working when the store has been given away.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// The store within: its calls meet no fault, and are not counted.
    #[must_use]
    pub fn within(&self) -> &S {
        &self.within
    }

    /// The call is made only where nothing fails before it.
    async fn run<T, F>(&self, operation: Operation, call: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let Some(fault) = self.faults.meet(operation) else {
            return call().await;
        };
        fault.happen(At::BeforeEffect, operation).await?;
        let outcome = call().await;
        fault.happen(At::AfterEffect, operation).await?;
        outcome
    }
}

/// The [source](std::error::Error::source) of every error that a [`FaultStore`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a test asked for this fault")]
pub struct InjectedFault;

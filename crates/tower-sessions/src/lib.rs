//! The stores of Cloakroom for applications that use `tower-sessions`, so that they can move the
//! sessions first and the handlers later.
//!
//! ```
//! use cloakroom_moka::MokaStore;
//! use cloakroom_tower_sessions::Bridge;
//! use tower_sessions_core::SessionStore as _;
//! use tower_sessions_core::session::Record;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Give it to tower-sessions: `SessionManagerLayer::new(store)`.
//! let store = Bridge::new(MokaStore::new());
//!
//! let mut record = Record {
//!     id: Default::default(),
//!     data: Default::default(),
//!     expiry_date: time::OffsetDateTime::now_utc() + time::Duration::hours(1),
//! };
//! store.create(&mut record).await?;
//! store.delete(&record.id).await?;
//! // What has ended is not brought back.
//! assert!(store.save(&record).await.is_err());
//! assert!(store.load(&record.id).await?.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # What it keeps
//!
//! - Ids are stored as digests: whoever reads the store can open no session.
//! - [`save`](tower_sessions_core::SessionStore::save) of a session that has been deleted or has
//!   expired is an error, and never brings it back. The stores that come with `tower-sessions`
//!   write it again, so that a request which is late for the sign-out undoes it.
//! - `create` never overwrites another session.
//! - Down, damaged and absent are different answers.
//! - A session is over at its expiry, to the millisecond.
//!
//! # What that interface cannot keep
//!
//! Use the layer of `cloakroom-tower` for these.
//!
//! - **The last writer wins, with the whole record.** `save` is given all data and no revision, so
//!   that of two requests at once one loses its changes.
//! - **No subjects**: no list of a user's sessions, no ending the others, no cap.
//! - **No protected sign-in.** `cycle_id` is a `delete`, and a `create` at the end of the request: a crash between
//!   the two loses the session, and a request with the old id that is under way gets an error.
//! - **One timeout.** There is an expiry, and no idle timeout beside an overall one; reading moves
//!   nothing unless the session layer saves on every request.
//! - An id has 128 bits, as `tower-sessions` draws it, and is printed by its `Debug` and `Display`.
//! - A write whose answer was lost is an error like another.
//! - Not as the cache of its `CachingSessionStore`, which fills a cache with `save`.
//!
//! Sessions of `tower-sessions` and those of `Sessions<T>` may share a store. Neither can open the
//! other's.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
mod error;
mod stored;

pub use bridge::Bridge;

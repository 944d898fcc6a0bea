//! The in-memory session store of Cloakroom: for unit tests, and for services of one process that
//! may forget their sessions when they stop.
//!
//! ```
//! use cloakroom_core::{Lookup, ManualClock, Sessions, Timeouts};
//! use cloakroom_moka::MokaStore;
//!
//! #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
//! struct Cart {
//!     items: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> cloakroom_core::Result<()> {
//! let clock = ManualClock::new();
//! let sessions = Sessions::<Cart>::builder(MokaStore::new())
//!     .clock(clock.clone())
//!     .build()?;
//!
//! let visit = sessions.create(Cart { items: 3 }).await?;
//! assert!(matches!(sessions.load(&visit.token).await?, Lookup::Found(session) if session.data().items == 3));
//!
//! clock.advance(Timeouts::default().idle());
//! assert!(matches!(sessions.load(&visit.token).await?, Lookup::Absent));
//! # Ok(())
//! # }
//! ```
//!
//! # What it keeps
//!
//! - **Everything in this process.** Clones of a [`MokaStore`] share their data. Nothing is written
//!   anywhere, and nothing outlives the last clone.
//! - **All rules of the store trait.** The sessions and token sets of one placement stand behind one of
//!   256 locks, so that every operation is one step. Readers never block one another. The operations
//!   themselves are those of [`cloakroom_core::semantics`].
//! - **Time is the caller's.** A session is over when the operation's own `now` says so. The clock
//!   of the host decides nothing.
//!
//! # Who leaves
//!
//! Anonymous sessions and signed-in ones have a room each, so that a flood of visitors signs nobody
//! out: visitors make way for visitors. By default there is room for 100,000 anonymous sessions in 256
//! MiB, and no limit for signed-in ones, whose number the handle's cap bounds for each user.
//! [`MokaStoreBuilder`] changes that.
//!
//! Nobody leaves while there is room; a session takes its place until the call that ends it returns.
//! Where there is none, a newcomer is let in, and the session that was used the longest ago goes, as
//! far as touches and updates tell: its record and its membership together, as if it had never been
//! there. What is over makes way first. An eviction leaves no memory of its end. When a call returns, no more is stored than there is room
//! for, except what calls that are still at work have stored: at most one session, or the growth of
//! one, for each. A session that could not fit even alone is refused with
//! [`ErrorKind::TooLarge`](cloakroom_core::ErrorKind::TooLarge). [`MokaStore::evicted`] counts those
//! that had to go.
//!
//! What is remembered beside the sessions has a limit too: five minutes for the end of a session, up to
//! a day for an id that was renewed, until its end for an open sign-in attempt, and 1,000,000 ids and as
//! many token sets at most. Where there is more, the oldest is forgotten early:
//! [`max_memories`](MokaStoreBuilder::max_memories) tells what that means.
//!
//! # When space comes back
//!
//! The store starts no thread. Each write takes up to two things away that were over a minute ago, from
//! the part of the store that it has locked anyway, and so a store in use holds little more than what
//! lives. One that goes quiet, after a busy day, keeps what is over until it is used again, or swept:
//! see [`Sessions::sweeper`](cloakroom_core::Sessions::sweeper). Its memory shrinks with it.
//!
//! # What the suite does not show
//!
//! The conformance suite runs whole, but it finds nothing to damage here: records are not kept as bytes,
//! and nothing takes a set, or a record, away alone. So the cases that need that end early: all of rule
//! 12 (damaged records, and those of a newer version), and of rules 4, 5, 10 and 11, of `creating` and of
//! the handle those that damage a record, lose a set or a record, or look at what is stored. The cases of
//! `reopening` end at the restart, which this store does not survive. That the space of what is over comes
//! back, and that nothing is left of a set whose sessions have gone, is shown by tests of this crate, which
//! look inside.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod budget;
mod config;
mod due;
mod keyed;
mod ledger;
mod limits;
mod remembered;
mod scan;
mod sets;
mod settle;
mod shelf;
mod size;
mod slots;
mod store;
mod stripe;
mod sweep;
mod sync;
mod table;
#[cfg(test)]
mod tests;

pub use config::MokaStoreBuilder;
pub use limits::{InvalidLimit, Whose};
pub use store::MokaStore;

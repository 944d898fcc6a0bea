//! Deliberately broken stores: the suite, tested.
//!
//! A [`BrokenStore`] is a [`MemoryStore`](crate::reference::MemoryStore) with one [`Fault`]. Each
//! fault is one that a backend may really have, many of them seen in other session libraries, and
//! names the cases that catch it. The tests of this crate run every fault against every case: each is
//! caught by the cases that are named for it, each rule has a fault, and so has each case.
//!
//! A backend author can read here what each case is for; whoever adds a case adds a fault that only
//! this case catches.

mod caught;
mod create;
mod end;
mod evict;
mod fault;
mod harness;
mod listing;
mod load;
mod purge;
mod renew;
mod seen;
mod shelf;
mod store;
mod stored;
mod tamper;
mod update;

pub use caught::{CaughtBy, races};
pub use fault::Fault;
pub use harness::Verdict;
pub use store::BrokenStore;

//! The operations of a store, for engines that can hold a lock on one placement.
//!
//! A backend gives a [`Shelf`]: what one placement holds, as a few maps. The functions here do the
//! rest, so that every such backend decides alike. The backend holds its lock around the call, and
//! makes what was put and removed durable as one step.
//!
//! **Every function reads first and writes last**, once nothing can refuse any more. So a shelf may
//! gather the writes into a batch and need not read its own writes; and where a function returns an
//! error, nothing was written.
//!
//! | operation of the trait | here | the backend adds |
//! | --- | --- | --- |
//! | `begin`, `create`, `load`, `update`, `touch`, `renew`, `delete`, `revoke` | the function of the same name | the lock on the placement |
//! | `token_set` | [`token_set()`] | the lock |
//! | `purge_expired` | [`purge_entry`], [`purge_set`] | an index by deadline |
//! | `scan`, `count` | [`scan()`], [`listed`] | walking over the placements |

mod create;
mod end;
mod entry;
mod list;
mod load;
mod purge;
mod renew;
mod resolve;
mod shelf;
mod update;

pub use create::{begin, create};
pub use end::{delete, revoke};
pub use entry::{Ended, Entry, Renewed, SetHead};
pub use list::{listed, scan, token_set};
pub use load::load;
pub use purge::{purge_entry, purge_set};
pub use renew::renew;
pub use shelf::Shelf;
pub use update::{touch, update};

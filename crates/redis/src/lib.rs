#![doc = include_str!("../docs/crate.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../docs/format.md")]
pub mod format {}

mod begin;
mod change;
mod commit;
mod config;
mod create;
mod fault;
mod head;
mod keep;
mod keys;
mod link;
mod list;
mod load;
mod open;
mod purge;
mod read;
mod recent;
mod scan;
mod script;
mod server;
mod store;
mod turns;
mod value;
mod view;
mod watch;

pub use config::{Eviction, OnDrift, RedisStoreBuilder};
pub use server::Server;
pub use store::RedisStore;
pub use watch::Warning;

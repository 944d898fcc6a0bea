#![doc = include_str!("../docs/crate.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../docs/format.md")]
pub mod format {}

mod commit;
mod config;
mod core;
mod digest;
mod engine;
mod fault;
mod index;
mod journal;
mod layout;
mod members;
mod open;
mod read;
mod recent;
mod scan;
#[cfg(test)]
mod scratch;
mod shelf;
mod store;
mod stripes;
mod sweep;
#[cfg(feature = "testing")]
mod tamper;
mod witness;

pub use config::{Durability, SledStoreBuilder};
pub use store::SledStore;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub use tamper::Tampering;

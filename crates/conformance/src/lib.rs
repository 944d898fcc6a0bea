#![doc = include_str!("docs/guide.md")]
//!
//! ```
#![doc = include_str!("reference/memory.rs")]
//! # fn main() {}
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod broken;
mod case;
pub mod cases;
pub mod handle;
mod harness;
pub mod history;
mod list;
mod macros;
pub mod model;
pub mod reference;
mod suite;
mod wrappers;

pub use case::{Case, cases, handle_cases, run_case};
pub use harness::{Harness, Tamper};
pub use wrappers::{ThroughDyn, ThroughFaults};

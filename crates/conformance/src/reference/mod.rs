//! The smallest complete store, and its harness: what a backend author starts from.

mod harness;
mod memory;

pub use harness::MemoryHarness;
pub use memory::MemoryStore;
pub(crate) use memory::{Due, Maps};

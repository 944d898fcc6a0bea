//! The conformance suite of Cloakroom.

mod harness;

pub use harness::{Harness, Tamper};

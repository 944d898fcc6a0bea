//! The conformance suite of Cloakroom.

mod case;
pub mod cases;
mod harness;
pub mod history;
mod list;
mod macros;
pub mod model;
pub mod reference;
mod suite;

pub use case::{Case, cases};
pub use harness::{Harness, Tamper};
pub use suite::run::run;

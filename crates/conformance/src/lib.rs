//! The conformance suite of Cloakroom.

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

pub use case::{Case, cases, handle_cases};
pub use harness::{Harness, Tamper};
pub use suite::run::run;

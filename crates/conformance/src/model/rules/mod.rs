//! The contract in plain code.

mod change;
mod create;
mod end;
mod read;
mod recycle;
pub(crate) mod session;
pub(crate) mod state;
mod step;

pub use state::Model;
pub use step::Mismatch;

//! An application, and above all its unit tests: see `tests.rs`.
//!
//! They need no server and never sleep. The application takes any store, so a test gives it the one in
//! memory; it takes a clock, so a test moves time by hand; and a store that fails on demand shows what
//! the application does on a bad day.

mod accounts;
mod failure;
mod users;

pub use accounts::{Account, Accounts};
pub use failure::Failure;

#[cfg(test)]
mod tests;

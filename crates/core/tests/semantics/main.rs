//! The operations over a shelf.
//!
//! Random sequences of operations run in two worlds at once, and must answer alike in both. The
//! worlds differ in what must not matter: whether a shelf shows an operation its own writes, whether
//! reads fail, whether a broom has been.

#[path = "../support/mod.rs"]
#[allow(
    dead_code,
    reason = "only the shelf is needed here, not the store over it"
)]
mod support;

mod batch;
mod broom;
mod pages;
mod request;
mod rules;
mod script;
mod strays;

//! What the layer does, in an application of axum's, without a network.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod asking;
mod asking_late;
mod caches;
mod changing;
mod cookies;
mod extractors;
mod failures;
mod failures_policy;
mod half_done;
mod handed_out;
mod kept_calls;
mod late;
mod outdated;
mod renewing;
mod reused;
mod several_failures;
mod signing_in;
mod signing_out;
mod sources;
mod stacking;
mod undone;
mod unheard;

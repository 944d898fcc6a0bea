//! A reference model of the contract, and random operations that hold a store against it.
//!
//! [`Model`] is the contract in plain code: [`Model::step`] takes an operation, the time, and what a
//! store answered, and says whether the contract allows that. Two things drive it: the random
//! sequences here, one operation after the other, and the concurrent [histories](crate::history).
//!
//! # Random sequences
//!
//! [`random_sequences`] runs random [scripts](Script) against a store. A script is bytes; what they
//! mean depends on the answers so far, so that a random script often asks what makes sense: few
//! subjects, few ids, small caps, short timeouts, times that land on a deadline or one millisecond
//! beside it, retries of earlier writes, and reopening. A store that forgets by design starts anew
//! there, and so does the model.
//!
//! ```no_run
//! use cloakroom_conformance::{Harness, model};
//!
//! # fn example<MyHarness: Harness>() {
//! // In a #[test], with a harness of your own:
//! model::random_sequences::<MyHarness>(model::Config::new().regressions(concat!(
//!     env!("CARGO_MANIFEST_DIR"),
//!     "/tests/regressions/my_store.txt"
//! )));
//! # }
//! ```
//!
//! A script that fails is made as short as it gets, shown operation by operation, and added to that
//! file. The scripts in it run first from then on: commit it.
//!
//! # Fuzzing
//!
//! [`run_script`] runs the script of any bytes. It is the whole of a fuzz target:
//!
//! ```no_run
//! # use cloakroom_conformance::{Harness, model};
//! # fn fuzz_target<MyHarness: Harness>(bytes: &[u8]) {
//! // In `libfuzzer_sys::fuzz_target!(|bytes: &[u8]| …)`:
//! model::run_script::<MyHarness>(bytes);
//! # }
//! ```

mod about;
mod op;
mod plan;
mod random;
#[cfg(test)]
mod reach;
mod regressions;
mod rules;
mod runner;
mod script;
mod show;
mod world;

pub use op::{Op, Outcome};
pub use random::{Config, random_sequences, run_script, scripts};
pub use rules::{Mismatch, Model};
pub use script::{Script, Step};
pub use world::World;

pub(crate) use about::About;
pub(crate) use plan::{Clients, Planner, pause};
pub(crate) use show::time;
pub(crate) use world::epoch;

//! Concurrent histories, checked for linearizability.
//!
//! A store is linearizable where every operation takes effect at one moment between its call and its
//! return. [`linearizable`] lets many tasks carry out random operations on a few sessions, records
//! when each call began and returned, and looks for an order of the calls that respects those moments
//! and that the [`Model`](crate::model::Model) allows. Where there is none, it shows the smallest part
//! of the history that proves it.
//!
//! **Placements.** An operation touches one placement, so each has a history of its own.
//! `purge_expired` runs among the others, and must not be noticed; `scan` and `count` are compared
//! with the model while nothing else runs.
//!
//! **Time.** A history is a sequence of rounds. Within a round all tasks use one `now`, and between
//! rounds it moves, to a deadline or just beside it. So what has ended by its deadline is the same in
//! every order of the calls, and the model stays deterministic.
//!
//! **Contention.** Many tasks, on threads of their own, each with a client of its own
//! ([`Harness::store`]), share the last few ids and what was last learned about them: revisions,
//! generations, earlier writes to be repeated. New sessions have fresh ids, as handles make them;
//! those of external tokens are used again and again.
//!
//! ```
//! use cloakroom_conformance::history;
//! use cloakroom_conformance::reference::MemoryHarness as MyHarness;
//!
//! // In a #[test], with a harness of your own, more seeds, and 10,000 operations:
//! for seed in 0..2 {
//!     history::linearizable::<MyHarness>(seed, 8, 1_000);
//! }
//! ```

mod call;
mod checker;
mod minimal;
mod random;
mod rounds;
mod search;
mod task;

pub use call::Call;
pub use checker::{Checker, check};
pub use minimal::Violation;

use crate::Harness;
use rounds::Rounds;

/// Records a concurrent history of about so many operations by so many tasks, and checks it while it
/// grows. At the end it compares every record and token set with the model.
///
/// A seed gives the same choices each time. How the tasks interleave is up to the machine.
///
/// Not within an asynchronous runtime: it starts one of its own.
///
/// # Panics
///
/// Where the history is not linearizable, with the smallest part of it that shows so.
pub fn linearizable<H: Harness>(seed: u64, tasks: usize, ops: usize) {
    if let Err(failure) = run::<H>(seed, tasks, ops) {
        panic!("with seed {seed}: {failure}");
    }
}

/// As [`linearizable`], for tests that expect a violation: says what was found.
///
/// # Errors
///
/// Where the history is not linearizable.
///
/// # Panics
///
/// Where the system has no threads to spare.
#[expect(
    clippy::expect_used,
    reason = "without a runtime no store can be tested"
)]
pub fn run<H: Harness>(seed: u64, tasks: usize, ops: usize) -> Result<(), String> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.clamp(2, tasks.max(2)))
        .enable_all()
        .build()
        .expect("the system has threads to spare");
    runtime.block_on(async {
        let harness = H::start().await;
        let mut rounds = Rounds::start(&harness, tasks, seed).await;
        let mut made = 0;
        while made < ops {
            // Not a fraction of a round where no step had an operation.
            made += rounds.round().await?.max(1);
        }
        rounds.look_at_everything().await
    })
}

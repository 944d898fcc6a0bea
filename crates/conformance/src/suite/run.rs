//! Running one case.

use std::future::Future;
use std::time::Duration;

/// The longest that a case may take. Nothing in it waits for time to pass, so that a case that
/// takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs a case on a runtime of its own, with several workers, so that its tasks run in parallel.
/// Panics where the case fails or hangs.
pub(crate) fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime to run the case on");
    let outcome = runtime.block_on(async { tokio::time::timeout(PATIENCE, case).await });
    if outcome.is_err() {
        // What hangs would hang the end of the runtime too.
        runtime.shutdown_background();
        panic!("the case was not done after {PATIENCE:?}: something waits for ever");
    }
}

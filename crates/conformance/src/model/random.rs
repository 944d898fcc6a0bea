//! Random scripts.

use std::path::PathBuf;
use std::sync::OnceLock;

use proptest::arbitrary::any;
use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config as Proptest, TestCaseError, TestError, TestRunner};
use tokio::runtime::Runtime;

use crate::Harness;
use crate::model::{Script, Step, regressions, runner};

/// How many random scripts to run, how long ones, and where to keep those that failed.
#[derive(Debug, Clone)]
pub struct Config {
    cases: u32,
    steps: usize,
    regressions: Option<PathBuf>,
}

impl Config {
    /// 256 scripts, or as many as the environment variable `PROPTEST_CASES` says, of at most 120
    /// steps. Failures are shown, but kept nowhere.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cases: Proptest::default().cases,
            steps: 120,
            regressions: None,
        }
    }

    /// So many scripts: fewer for a store that is slow to start.
    #[must_use]
    pub fn cases(self, cases: u32) -> Self {
        Self { cases, ..self }
    }

    /// Scripts of at most so many steps.
    #[must_use]
    pub fn steps(self, steps: usize) -> Self {
        Self { steps, ..self }
    }

    /// Keeps scripts that failed in this file, and runs those that it has first. Commit it.
    ///
    /// The path is one of the crate that runs the test, which only that crate knows:
    ///
    /// ```
    /// # use cloakroom_conformance::model::Config;
    /// let config = Config::new()
    ///     .regressions(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/my_store.txt"));
    /// ```
    #[must_use]
    pub fn regressions(self, file: impl Into<PathBuf>) -> Self {
        Self {
            regressions: Some(file.into()),
            ..self
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// A strategy for scripts of at most so many steps, for tests of one's own.
pub fn scripts(steps: usize) -> impl Strategy<Value = Script> {
    vec(any::<[u8; Step::LEN]>(), 1..=steps.max(1)).prop_map(Script::from)
}

/// Runs random sequences of operations against a store and the [`Model`](crate::model::Model): first
/// the ones that failed before, then new ones.
///
/// Not within an asynchronous runtime: it starts one of its own.
///
/// # Panics
///
/// Where the store departs from the model, with the shortest sequence found that shows it.
pub fn random_sequences<H: Harness>(config: Config) {
    let runtime = runtime();
    let try_script = |script: &Script| {
        let ran = runtime.block_on(runner::run::<H>(script));
        ran.map(drop).map_err(|failure| failure.to_string())
    };
    let kept = config.regressions.as_deref();
    for script in kept.map(regressions::read).unwrap_or_default() {
        if let Err(failure) = try_script(&script) {
            panic!("a sequence that failed before fails again:\n{failure}\nscript: {script}");
        }
    }

    let mut runner = TestRunner::new(Proptest {
        cases: config.cases,
        // Scripts are kept as they are, not as the seeds of a generator that may change.
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Proptest::default()
    });
    let ran = runner.run(&scripts(config.steps), |script| {
        try_script(&script).map_err(TestCaseError::fail)
    });
    match ran {
        Ok(()) => {}
        Err(TestError::Abort(why)) => panic!("the model test could not run: {why}"),
        Err(TestError::Fail(why, script)) => {
            let kept = kept.map(|file| regressions::append(file, &script));
            let kept = kept.unwrap_or_else(|| "It was kept nowhere.".to_owned());
            panic!("the store departs from the contract:\n{why}\nscript: {script}\n{kept}");
        }
    }
}

/// Runs the script of these bytes against a store and the model: for fuzz targets, and to try once
/// more what a fuzzer has found.
///
/// Not within an asynchronous runtime: it starts one of its own.
///
/// # Panics
///
/// Where the store departs from the model.
pub fn run_script<H: Harness>(bytes: &[u8]) {
    // A fuzzer comes back thousands of times a second.
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let script = Script::parse(bytes);
    let ran = RUNTIME
        .get_or_init(runtime)
        .block_on(runner::run::<H>(&script));
    if let Err(failure) = ran {
        panic!("the store departs from the contract:\n{failure}\nscript: {script}");
    }
}

#[expect(
    clippy::expect_used,
    reason = "without a runtime no store can be tested"
)]
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("the system has a thread to spare")
}

//! The registry of the cases.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::Harness;
use crate::suite::any::{AnyHarness, Start};
use crate::suite::run::run;

/// A case: what a backend must do, or must not.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, as the tests have it: `rule_01_no_resurrection::late_update_never_creates`.
    pub name: &'static str,
    /// The number of the rule that it proves; none where it proves what an operation promises.
    pub rule: Option<u8>,
    pub(crate) body: fn() -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Case {
    /// Runs the case on a backend.
    ///
    /// # Panics
    ///
    /// Where the backend breaks the rule, or hangs.
    pub fn run<H: Harness>(&self) {
        self.run_on(Start::of::<H>());
    }

    pub(crate) fn run_on(&self, start: Start) {
        run(start.during((self.body)()));
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Every case of a store.
///
/// For running a case by its name. To run them all, let [`conformance!`](crate::conformance) make
/// tests of them.
#[must_use]
pub fn cases() -> &'static [Case] {
    crate::__for_each_case! { __register! [cases] }
}

/// Every case of the handle over a store.
///
/// As [`cases`], and apart from them, since most show what the handle makes of a sound store: it takes a
/// broken handle, not a broken store, to fail them.
#[must_use]
pub fn handle_cases() -> &'static [Case] {
    crate::__for_each_handle_case! { __register! [handle] }
}

/// Runs a case by its name on a backend: what the tests of [`conformance!`](crate::conformance) do.
///
/// # Panics
///
/// Where the backend breaks the rule, or hangs, or there is no such case.
pub fn run_case<H: Harness>(name: &str) {
    let all = cases().iter().chain(handle_cases());
    let case = all.into_iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("there is no case {name}"))
        .run::<H>();
}

//! The registry of the cases.

use crate::Harness;

/// A case, ready to be run on one backend.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// Its name, as the tests have it: `rule_01_no_resurrection::late_update_never_creates`.
    pub name: &'static str,
    /// The number of the rule that it proves; none where it proves what an operation promises.
    pub rule: Option<u8>,
    /// Runs it. Panics where the backend breaks the rule.
    pub run: fn(),
}

/// Every case of the store, for the backend of this harness.
///
/// For running a case by its name. To run them all, let [`conformance!`](crate::conformance) make
/// tests of them.
#[must_use]
pub fn cases<H: Harness>() -> Vec<Case> {
    crate::__for_each_case! { __register! [cases, H] }
}

/// Every case of the handle over the store, for the backend of this harness.
///
/// As [`cases`], and apart from them, since most show what the handle makes of a sound store: it takes a
/// broken handle, not a broken store, to fail them.
#[must_use]
pub fn handle_cases<H: Harness>() -> Vec<Case> {
    crate::__for_each_handle_case! { __register! [handle, H] }
}

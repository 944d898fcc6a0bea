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

/// Every case of the suite, for the backend of this harness.
///
/// For running a case by its name. To run them all, let [`conformance!`](crate::conformance) make
/// tests of them.
#[must_use]
pub fn cases<H: Harness>() -> Vec<Case> {
    crate::__for_each_case! { __register! [H] }
}

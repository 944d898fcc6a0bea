//! How the list of the cases becomes tests, and a registry.

/// Emits the whole suite as tests: a module of this name, with a module for each rule, with a
/// `#[test]` for each case. The cases of the handle over the store are in a module `handle` within.
///
/// ```
/// use cloakroom_conformance::reference::MemoryHarness;
///
/// cloakroom_conformance::conformance!(memory, MemoryHarness);
/// # fn main() {}
/// ```
///
/// gives `memory::rule_01_no_resurrection::late_update_never_creates` and all the others. Each case
/// starts a store of its own, so that they run in parallel and in any order.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $harness:ty $(,)?) => {
        mod $name {
            #[allow(unused_imports)] // what the harness is named by, wherever it is
            use super::*;

            type HarnessUnderTest = $harness;

            $crate::__for_each_case! { __emit_tests! [cases] }

            mod handle {
                type HarnessUnderTest = super::HarnessUnderTest;

                $crate::__for_each_handle_case! { __emit_tests! [handle] }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __emit_tests {
    (
        [$layer:ident]
        $([$rule:expr] $group:ident { $($case:ident)* })*
    ) => {
        $(mod $group {
            $(#[test]
            fn $case() {
                $crate::run_case::<super::HarnessUnderTest>($crate::__name!($layer $group $case));
            })*
        })*
    };
}

/// The cases, compiled for a harness of any type.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    (
        [$layer:ident]
        $([$rule:expr] $group:ident { $($case:ident)* })*
    ) => {
        &[$($($crate::Case {
            name: $crate::__name!($layer $group $case),
            rule: $rule,
            body: || Box::pin($crate::$layer::$group::$case::<AnyHarness>()),
        },)*)*]
    };
}

/// The name of a case; of one of the handle, with the layer before.
#[doc(hidden)]
#[macro_export]
macro_rules! __name {
    (cases $group:ident $case:ident) => {
        concat!(stringify!($group), "::", stringify!($case))
    };
    ($layer:ident $group:ident $case:ident) => {
        concat!(
            stringify!($layer),
            "::",
            stringify!($group),
            "::",
            stringify!($case)
        )
    };
}

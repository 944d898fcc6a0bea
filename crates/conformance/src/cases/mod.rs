//! The cases: for each rule what a backend must do, and what it must not.
//!
//! A case is a function that starts a store of its own and panics where the store breaks the rule.
//! They are run by the tests that [`conformance!`](crate::conformance) emits, or one by one through
//! [`cases`](crate::cases()).
//!
//! Many name a failure of the peers: something that other session libraries were seen to do.

// Panicking is how a case fails.
#![allow(clippy::missing_panics_doc)]
// A case takes bytes apart that it has just put together.
#![allow(clippy::indexing_slicing)]

pub mod creating;
pub mod dropped_futures;
pub mod ending;
pub mod generation;
pub mod grace;
pub mod grace_ends;
pub mod listing;
pub mod renewing;
pub mod renewing_twice;
pub mod reopening;
pub mod rule_01_no_resurrection;
pub mod rule_02_no_lost_update;
pub mod rule_03_nobody_is_spared;
pub mod rule_03_revoke_means_all;
pub mod rule_04_membership_decides;
pub mod rule_05_set_never_rots;
pub mod rule_06_no_fixation;
pub mod rule_07_caps_hold;
pub mod rule_07_who_gives_way;
pub mod rule_08_adding_is_idempotent;
pub mod rule_09_times_are_exact;
pub mod rule_10_absent_is_not_broken;
pub mod rule_11_nothing_secret_leaks;
pub mod rule_12_corrupt_is_contained;
pub mod rule_12_newer_version_is_kept;
pub mod rule_13_names_are_safe;
pub mod updating;

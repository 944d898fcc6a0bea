//! Harnesses around harnesses: the same data, through a pointer or a decorator.

mod through_dyn;
mod through_faults;

pub use through_dyn::ThroughDyn;
pub use through_faults::ThroughFaults;

//! The conformance suite on real files: directly, behind a pointer, and beneath a decorator.

mod support;

use cloakroom_conformance::{ThroughDyn, ThroughFaults, conformance};
use support::{Immediate, Lazy, SledHarness, Uncached};

conformance!(sled, SledHarness<Immediate>);
// Only what has to be on disk is.
conformance!(sled_through_dyn, ThroughDyn<SledHarness<Lazy>>);
conformance!(sled_through_faults, ThroughFaults<SledHarness<Uncached>>);

//! The suite, on the store of the guide.

use cloakroom_conformance::reference::MemoryHarness;
use cloakroom_conformance::{ThroughDyn, ThroughFaults, conformance};

conformance!(memory, MemoryHarness);
conformance!(memory_through_dyn, ThroughDyn<MemoryHarness>);
conformance!(memory_through_faults, ThroughFaults<MemoryHarness>);

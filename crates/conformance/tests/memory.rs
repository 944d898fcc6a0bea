//! The suite, on the store of the guide.

use cloakroom_conformance::conformance;
use cloakroom_conformance::reference::MemoryHarness;

conformance!(memory, MemoryHarness);

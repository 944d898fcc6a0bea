//! Locks and atomics: the standard ones, or those of shuttle, which tries other interleavings of its threads
//! in each run.
//!
//! What is held while moka is called, and what it calls back into, stays with the standard ones: no other thread may run while moka holds a lock
//! of its own, of which shuttle knows nothing.

#[cfg(not(all(test, shuttle)))]
pub(crate) use std::sync::{
    RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU8, AtomicU64},
};

#[cfg(all(test, shuttle))]
pub(crate) use shuttle::sync::{
    RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU8, AtomicU64},
};

//! One operation at a time for each placement.

use std::sync::Arc;

use cloakroom_core::Placement;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The right to change the placements of one stripe. It travels with what was decided under it,
/// until that has been applied: a caller who goes away gives nothing up half-way.
pub(crate) type Guard = OwnedMutexGuard<()>;

const BITS: u32 = 10;

/// Locks for the placements, several of which share one.
///
/// tokio's mutex needs no runtime: it wakes whoever waits, in the order of their coming.
#[derive(Debug)]
pub(crate) struct Stripes(Vec<Arc<Mutex<()>>>);

impl Stripes {
    pub(crate) fn new() -> Self {
        Self((0..1 << BITS).map(|_| Arc::default()).collect())
    }

    pub(crate) async fn lock(&self, placement: Placement) -> Guard {
        let number = u16::from_be_bytes(placement.to_bytes()) >> (u16::BITS - BITS);
        let stripe = self.0.get(usize::from(number));
        let stripe = stripe.expect("as many stripes as BITS can number");
        Arc::clone(stripe).lock_owned().await
    }
}

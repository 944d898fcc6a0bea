//! All stripes, each behind its lock.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use cloakroom_core::semantics;
use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{Placement, Result, SessionId, Timestamp};

use crate::ledger::{Budgets, Ledger};
use crate::shelf::StripeView;
use crate::stripe::{Stripe, Swept};
use crate::sync::{AtomicU8, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What every write takes away in passing, so that space comes back under steady use without a
/// thread: more than most writes bring.
const IN_PASSING: Swept = Swept { looked: 2, gone: 2 };

/// How long after its end a thing is taken away in passing. Somebody whose clock was set back a
/// little, or who read it a moment ago, still finds what lives by it.
pub(crate) const MARGIN: Duration = Duration::from_secs(60);

/// All stripes and budgets. Never more than one stripe is locked at once by one thread.
#[derive(Debug)]
pub(crate) struct Table {
    stripes: Box<[RwLock<Stripe>; Table::STRIPES]>,
    pub(crate) budgets: Budgets,
    /// Where the next purge begins.
    pub(crate) next_purge: AtomicU8,
}

impl Table {
    pub(crate) const STRIPES: usize = 256;

    pub(crate) fn new(budgets: Budgets) -> Self {
        Self {
            stripes: Box::new(std::array::from_fn(|_| RwLock::new(Stripe::new()))),
            budgets,
            next_purge: AtomicU8::new(0),
        }
    }

    /// [`SessionStore::load`](cloakroom_core::SessionStore::load)
    pub(crate) fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        let stripe = self.shared(stripe_of(id.placement()));
        // The common case, without a look at the token set: a live entry is always a member.
        if let Some(record) = stripe.slots.living(id, now) {
            return Ok(LoadOutcome::Found(Arc::clone(record)));
        }
        semantics::load(&StripeView::new(&stripe), id, now)
    }

    /// An operation that only reads.
    pub(crate) fn read<T>(
        &self,
        placement: Placement,
        operation: impl FnOnce(&StripeView<'_>) -> Result<T>,
    ) -> Result<T> {
        let stripe = self.shared(stripe_of(placement));
        operation(&StripeView::new(&stripe))
    }

    /// An operation that may write.
    pub(crate) fn write<T>(
        &self,
        placement: Placement,
        now: Timestamp,
        operation: impl FnOnce(&mut StripeView<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut ledger = Ledger::default();
        let mut stripe = self.exclusive(stripe_of(placement));
        let outcome = stripe.carry_out(&self.budgets, &mut ledger, operation)?;
        let swept = stripe.sweep(IN_PASSING, before(now), &self.budgets, &mut ledger);
        drop(stripe);
        self.settle(ledger, now)?;
        swept?;
        Ok(outcome)
    }

    /// A stripe, shared with other readers.
    ///
    /// A poisoned lock is taken all the same: an operation that panics has written nothing yet.
    pub(crate) fn shared(&self, stripe: u8) -> RwLockReadGuard<'_, Stripe> {
        self.stripes[usize::from(stripe)]
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A stripe alone.
    pub(crate) fn exclusive(&self, stripe: u8) -> RwLockWriteGuard<'_, Stripe> {
        self.stripes[usize::from(stripe)]
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first byte: the stripes are in the order of the ids.
pub(crate) fn stripe_of(placement: Placement) -> u8 {
    let [first, _] = placement.to_bytes();
    first
}

fn before(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(MARGIN.as_secs() * 1_000))
}

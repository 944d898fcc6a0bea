//! Purging what is over.

use std::sync::atomic::Ordering::Relaxed;

use cloakroom_core::{Result, Timestamp};

use crate::due::NEVER;
use crate::ledger::Ledger;
use crate::stripe::Swept;
use crate::table::Table;

/// How many things are looked at while a stripe is held: others wait no longer than that.
const BATCH: usize = 64;

/// How much is swept for a newcomer at a time: far more than it brings.
const ROOM: Swept = Swept {
    looked: 1_024,
    gone: 1_024,
};

impl Table {
    /// [`SessionStore::purge_expired`](cloakroom_core::SessionStore::purge_expired)
    ///
    /// Each call begins behind the stripe where the last one stopped, so that none waits for ever. Its
    /// work is bounded: it also stops when it has looked at much more than `limit`, which takes many
    /// sessions that live on beyond the instant that they were listed for.
    pub(crate) fn purge(&self, limit: usize, now: Timestamp) -> Result<usize> {
        let mut left = Swept {
            looked: limit.saturating_mul(16).saturating_add(4_096),
            gone: limit,
        };
        let first = self.next_purge.load(Relaxed);
        for step in 0..=u8::MAX {
            let at = first.wrapping_add(step);
            self.purge_stripe(at, &mut left, now)?;
            if left.looked == 0 || left.gone == 0 {
                self.next_purge.store(at.wrapping_add(1), Relaxed);
                break;
            }
        }
        Ok(limit - left.gone)
    }

    /// Takes some of what is over away, so that nobody has to leave while it takes the room. Says whether
    /// there was any.
    pub(crate) fn sweep_for_room(&self, now: Timestamp) -> Result<bool> {
        let Some(expected) = self.budgets.due.at_most(now) else {
            return Ok(false);
        };
        let mut left = ROOM;
        let mut next = NEVER;
        for at in 0..=u8::MAX {
            if left.looked > 0 && left.gone > 0 && self.shared(at).next_due() <= now {
                self.purge_stripe(at, &mut left, now)?;
            }
            next = next.min(self.shared(at).next_due());
        }
        self.budgets.due.replace(expected, next);
        Ok(left.gone < ROOM.gone)
    }

    fn purge_stripe(&self, at: u8, left: &mut Swept, now: Timestamp) -> Result<()> {
        loop {
            let most = Swept {
                looked: left.looked.min(BATCH),
                gone: left.gone,
            };
            let mut ledger = Ledger::default();
            let mut stripe = self.exclusive(at);
            let swept = stripe.sweep(most, now, &self.budgets, &mut ledger)?;
            drop(stripe);
            // There is only more room now: nobody has to be chosen for it.
            self.tell_all(ledger.changes, now)?;
            left.looked -= swept.looked;
            left.gone -= swept.gone;
            if swept.looked < most.looked || left.looked == 0 || left.gone == 0 {
                return Ok(());
            }
        }
    }
}

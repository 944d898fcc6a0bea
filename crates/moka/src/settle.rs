//! What is said to moka, and what comes of it, once no stripe is held.

use cloakroom_core::{Result, Timestamp};

use crate::budget::Budget;
use crate::ledger::{Change, Ledger};
use crate::table::{Table, stripe_of};

impl Table {
    /// Tells moka what has changed, and ends the sessions that it chooses to leave.
    ///
    /// When this returns, no more is stored than there is room for, except what other calls have
    /// stored and not yet settled.
    pub(crate) fn settle(&self, ledger: Ledger, now: Timestamp) -> Result<()> {
        if ledger.changes.is_empty() {
            return Ok(());
        }
        // Before moka hears of the newcomer: it cannot tell what is over from what lives.
        while self.budgets.all().any(Budget::is_over) && self.sweep_for_room(now)? {}
        self.tell_all(ledger.changes, now)?;
        for budget in self.budgets.all() {
            // Once is enough, except where moka stops early: after a tenth of a second, to let others
            // at its log.
            while budget.is_over() {
                budget.choose_who_leaves();
                if self.end_leaving(budget, now)? == 0 {
                    // What is too much is for others to settle, who are at it.
                    break;
                }
            }
        }
        Ok(())
    }

    /// Tells moka what has changed, and ends those that it chose meanwhile. It does its housekeeping in
    /// whichever call, and may not have heard by then of what others took away.
    pub(crate) fn tell_all(&self, changes: Vec<Change>, now: Timestamp) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        for change in changes {
            self.tell(change);
        }
        for budget in self.budgets.all() {
            self.end_leaving(budget, now)?;
        }
        Ok(())
    }

    pub(crate) fn tell(&self, change: Change) {
        match change {
            Change::Stored {
                whose,
                ticket,
                id,
                weight,
            } => {
                let Some(budget) = self.budgets.of(whose) else {
                    return;
                };
                budget.insert(ticket, id, weight);
                // Where the session has ended in between, its end may have been told before this:
                // moka would keep a stub for nobody.
                let stripe = self.shared(stripe_of(id.placement()));
                let gone = stripe
                    .slots
                    .live(id)
                    .is_none_or(|(_, held)| held != Some(ticket));
                drop(stripe);
                if gone {
                    budget.remove(ticket);
                }
            }
            Change::Gone { whose, ticket } => {
                if let Some(budget) = self.budgets.of(whose) {
                    budget.remove(ticket);
                }
            }
        }
    }

    /// Ends those that moka has chosen, on whatever thread that was, and says how many those were.
    fn end_leaving(&self, budget: &Budget, now: Timestamp) -> Result<usize> {
        let mut chosen = 0;
        // moka knows already, and so what this adds is not told. What is let go with it waits until all have
        // ended: nobody else knows of them.
        let mut untold = Ledger::default();
        loop {
            let mut told_again = false;
            for (ticket, id) in budget.take_leaving() {
                chosen += 1;
                let mut stripe = self.exclusive(stripe_of(id.placement()));
                let ended = stripe.evict(id, ticket, now, &self.budgets, &mut untold)?;
                drop(stripe);
                if ended {
                    budget.count_evicted();
                }
                // Unless it was seen just after it was chosen.
                if budget.holds(ticket) {
                    budget.remove(ticket);
                    told_again = true;
                }
            }
            // Only a call to moka can have made it choose once more.
            if !told_again {
                return Ok(chosen);
            }
        }
    }
}

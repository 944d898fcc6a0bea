//! One of the 256 parts that are locked alone.

use cloakroom_core::semantics::{self, Shelf as _};
use cloakroom_core::{Result, SessionId, Timestamp};

use crate::ledger::{Budgets, Ledger, Ticket};
use crate::sets::Sets;
use crate::shelf::{StripeView, Write};
use crate::slots::Slots;

/// All that is stored for the placements with the same first byte.
///
/// **A live entry of a subject is always a member of that subject's set.** Every operation writes the
/// two together, and nothing else writes.
// Two cache lines apart, so that no two locks share one.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Stripe {
    pub(crate) slots: Slots,
    pub(crate) sets: Sets,
}

/// What a [`sweep`](Stripe::sweep) has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swept {
    /// How often it looked at something.
    pub(crate) looked: usize,
    /// How many things went.
    pub(crate) gone: usize,
}

impl Stripe {
    pub(crate) fn new() -> Self {
        Self {
            slots: Slots::new(),
            sets: Sets::new(),
        }
    }

    /// Carries out an operation, whole or, where it fails, not at all.
    pub(crate) fn carry_out<T>(
        &mut self,
        budgets: &Budgets,
        ledger: &mut Ledger,
        operation: impl FnOnce(&mut StripeView<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut view = StripeView::new(self);
        let outcome = operation(&mut view)?;
        let writes = view.into_writes();
        if !writes.is_empty() {
            let (ids, sets) = (self.slots.remembered(), self.sets.remembered());
            self.apply(writes, budgets, ledger);
            budgets.ids.changed(ids, self.slots.remembered());
            budgets.sets.changed(sets, self.sets.remembered());
            self.forget_oldest(budgets, ledger);
            budgets.due.note(self.next_due());
        }
        Ok(outcome)
    }

    /// Forgets what has been remembered the longest, where there is too much of it.
    fn forget_oldest(&mut self, budgets: &Budgets, ledger: &mut Ledger) {
        while budgets.ids.is_over(self.slots.remembered())
            && let Some(id) = self.slots.take_oldest_memory()
        {
            let before = self.slots.remembered();
            self.slots.remove(id, budgets, ledger);
            budgets.ids.changed(before, self.slots.remembered());
        }
        while budgets.sets.is_over(self.sets.remembered())
            && let Some(subject) = self.sets.take_oldest_memory()
        {
            let before = self.sets.remembered();
            self.sets.remove_head(&subject);
            budgets.sets.changed(before, self.sets.remembered());
            self.sets.list_changed();
        }
    }

    /// When something has to be looked at; nothing is over before.
    pub(crate) fn next_due(&self) -> Timestamp {
        self.slots.next_due()
    }

    /// Takes away things that were over at `now`: at most `gone` of them, after at most `looks`.
    pub(crate) fn sweep(
        &mut self,
        most: Swept,
        now: Timestamp,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) -> Result<Swept> {
        let mut swept = Swept { looked: 0, gone: 0 };
        while swept.looked < most.looked && swept.gone < most.gone {
            let Some(went) = self.sweep_next(now, budgets, ledger)? else {
                break;
            };
            swept.looked += 1;
            swept.gone += usize::from(went);
        }
        Ok(swept)
    }

    /// Looks at the next thing in the index whose instant has come, and says whether it went; none
    /// where there is no such thing.
    fn sweep_next(
        &mut self,
        now: Timestamp,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) -> Result<Option<bool>> {
        if let Some(popped) = self.slots.pop_due(now) {
            let Some(id) = popped else {
                return Ok(Some(false));
            };
            let went = self.carry_out(budgets, ledger, |view| {
                semantics::purge_entry(view, id, now)
            })?;
            self.slots.list_again(id);
            return Ok(Some(went));
        }
        if let Some(popped) = self.sets.pop_due(now) {
            let Some(subject) = popped else {
                return Ok(Some(false));
            };
            let went = self.carry_out(budgets, ledger, |view| {
                semantics::purge_set(view, &subject, now)
            })?;
            self.sets.list_again(&subject);
            return Ok(Some(went));
        }
        Ok(None)
    }

    /// Ends a session because there is no more room, where it still has the ticket: the record and
    /// its membership together. It leaves nothing behind, so that a flood leaves no memory taken.
    ///
    /// Says whether it was there.
    pub(crate) fn evict(
        &mut self,
        id: SessionId,
        ticket: Ticket,
        now: Timestamp,
        budgets: &Budgets,
        ledger: &mut Ledger,
    ) -> Result<bool> {
        let subject = match self.slots.live(id) {
            Some((record, Some(held))) if held == ticket => record.subject().cloned(),
            _ => return Ok(false),
        };
        self.carry_out(budgets, ledger, |view| {
            view.remove_entry(id);
            if let Some(subject) = &subject {
                view.remove_member(subject, id);
            }
            Ok(())
        })?;
        if let Some(subject) = subject
            && self.sets.members(&subject).is_empty()
        {
            self.carry_out(budgets, ledger, |view| {
                semantics::purge_set(view, &subject, now)
            })?;
        }
        Ok(true)
    }

    fn apply(&mut self, writes: Vec<Write>, budgets: &Budgets, ledger: &mut Ledger) {
        for write in writes {
            match write {
                Write::PutEntry(id, entry) => self.slots.put(id, entry, budgets, ledger),
                Write::RemoveEntry(id) => self.slots.remove(id, budgets, ledger),
                Write::PutHead(subject, head) => self.sets.put_head(subject, head),
                Write::RemoveHead(subject) => self.sets.remove_head(&subject),
                Write::AddMember(subject, id) => self.sets.add_member(&subject, id),
                Write::RemoveMember(subject, id) => self.sets.remove_member(&subject, id),
            }
        }
        self.sets.list_changed();
    }
}

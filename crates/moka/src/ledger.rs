//! What is counted while a stripe is held, and what is left to do afterward.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use cloakroom_core::{Error, ErrorKind, Operation, Record, Result, SessionId, Subject};

use crate::budget::Budget;
use crate::due::FirstDue;
use crate::limits::Whose;
use crate::remembered::Quota;
use crate::size;
use crate::sync::AtomicU64;
use crate::table::Table;

/// A number that one stay of a session in the store has and no other: from its creation until it
/// ends, is created anew, or changes its weight.
///
/// moka's word that somebody leaves comes late. It counts only for the ticket that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(NonZeroU64);

impl Ticket {
    /// One of so many places. Those that follow one another are not neighbours, which would share a cache
    /// line.
    pub(crate) fn spread(self, over: usize) -> usize {
        (self.0.get().wrapping_mul(9) % over as u64) as usize
    }
}

/// The room for all sessions. A kind without limits has no budget, and costs nothing.
///
/// Each kind has its own, so that a flood of visitors ends no session of a user.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) anonymous: Option<Budget>,
    pub(crate) signed_in: Option<Budget>,
    /// For ids that were renewed or have ended.
    pub(crate) ids: Quota,
    /// For sets without members.
    pub(crate) sets: Quota,
    pub(crate) due: FirstDue,
    last_ticket: AtomicU64,
}

impl Budgets {
    pub(crate) fn new(
        anonymous: Option<Budget>,
        signed_in: Option<Budget>,
        most_memories: u64,
    ) -> Self {
        let quota = || Quota::new(most_memories, Table::STRIPES);
        Self {
            anonymous,
            signed_in,
            ids: quota(),
            sets: quota(),
            due: FirstDue::new(),
            last_ticket: AtomicU64::new(0),
        }
    }

    pub(crate) fn of(&self, whose: Whose) -> Option<&Budget> {
        match whose {
            Whose::Anonymous => self.anonymous.as_ref(),
            Whose::SignedIn => self.signed_in.as_ref(),
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Budget> {
        self.anonymous.iter().chain(&self.signed_in)
    }

    /// Refuses a session that would not fit even if it were the only one: no newcomer goes away
    /// silently.
    pub(crate) fn check_size(
        &self,
        subject: Option<&Subject>,
        bytes: u64,
        operation: Operation,
    ) -> Result<()> {
        let Some(budget) = self.of(whose(subject)) else {
            return Ok(());
        };
        if budget.weigh(bytes).is_some() {
            return Ok(());
        }
        let why = format!(
            "a session of {bytes} bytes does not fit into the {} that the store has for all of them",
            budget.capacity(),
        );
        Err(Error::with_source(ErrorKind::TooLarge, operation, why))
    }

    /// Counts a session that is now stored, and gives it a ticket.
    pub(crate) fn admit(&self, record: &Record, ledger: &mut Ledger) -> Option<Ticket> {
        let whose = whose(record.subject());
        let budget = self.of(whose)?;
        let weight = weight(budget, record);
        let ticket = self.next_ticket();
        budget.count_in(weight);
        ledger.changes.push(Change::Stored {
            whose,
            ticket,
            id: record.id(),
            weight,
        });
        Some(ticket)
    }

    /// Counts a session that is not stored any longer.
    pub(crate) fn dismiss(&self, record: &Record, ticket: Option<Ticket>, ledger: &mut Ledger) {
        let whose = whose(record.subject());
        if let Some(budget) = self.of(whose)
            && let Some(ticket) = ticket
        {
            budget.count_out(weight(budget, record));
            ledger.changes.push(Change::Gone { whose, ticket });
        }
    }

    /// Counts a session in place of another under the same id.
    ///
    /// A change of weight takes a new ticket, since moka miscounts, for good, an entry whose weight
    /// changes shortly before it is removed.
    pub(crate) fn replace(
        &self,
        old: &Record,
        ticket: Option<Ticket>,
        new: &Record,
        ledger: &mut Ledger,
    ) -> Option<Ticket> {
        let whose = whose(new.subject());
        if let Some(budget) = self.of(whose)
            && let Some(ticket) = ticket
            && is_same_stay(old, new)
            && weight(budget, old) == weight(budget, new)
        {
            if old.last_seen() < new.last_seen() {
                ledger.changes.push(Change::Stored {
                    whose,
                    ticket,
                    id: new.id(),
                    weight: weight(budget, new),
                });
            }
            return Some(ticket);
        }
        self.dismiss(old, ticket, ledger);
        self.admit(new, ledger)
    }

    fn next_ticket(&self) -> Ticket {
        let last = self.last_ticket.fetch_add(1, Relaxed);
        Ticket(NonZeroU64::MIN.saturating_add(last))
    }
}

/// What is left to do once the stripe is free.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What is to be told to moka.
    pub(crate) changes: Vec<Change>,
    /// What is stored no longer, to be let go: the data that a handle has decoded of it are the
    /// application's, and dropping them may take long or call the store.
    pub(crate) gone: Vec<Arc<Record>>,
}

#[derive(Debug)]
pub(crate) enum Change {
    /// A session is stored, or was seen.
    Stored {
        whose: Whose,
        ticket: Ticket,
        id: SessionId,
        weight: u32,
    },
    /// A session is not stored any longer.
    Gone { whose: Whose, ticket: Ticket },
}

fn whose(subject: Option<&Subject>) -> Whose {
    match subject {
        None => Whose::Anonymous,
        Some(_) => Whose::SignedIn,
    }
}

/// Too large ones were refused before; if one came in all the same, moka would end it.
fn weight(budget: &Budget, record: &Record) -> u32 {
    budget.weigh(size::of_record(record)).unwrap_or(u32::MAX)
}

/// Whether a record has come from another by a touch or an update, and not by a new creation. Where an
/// id can be used again, a creation counts its revisions from a random number.
fn is_same_stay(old: &Record, new: &Record) -> bool {
    old.subject() == new.subject()
        && (old.write_id() == new.write_id() || old.revision().next() == new.revision())
}

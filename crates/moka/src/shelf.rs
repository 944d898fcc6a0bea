//! A stripe as the operations see it.

use cloakroom_core::semantics::{Entry, SetHead, Shelf};
use cloakroom_core::{Result, SessionId, Subject};

use crate::stripe::Stripe;

/// A locked stripe, and what the operation at work is going to write.
///
/// The writes are gathered and then applied, so that one view serves readers, who share the lock, and
/// writers; and so that a panic while an operation decides leaves the stripe as it was.
#[derive(Debug)]
pub(crate) struct StripeView<'a> {
    stripe: &'a Stripe,
    writes: Vec<Write>,
}

/// One write of a [`Shelf`].
#[derive(Debug)]
pub(crate) enum Write {
    PutEntry(SessionId, Entry),
    RemoveEntry(SessionId),
    PutHead(Subject, SetHead),
    RemoveHead(Subject),
    AddMember(Subject, SessionId),
    RemoveMember(Subject, SessionId),
}

impl<'a> StripeView<'a> {
    pub(crate) fn new(stripe: &'a Stripe) -> Self {
        Self {
            stripe,
            writes: Vec::new(),
        }
    }

    pub(crate) fn into_writes(self) -> Vec<Write> {
        self.writes
    }
}

impl Shelf for StripeView<'_> {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        Ok(self.stripe.slots.entry(id))
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.writes.push(Write::PutEntry(id, entry));
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.writes.push(Write::RemoveEntry(id));
    }

    fn head(&self, subject: &Subject) -> Result<Option<SetHead>> {
        Ok(self.stripe.sets.head(subject))
    }

    fn put_head(&mut self, subject: &Subject, head: SetHead) {
        self.writes.push(Write::PutHead(subject.clone(), head));
    }

    fn remove_head(&mut self, subject: &Subject) {
        self.writes.push(Write::RemoveHead(subject.clone()));
    }

    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>> {
        Ok(self.stripe.sets.members(subject).to_vec())
    }

    fn member_count(&self, subject: &Subject) -> Result<usize> {
        Ok(self.stripe.sets.members(subject).len())
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        // A live entry is always a member of its subject's set (see `Stripe`), and its record is at hand,
        // where the set is seldom in the processor's caches.
        let live = self.stripe.slots.live(id);
        let is_theirs = live.is_some_and(|(record, _)| record.subject() == Some(subject));
        Ok(is_theirs || self.stripe.sets.is_member(subject, id))
    }

    fn add_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::AddMember(subject.clone(), id));
    }

    fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::RemoveMember(subject.clone(), id));
    }
}

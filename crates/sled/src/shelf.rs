//! A placement as the operations see it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cloakroom_core::semantics::{Entry, SetHead, Shelf};
use cloakroom_core::{Operation, Placement, Result, SessionId, Subject};
use sled::IVec;

use crate::engine::Engine;
use crate::fault::Fault;
use crate::index::Index;
use crate::layout::{head, keys};
use crate::read::{self, Stored};

/// A locked placement, and what the operation at work is going to write.
///
/// What was read is kept: until the lock is given back it stays true, and whoever works out what to
/// write looks at the same things again.
#[derive(Debug)]
pub(crate) struct PlacementView<'a> {
    engine: &'a Engine,
    index: &'a Index,
    placement: Placement,
    operation: Operation,
    entries: RefCell<BTreeMap<SessionId, Stored>>,
    heads: RefCell<BTreeMap<Subject, Option<IVec>>>,
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
    /// A record's bytes, as they are: from outside the store.
    #[cfg(feature = "testing")]
    PutBytes(SessionId, Vec<u8>),
}

impl<'a> PlacementView<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        index: &'a Index,
        placement: Placement,
        operation: Operation,
    ) -> Self {
        Self {
            engine,
            index,
            placement,
            operation,
            entries: RefCell::default(),
            heads: RefCell::default(),
            writes: Vec::new(),
        }
    }

    pub(crate) const fn engine(&self) -> &'a Engine {
        self.engine
    }

    pub(crate) const fn placement(&self) -> Placement {
        self.placement
    }

    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn put_bytes(&mut self, id: SessionId, bytes: Vec<u8>) {
        self.writes.push(Write::PutBytes(id, bytes));
    }

    /// What is stored under an id.
    pub(crate) fn stored_entry(&self, id: SessionId) -> std::result::Result<Stored, Fault> {
        if let Some(seen) = self.entries.borrow().get(&id) {
            return Ok(seen.clone());
        }
        let stored = read::stored(self.engine, id)?;
        self.entries.borrow_mut().insert(id, stored.clone());
        Ok(stored)
    }

    /// The stored head of a token set.
    pub(crate) fn stored_head(
        &self,
        subject: &Subject,
    ) -> std::result::Result<Option<IVec>, Fault> {
        if let Some(seen) = self.heads.borrow().get(subject) {
            return Ok(seen.clone());
        }
        let stored = self.engine.get(&keys::head(self.placement, subject))?;
        self.heads
            .borrow_mut()
            .insert(subject.clone(), stored.clone());
        Ok(stored)
    }

    /// Whether the stored set has this member.
    pub(crate) fn has_member(&self, subject: &Subject, id: SessionId) -> bool {
        id.placement() == self.placement && self.index.is_member(subject, id)
    }

    fn told<T>(&self, answer: std::result::Result<T, Fault>) -> Result<T> {
        answer.map_err(|fault| fault.error(self.operation))
    }
}

impl Shelf for PlacementView<'_> {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        self.told(self.stored_entry(id)).map(|stored| stored.entry)
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.writes.push(Write::PutEntry(id, entry));
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.writes.push(Write::RemoveEntry(id));
    }

    fn head(&self, subject: &Subject) -> Result<Option<SetHead>> {
        let value = self.told(self.stored_head(subject))?;
        Ok(value.map(|value| head::read(subject, &value)))
    }

    fn put_head(&mut self, subject: &Subject, head: SetHead) {
        self.writes.push(Write::PutHead(subject.clone(), head));
    }

    fn remove_head(&mut self, subject: &Subject) {
        self.writes.push(Write::RemoveHead(subject.clone()));
    }

    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>> {
        Ok(self.index.members(subject))
    }

    fn member_count(&self, subject: &Subject) -> Result<usize> {
        Ok(self.index.member_count(subject))
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        Ok(self.has_member(subject, id))
    }

    fn add_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::AddMember(subject.clone(), id));
    }

    fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::RemoveMember(subject.clone(), id));
    }
}

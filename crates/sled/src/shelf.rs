//! A placement as the operations see it.

use cloakroom_core::semantics::{Entry, SetHead, Shelf};
use cloakroom_core::{Operation, Placement, Result, SessionId, Subject};

use crate::engine::Engine;
use crate::fault::Fault;
use crate::layout::{head, keys};
use crate::read;

/// A locked placement, and what the operation at work is going to write.
#[derive(Debug)]
pub(crate) struct PlacementView<'a> {
    engine: &'a Engine,
    placement: Placement,
    operation: Operation,
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
    pub(crate) fn new(engine: &'a Engine, placement: Placement, operation: Operation) -> Self {
        Self {
            engine,
            placement,
            operation,
            writes: Vec::new(),
        }
    }

    pub(crate) fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    #[cfg(feature = "testing")]
    pub(crate) fn put_bytes(&mut self, id: SessionId, bytes: Vec<u8>) {
        self.writes.push(Write::PutBytes(id, bytes));
    }

    fn told<T>(&self, answer: std::result::Result<T, Fault>) -> Result<T> {
        answer.map_err(|fault| fault.error(self.operation))
    }
}

impl Shelf for PlacementView<'_> {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        self.told(read::entry(self.engine, id))
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.writes.push(Write::PutEntry(id, entry));
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.writes.push(Write::RemoveEntry(id));
    }

    fn head(&self, subject: &Subject) -> Result<Option<SetHead>> {
        let value = self.told(self.engine.get(&keys::head(self.placement, subject)))?;
        Ok(value.map(|value| head::read(subject, &value)))
    }

    fn put_head(&mut self, subject: &Subject, head: SetHead) {
        self.writes.push(Write::PutHead(subject.clone(), head));
    }

    fn remove_head(&mut self, subject: &Subject) {
        self.writes.push(Write::RemoveHead(subject.clone()));
    }

    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>> {
        let prefix = keys::members(self.placement, subject);
        let keys = self.told(self.engine.keys(&prefix))?;
        Ok(keys
            .iter()
            .filter_map(|key| keys::id_of(self.placement, key.get(prefix.len()..)?))
            .collect())
    }

    fn member_count(&self, subject: &Subject) -> Result<usize> {
        let prefix = keys::members(self.placement, subject);
        Ok(self.told(self.engine.keys(&prefix))?.len())
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        if id.placement() != self.placement {
            return Ok(false);
        }
        let key = keys::member(self.placement, subject, id);
        self.told(self.engine.contains(&key))
    }

    fn add_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::AddMember(subject.clone(), id));
    }

    fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::RemoveMember(subject.clone(), id));
    }
}

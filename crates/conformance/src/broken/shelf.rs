//! What is stored, seen through a fault.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};

use cloakroom_core::semantics::{Entry, SetHead, Shelf};
use cloakroom_core::store::EndReason;
use cloakroom_core::{Operation, PlacementKey, Record, Result, SessionId, Subject, Timestamp};

use super::Fault;
use crate::reference::Maps;
use crate::suite::times::days;

/// The maps of a store, seen through its fault while one operation runs.
///
/// What is read and what is written is changed in [`super::seen`] and [`super::stored`].
pub(super) struct BrokenShelf<'a> {
    pub(super) fault: Fault,
    pub(super) operation: Operation,
    pub(super) now: Timestamp,
    pub(super) maps: MutexGuard<'a, Maps>,
    pub(super) written: MutexGuard<'a, HashMap<SessionId, Record>>,
}

impl BrokenShelf<'_> {
    /// The name under which the set of a subject is kept.
    pub(super) fn key(&self, of: &Subject) -> Subject {
        let name = of.as_str();
        let key = match self.fault {
            Fault::SharesOneSet => "everybody".to_owned(),
            Fault::KeysSetsByPlacement => PlacementKey::default().place(of).to_string(),
            Fault::CutsNamesAtNul => name.split('\0').next().unwrap_or_default().to_owned(),
            Fault::CutsNamesAtColons => name.split(':').next().unwrap_or_default().to_owned(),
            Fault::IgnoresCase => name.to_lowercase(),
            Fault::TrimsNames => name.trim().to_owned(),
            Fault::CutsLongNames => name.chars().take(Subject::MAX_LEN - 1).collect(),
            _ => return of.clone(),
        };
        Subject::new(key).unwrap_or_else(|_| of.clone())
    }

    /// The other names with a set that begin with this one.
    pub(super) fn names_that_begin_with(&self, of: &Subject) -> Vec<Subject> {
        let others = self.maps.sets.keys().filter(|other| *other != of);
        let matching = others.filter(|other| other.as_str().starts_with(of.as_str()));
        matching.cloned().collect()
    }

    /// Whether an index that lives for two weeks has forgotten a member.
    fn is_forgotten(&self, id: SessionId) -> bool {
        let joined = self.written.get(&id).map(Record::created);
        self.fault == Fault::ForgetsMembersInTwoWeeks
            && joined.is_some_and(|joined| self.now >= joined.plus(days(14)))
    }
}

impl Shelf for BrokenShelf<'_> {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        let entry = self.maps.entry(id)?;
        Ok(entry.and_then(|entry| self.seen(id, entry)))
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        let evicts = matches!(&entry, Entry::Ended(ended) if ended.reason == EndReason::Ended);
        if self.fault == Fault::EvictsInNameOnly && self.operation == Operation::Create && evicts {
            return;
        }
        if self.fault == Fault::EndsInTheSetAlone && matches!(&entry, Entry::Ended(_)) {
            return;
        }
        if let Some(stored) = self.stored(entry) {
            if let Entry::Live(record) = &stored {
                let record = Arc::clone(record);
                self.written.insert(id, (*record).clone());
            }
            self.maps.put_entry(id, stored);
        } else {
            self.maps.remove_entry(id);
        }
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.maps.remove_entry(id);
    }

    fn head(&self, of: &Subject) -> Result<Option<SetHead>> {
        if self.fault == Fault::BeginsAnew && self.operation == Operation::Begin {
            return Ok(None);
        }
        self.maps.head(&self.key(of))
    }

    fn put_head(&mut self, of: &Subject, head: SetHead) {
        let key = self.key(of);
        let head = self.stored_head(&key, head);
        self.maps.put_head(&key, head);
    }

    fn remove_head(&mut self, of: &Subject) {
        let key = self.key(of);
        self.maps.remove_head(&key);
    }

    fn members(&self, of: &Subject) -> Result<Vec<SessionId>> {
        let mut members = self.maps.members(&self.key(of))?;
        members.retain(|id| !self.is_forgotten(*id));
        Ok(members)
    }

    fn member_count(&self, of: &Subject) -> Result<usize> {
        self.maps.member_count(&self.key(of))
    }

    fn is_member(&self, of: &Subject, id: SessionId) -> Result<bool> {
        let is_member = self.maps.is_member(&self.key(of), id)? && !self.is_forgotten(id);
        let looks = match self.operation {
            Operation::Load => self.fault != Fault::EndsInTheSetAlone,
            _ => true,
        };
        Ok(is_member || !looks || self.fault == Fault::ChecksNoMembership)
    }

    fn add_member(&mut self, of: &Subject, id: SessionId) {
        if self.fault == Fault::RenewLosesTheMember && self.operation == Operation::Renew {
            return;
        }
        let key = self.key(of);
        self.maps.add_member(&key, id);
    }

    fn remove_member(&mut self, of: &Subject, id: SessionId) {
        let stays = match self.operation {
            Operation::Create => self.fault == Fault::EvictsInNameOnly,
            Operation::Renew => self.fault == Fault::RenewLeavesTheMember,
            Operation::Delete => self.fault == Fault::DeleteLeavesTheMember,
            Operation::Revoke => self.fault == Fault::RevokeLeavesTheMember,
            Operation::PurgeExpired => self.fault == Fault::PurgeLeavesTheMember,
            _ => false,
        };
        if !stays {
            let key = self.key(of);
            self.maps.remove_member(&key, id);
        }
    }
}

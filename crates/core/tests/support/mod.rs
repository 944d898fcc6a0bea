// A small store for the tests and the examples of this crate: maps behind one lock. Examples
// include this file as text, which is why it has no inner attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cloakroom_core::semantics::{self, Entry, SetHead, Shelf};
use cloakroom_core::store::*;
use cloakroom_core::{
    Generation, PlacementKey, Result, SessionId, SessionStore, Subject, Timestamp,
};

/// All placements in one shelf, which applies every write at once.
#[derive(Debug, Default, Clone)]
pub(crate) struct MapShelf {
    pub(crate) entries: BTreeMap<SessionId, Entry>,
    pub(crate) heads: BTreeMap<Subject, SetHead>,
    pub(crate) members: BTreeMap<Subject, BTreeSet<SessionId>>,
}

impl Shelf for MapShelf {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        Ok(self.entries.get(&id).cloned())
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.entries.insert(id, entry);
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.entries.remove(&id);
    }

    fn head(&self, subject: &Subject) -> Result<Option<SetHead>> {
        Ok(self.heads.get(subject).copied())
    }

    fn put_head(&mut self, subject: &Subject, head: SetHead) {
        self.heads.insert(subject.clone(), head);
    }

    fn remove_head(&mut self, subject: &Subject) {
        self.heads.remove(subject);
    }

    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>> {
        let members = self.members.get(subject).into_iter().flatten();
        Ok(members.copied().collect())
    }

    fn member_count(&self, subject: &Subject) -> Result<usize> {
        Ok(self.members.get(subject).map_or(0, BTreeSet::len))
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        let members = self.members.get(subject);
        Ok(members.is_some_and(|members| members.contains(&id)))
    }

    fn add_member(&mut self, subject: &Subject, id: SessionId) {
        self.members.entry(subject.clone()).or_default().insert(id);
    }

    fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        if let Some(members) = self.members.get_mut(subject) {
            members.remove(&id);
            if members.is_empty() {
                self.members.remove(subject);
            }
        }
    }
}

/// A store over one [`MapShelf`].
#[derive(Debug, Default)]
pub(crate) struct MapStore {
    key: PlacementKey,
    shelf: Mutex<MapShelf>,
}

impl MapStore {
    pub(crate) fn shelf(&self) -> MutexGuard<'_, MapShelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for MapStore {
    fn placement_key(&self) -> &PlacementKey {
        &self.key
    }

    async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Generation> {
        semantics::begin(&mut *self.shelf(), subject, until, now)
    }

    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        validate_create(&self.key, request)?;
        semantics::create(&mut *self.shelf(), request, now)
    }

    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        semantics::load(&*self.shelf(), id, now)
    }

    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        semantics::update(&mut *self.shelf(), request, now)
    }

    async fn touch(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        semantics::touch(&mut *self.shelf(), id, subject, now)
    }

    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        validate_renew(request)?;
        semantics::renew(&mut *self.shelf(), request, now)
    }

    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        semantics::delete(&mut *self.shelf(), request, now)
    }

    async fn token_set(
        &self,
        subject: &Subject,
        page: &Page,
        now: Timestamp,
    ) -> Result<TokenSetPage> {
        semantics::token_set(&*self.shelf(), subject, page, now)
    }

    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        semantics::revoke(&mut *self.shelf(), request, now)
    }

    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        let mut shelf = self.shelf();
        let ids: Vec<_> = shelf.entries.keys().copied().collect();
        let subjects: Vec<_> = shelf.heads.keys().cloned().collect();
        let mut gone = 0;
        for id in ids {
            if gone < limit && semantics::purge_entry(&mut *shelf, id, now)? {
                gone += 1;
            }
        }
        for subject in subjects {
            if gone < limit && semantics::purge_set(&mut *shelf, &subject, now)? {
                gone += 1;
            }
        }
        Ok(gone)
    }

    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        let shelf = self.shelf();
        let ids_from = |from| {
            let range = shelf.entries.range((from, Bound::Unbounded));
            range.map(|(id, _)| *id)
        };
        semantics::scan(&*shelf, ids_from, page, now)
    }

    async fn count(&self, now: Timestamp) -> Result<u64> {
        let shelf = self.shelf();
        let mut live = 0;
        for (id, entry) in &shelf.entries {
            if let Some(Listed::Session(_)) = semantics::listed(&*shelf, *id, entry, now)? {
                live += 1;
            }
        }
        Ok(live)
    }
}

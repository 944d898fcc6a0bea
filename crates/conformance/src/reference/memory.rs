//! A complete store: maps behind a lock.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::Unbounded;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cloakroom_core::semantics::{self, Entry, SetHead, Shelf};
use cloakroom_core::{store::*, *};

/// A store in memory. Clones share the data.
#[derive(Clone, Default)]
pub struct MemoryStore {
    key: PlacementKey,
    maps: Arc<Mutex<Maps>>,
}

/// All that is stored. One lock guards it; a faster store has one for each placement.
#[derive(Default)]
pub(crate) struct Maps {
    /// As bytes, as on a disk: damage there is found when they are read.
    pub(crate) records: BTreeMap<SessionId, Bytes>,
    /// The ids that were renewed or have ended.
    pub(crate) memories: BTreeMap<SessionId, Entry>,
    pub(crate) sets: BTreeMap<Subject, (SetHead, BTreeSet<SessionId>)>,
    /// What may be over when, so that a purge looks at nothing else.
    pub(crate) due: BTreeSet<(Timestamp, Due)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Entry(SessionId),
    Set(Subject),
}

impl MemoryStore {
    pub(crate) fn maps(&self) -> MutexGuard<'_, Maps> {
        self.maps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the sessions, which are secret.
impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait::async_trait]
impl SessionStore for MemoryStore {
    fn placement_key(&self) -> &PlacementKey {
        &self.key
    }
    async fn begin(&self, of: &Subject, until: Timestamp, now: Timestamp) -> Result<Generation> {
        semantics::begin(&mut *self.maps(), of, until, now)
    }
    async fn create(&self, request: &Create, now: Timestamp) -> Result<CreateOutcome> {
        validate_create(&self.key, request)?;
        semantics::create(&mut *self.maps(), request, now)
    }
    async fn load(&self, id: SessionId, now: Timestamp) -> Result<LoadOutcome> {
        semantics::load(&*self.maps(), id, now)
    }
    async fn update(&self, request: &Update, now: Timestamp) -> Result<UpdateOutcome> {
        semantics::update(&mut *self.maps(), request, now)
    }
    async fn touch(
        &self,
        id: SessionId,
        of: Option<&Subject>,
        now: Timestamp,
    ) -> Result<TouchOutcome> {
        semantics::touch(&mut *self.maps(), id, of, now)
    }
    async fn renew(&self, request: &Renew, now: Timestamp) -> Result<RenewOutcome> {
        validate_renew(request)?;
        semantics::renew(&mut *self.maps(), request, now)
    }
    async fn delete(&self, request: &Delete, now: Timestamp) -> Result<DeleteOutcome> {
        semantics::delete(&mut *self.maps(), request, now)
    }
    async fn token_set(&self, of: &Subject, page: &Page, now: Timestamp) -> Result<TokenSetPage> {
        semantics::token_set(&*self.maps(), of, page, now)
    }
    async fn revoke(&self, request: &Revoke, now: Timestamp) -> Result<Revoked> {
        semantics::revoke(&mut *self.maps(), request, now)
    }
    async fn purge_expired(&self, limit: usize, now: Timestamp) -> Result<usize> {
        let (mut maps, mut went) = (self.maps(), 0);
        while went < limit && maps.due.first().is_some_and(|(at, _)| *at <= now) {
            // What has been used since does not go: it was noted once more, for later.
            went += usize::from(match maps.due.pop_first() {
                Some((_, Due::Entry(id))) => semantics::purge_entry(&mut *maps, id, now)?,
                Some((_, Due::Set(of))) => semantics::purge_set(&mut *maps, &of, now)?,
                None => break,
            });
        }
        Ok(went)
    }
    async fn scan(&self, page: &Page, now: Timestamp) -> Result<ScanPage> {
        let maps = self.maps();
        let ids_from = |from| maps.records.range((from, Unbounded)).map(|(id, _)| *id);
        semantics::scan(&*maps, ids_from, page, now)
    }
    async fn count(&self, now: Timestamp) -> Result<u64> {
        let all = Page {
            after: None,
            limit: usize::MAX,
        };
        Ok(self.scan(&all, now).await?.sessions.len() as u64)
    }
}

#[rustfmt::skip] // a line for each short one
impl Shelf for Maps {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        let record = self.records.get(&id).map(|stored| Entry::of_record(id, stored.clone()));
        Ok(record.or_else(|| self.memories.get(&id).cloned()))
    }
    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.remove_entry(id);
        self.due.extend(entry.until().map(|until| (until.instant(), Due::Entry(id))));
        if let Entry::Live(record) = entry {
            self.records.insert(id, record.encode(RecordVersion::V1).into());
        } else {
            self.memories.insert(id, entry);
        }
    }
    fn remove_entry(&mut self, id: SessionId) { self.records.remove(&id); self.memories.remove(&id); }
    fn head(&self, of: &Subject) -> Result<Option<SetHead>> { Ok(self.sets.get(of).map(|set| set.0)) }
    fn put_head(&mut self, of: &Subject, head: SetHead) {
        self.due.insert((head.kept_until, Due::Set(of.clone())));
        self.sets.entry(of.clone()).or_insert((head, BTreeSet::new())).0 = head;
    }
    fn remove_head(&mut self, of: &Subject) { self.sets.remove(of); }
    fn members(&self, of: &Subject) -> Result<Vec<SessionId>> {
        Ok(self.sets.get(of).map_or(Vec::new(), |(_, ids)| ids.iter().copied().collect()))
    }
    fn member_count(&self, of: &Subject) -> Result<usize> { Ok(self.sets.get(of).map_or(0, |set| set.1.len())) }
    fn is_member(&self, of: &Subject, id: SessionId) -> Result<bool> {
        Ok(self.sets.get(of).is_some_and(|(_, ids)| ids.contains(&id)))
    }
    fn add_member(&mut self, of: &Subject, id: SessionId) {
        if let Some((_, ids)) = self.sets.get_mut(of) { ids.insert(id); }
    }
    fn remove_member(&mut self, of: &Subject, id: SessionId) {
        if let Some((_, ids)) = self.sets.get_mut(of) { ids.remove(&id); }
    }
}

//! A store as the cases call it: what fails, fails the case.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloakroom_core::store::{
    Create, CreateOutcome, Cursor, Delete, DeleteOutcome, Listed, LoadOutcome, Page, Renew,
    RenewOutcome, Revoke, Revoked, TouchOutcome, Update, UpdateOutcome,
};
use cloakroom_core::{
    Generation, Placement, Record, SessionId, SessionStore, Subject, Timeouts, Timestamp,
};

use crate::suite::requests::{create, payload, random_id};

/// More pages than any case has entries: a listing that has so many never ends.
const ENDLESS: usize = 5_000;

/// A store as the cases call it: what fails, fails the case. Clones share the store.
pub(crate) struct Client<S>(Arc<S>);

impl<S> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The operations.
impl<S: SessionStore> Client<S> {
    pub(crate) fn new(store: S) -> Self {
        Self(Arc::new(store))
    }

    /// The store itself, for what is expected to fail.
    pub(crate) fn raw(&self) -> &S {
        &self.0
    }

    pub(crate) async fn begin(
        &self,
        subject: &Subject,
        until: Timestamp,
        now: Timestamp,
    ) -> Generation {
        let answer = self.0.begin(subject, until, now).await;
        answer.expect("begin does not fail")
    }

    pub(crate) async fn create(&self, request: &Create, now: Timestamp) -> CreateOutcome {
        let answer = self.0.create(request, now).await;
        answer.expect("create does not fail")
    }

    pub(crate) async fn load(&self, id: SessionId, now: Timestamp) -> LoadOutcome {
        self.0.load(id, now).await.expect("load does not fail")
    }

    pub(crate) async fn update(&self, request: &Update, now: Timestamp) -> UpdateOutcome {
        let answer = self.0.update(request, now).await;
        answer.expect("update does not fail")
    }

    pub(crate) async fn touch(&self, record: &Record, now: Timestamp) -> TouchOutcome {
        self.touch_as(record.id(), record.subject(), now).await
    }

    pub(crate) async fn touch_as(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> TouchOutcome {
        let answer = self.0.touch(id, subject, now).await;
        answer.expect("touch does not fail")
    }

    pub(crate) async fn renew(&self, request: &Renew, now: Timestamp) -> RenewOutcome {
        self.0
            .renew(request, now)
            .await
            .expect("renew does not fail")
    }

    pub(crate) async fn delete(&self, request: &Delete, now: Timestamp) -> DeleteOutcome {
        let answer = self.0.delete(request, now).await;
        answer.expect("delete does not fail")
    }

    pub(crate) async fn revoke(&self, request: &Revoke, now: Timestamp) -> Revoked {
        let answer = self.0.revoke(request, now).await;
        answer.expect("revoke does not fail")
    }

    pub(crate) async fn purge(&self, limit: usize, now: Timestamp) -> usize {
        let answer = self.0.purge_expired(limit, now).await;
        answer.expect("purge_expired does not fail")
    }

    pub(crate) async fn count(&self, now: Timestamp) -> u64 {
        self.0.count(now).await.expect("count does not fail")
    }

    /// A whole token set, in pages of this many.
    pub(crate) async fn list_by(
        &self,
        limit: usize,
        subject: &Subject,
        now: Timestamp,
    ) -> Vec<Listed> {
        let mut listed = Vec::new();
        let mut after: Option<Cursor> = None;
        for _ in 0..ENDLESS {
            let page = Page { after, limit };
            let answer = self.0.token_set(subject, &page, now).await;
            let page = answer.expect("token_set does not fail");
            listed.extend(page.sessions);
            after = page.next;
            if after.is_none() {
                return listed;
            }
        }
        panic!("token_set gives page after page, without an end");
    }

    /// Everybody's sessions, in pages of this many.
    pub(crate) async fn scan_by(&self, limit: usize, now: Timestamp) -> Vec<Listed> {
        let mut listed = Vec::new();
        let mut after: Option<Cursor> = None;
        for _ in 0..ENDLESS {
            let page = Page { after, limit };
            let answer = self.0.scan(&page, now).await;
            let page = answer.expect("scan does not fail");
            listed.extend(page.sessions);
            after = page.next;
            if after.is_none() {
                return listed;
            }
        }
        panic!("scan gives page after page, without an end");
    }
}

/// What the cases make of them.
impl<S: SessionStore> Client<S> {
    /// Where the sessions of a subject live.
    pub(crate) fn place(&self, subject: &Subject) -> Placement {
        self.0.placement_key().place(subject)
    }

    /// An unused id for a session of this subject.
    pub(crate) fn new_id(&self, subject: &Subject) -> SessionId {
        random_id(self.place(subject))
    }

    /// A record of this subject, not stored yet.
    pub(crate) fn record(&self, subject: &Subject, now: Timestamp) -> Record {
        self.record_for(subject, Timeouts::default(), now)
    }

    /// A record of this subject with these timeouts, not stored yet.
    pub(crate) fn record_for(
        &self,
        subject: &Subject,
        timeouts: Timeouts,
        now: Timestamp,
    ) -> Record {
        let id = self.new_id(subject);
        Record::signed_in(id, subject.clone(), now, timeouts, payload("first"))
    }

    /// A record without a subject, not stored yet.
    pub(crate) fn anonymous(&self, now: Timestamp) -> Record {
        // Any placement does: that of a made-up subject, for one.
        let id = self.new_id(&crate::suite::requests::subject("nobody"));
        Record::anonymous(id, now, Timeouts::default(), payload("first"))
    }

    /// Stores a record, and expects that nobody has to go for it.
    pub(crate) async fn add(&self, record: Record, now: Timestamp) -> Record {
        let outcome = self.create(&create(&record), now).await;
        let created = CreateOutcome::Created {
            evicted: Vec::new(),
            repeated: false,
        };
        assert_eq!(outcome, created, "a session with an unused id is created");
        record
    }

    /// A new session of this subject.
    pub(crate) async fn sign_in(&self, subject: &Subject, now: Timestamp) -> Record {
        self.add(self.record(subject, now), now).await
    }

    /// A new session without a subject.
    pub(crate) async fn visit(&self, now: Timestamp) -> Record {
        self.add(self.anonymous(now), now).await
    }

    /// The session that an id names, which has to live.
    pub(crate) async fn found(&self, id: SessionId, now: Timestamp) -> Arc<Record> {
        match self.load(id, now).await {
            LoadOutcome::Found(record) => record,
            other => panic!("{id:?} has to name a live session, but load answers {other:?}"),
        }
    }

    /// Whether an id names a live session.
    pub(crate) async fn lives(&self, id: SessionId, now: Timestamp) -> bool {
        matches!(self.load(id, now).await, LoadOutcome::Found(_))
    }

    /// The ids of a token set.
    pub(crate) async fn ids(&self, subject: &Subject, now: Timestamp) -> BTreeSet<SessionId> {
        let listed = self.list_by(100, subject, now).await;
        listed.iter().map(Listed::id).collect()
    }

    /// The ids of everybody's sessions.
    pub(crate) async fn all_ids(&self, now: Timestamp) -> BTreeSet<SessionId> {
        let listed = self.scan_by(100, now).await;
        listed.iter().map(Listed::id).collect()
    }

    /// Purges until nothing more goes. Says how many went.
    pub(crate) async fn purge_all(&self, limit: usize, now: Timestamp) -> usize {
        let mut all = 0;
        for _ in 0..ENDLESS {
            match self.purge(limit, now).await {
                0 => return all,
                went => all += went,
            }
        }
        panic!("purge_expired never comes to an end");
    }
}

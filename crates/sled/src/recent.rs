//! The sessions that were read or written lately.

use std::fmt;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_core::semantics::Entry;
use cloakroom_core::{Label, Record, SessionId, Subject, Timestamp};
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, Weighter};

use crate::fault::Fault;

/// What a session takes here beside its data, its label and its subject. With 100,000 of them that were read
/// from disk, some 480 were measured.
const SESSION: u64 = 600;

/// The sessions that were read or written lately, by their present ids, so that reading them again does
/// not go through sled.
///
/// **What is kept under an id is what sled holds under it.** Only the leader changes what sled holds. It
/// takes the session out before it does, and until it is done no reader keeps anything in the same part;
/// nor does one who began to read before the change. So a load that finds a session here answers as sled
/// would have at that instant.
pub(crate) struct Recent {
    sessions: Cache<SessionId, Arc<Record>, Weight, RandomState, Collects>,
    /// Whether anything is to be kept.
    is_on: bool,
    parts: Box<[Mutex<Part>; Recent::PARTS]>,
}

/// An id under which the leader writes, and the session that it writes, where it is one.
type Written = (SessionId, Option<Arc<Record>>);

/// Counts how often a change of the part began or ended: odd while one is under way.
#[derive(Debug, Default)]
struct Part(u64);

impl Recent {
    const PARTS: usize = 256;

    /// Keeps about so many bytes at most.
    pub(crate) fn new(bytes: u64) -> Self {
        let sessions = usize::try_from(bytes / 1024).unwrap_or(usize::MAX);
        Self {
            sessions: Cache::with(sessions, bytes, Weight, RandomState::new(), Collects),
            is_on: bytes > 0,
            parts: Box::new(std::array::from_fn(|_| Mutex::default())),
        }
    }

    /// What is under an id: the session that is kept, or else what is read; a session that lives is then
    /// kept.
    pub(crate) fn entry(
        &self,
        id: SessionId,
        now: Timestamp,
        read: impl FnOnce() -> Result<Option<Entry>, Fault>,
    ) -> Result<Option<Entry>, Fault> {
        if !self.is_on {
            return read();
        }
        if let Some(record) = self.sessions.get(&id) {
            return Ok(Some(Entry::Live(record)));
        }
        let before = self.part(id).0;
        let entry = read()?;
        if let Some(Entry::Live(record)) = &entry
            && !record.deadline().is_over(now)
        {
            let mut gone = Vec::new();
            let part = self.part(id);
            if part.0 == before && !part.is_changing() {
                self.sessions
                    .insert_with_lifecycle(id, Arc::clone(record), &mut gone);
            }
            // What had to go for it is let go without the lock.
            drop(part);
        }
        Ok(entry)
    }

    /// Keeps a session no longer.
    pub(crate) fn forget(&self, id: SessionId) {
        self.sessions.remove(&id);
    }

    /// To be called by the leader before it changes what sled holds under these ids. Returns what was kept,
    /// to be let go without a lock.
    pub(crate) fn begin_change(&self, entries: &[Written]) -> Vec<Arc<Record>> {
        let mut gone = Vec::new();
        if !self.is_on {
            return gone;
        }
        for (id, _) in entries {
            let mut part = self.part(*id);
            if !part.is_changing() {
                part.0 += 1;
            }
            gone.extend(self.sessions.remove(id).map(|(_, kept)| kept));
        }
        gone
    }

    /// To be called by the leader once sled holds these sessions, or none, under these ids, each of which is
    /// there once. They are kept: who has changed a session mostly comes back. Returns what had to go for
    /// them.
    pub(crate) fn end_change(&self, entries: Vec<Written>) -> Vec<Arc<Record>> {
        let mut gone = Vec::new();
        if !self.is_on {
            return gone;
        }
        let ids: Vec<_> = entries.iter().map(|(id, _)| *id).collect();
        for (id, record) in entries {
            if let Some(record) = record {
                self.sessions.insert_with_lifecycle(id, record, &mut gone);
            }
        }
        for id in ids {
            let mut part = self.part(id);
            if part.is_changing() {
                part.0 += 1;
            }
        }
        gone
    }

    /// Its digest is as good as random.
    fn part(&self, id: SessionId) -> MutexGuard<'_, Part> {
        let [.., last] = *id.as_bytes();
        self.parts[usize::from(last)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    const fn is_changing(&self) -> bool {
        self.0 % 2 == 1
    }
}

/// Keeps nothing.
impl Default for Recent {
    fn default() -> Self {
        Self::new(0)
    }
}

/// Without what it holds.
impl fmt::Debug for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").finish_non_exhaustive()
    }
}

/// Hands out what had to go, so that it is let go without a lock of the cache.
#[derive(Debug, Clone, Copy)]
struct Collects;

impl Lifecycle<SessionId, Arc<Record>> for Collects {
    type RequestState = Vec<Arc<Record>>;

    fn on_evict(&self, gone: &mut Self::RequestState, _: SessionId, record: Arc<Record>) {
        gone.push(record);
    }
}

#[derive(Debug, Clone, Copy)]
struct Weight;

impl Weighter<SessionId, Arc<Record>> for Weight {
    fn weight(&self, _: &SessionId, record: &Arc<Record>) -> u64 {
        let label = record.label().map_or(0, |label| Label::as_str(label).len());
        let subject = record.subject().map_or(0, |it| Subject::as_str(it).len());
        // A record that was read has label and subject twice: by themselves, and in the bytes that it was read from.
        SESSION + (record.payload().bytes.len() + 2 * (label + subject)) as u64
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_core::{Payload, Timeouts};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1);

    fn record(id: SessionId, len: usize) -> Arc<Record> {
        let payload = Payload {
            codec: 1,
            bytes: vec![7; len].into(),
        };
        Arc::new(Record::anonymous(id, NOW, Timeouts::default(), payload))
    }

    fn id(first: u8, part: u8) -> SessionId {
        let mut bytes = [first; SessionId::LEN];
        bytes[SessionId::LEN - 1] = part;
        SessionId::from_stored(bytes)
    }

    /// Reads a session for which sled is not to be asked.
    fn kept(recent: &Recent, id: SessionId) -> Option<Arc<Record>> {
        match recent.entry(id, NOW, || Ok(None)).unwrap() {
            Some(Entry::Live(record)) => Some(record),
            Some(_) => panic!("only sessions are kept"),
            None => None,
        }
    }

    /// Reads a session that is in sled.
    fn read(recent: &Recent, record: &Arc<Record>) {
        let entry = recent.entry(record.id(), NOW, || {
            Ok(Some(Entry::Live(Arc::clone(record))))
        });
        assert!(matches!(entry, Ok(Some(Entry::Live(_)))));
    }

    #[test]
    fn a_session_is_kept_until_it_changes() {
        let recent = Recent::new(1 << 20);
        let (one, other) = (record(id(1, 0), 9), record(id(2, 255), 9));
        for record in [&one, &other] {
            assert_eq!(kept(&recent, record.id()), None);
            read(&recent, record);
            assert_eq!(kept(&recent, record.id()).as_ref(), Some(record));
        }
        for becomes in [None, Some(record(one.id(), 10)), None] {
            let written = vec![(one.id(), becomes.clone())];
            recent.begin_change(&written);
            assert_eq!(kept(&recent, one.id()), None);
            assert_eq!(kept(&recent, other.id()).as_ref(), Some(&other));
            recent.end_change(written);
            assert_eq!(kept(&recent, one.id()), becomes);
        }
        read(&recent, &one);
        assert_eq!(kept(&recent, one.id()).as_ref(), Some(&one));
        recent.forget(one.id());
        assert_eq!(kept(&recent, one.id()), None);
    }

    /// Labels and subjects count, or the limit of bytes would mean nothing where all of them are long.
    #[test]
    fn what_is_kept_of_a_record_weighs() {
        let weight = |subject: &str, label: Option<&str>, len| {
            let record = record(id(1, 1), len);
            let (created, payload) = (record.created(), record.payload().clone());
            let subject = Subject::new(subject).unwrap();
            let signed_in =
                Record::signed_in(record.id(), subject, created, Timeouts::default(), payload);
            let record = signed_in.with_label(label.map(|label| Label::new(label).unwrap()));
            Weight.weight(&id(1, 1), &Arc::new(record))
        };
        let bare = weight("a", None, 0);
        assert_eq!(bare, SESSION + 2);
        assert_eq!(weight("a", None, 70) - bare, 70);
        assert_eq!(weight("ada", None, 0) - bare, 2 * 2);
        assert_eq!(weight("a", Some("phone"), 0) - bare, 2 * 5);
        assert_eq!(weight("ada", Some("phone"), 70) - bare, 70 + 2 * 7);
    }

    #[test]
    fn what_was_read_while_something_changed_is_not_kept() {
        let (one, same_part) = (record(id(1, 3), 9), id(2, 3));
        let [one_goes, other_goes] = [one.id(), same_part].map(|id| (id, None));
        let changes = [
            vec![one_goes.clone()],
            vec![other_goes.clone()],
            vec![one_goes.clone(), other_goes.clone()],
            vec![other_goes, one_goes],
        ];
        for changed in &changes {
            let recent = Recent::new(1 << 20);
            let not_kept = |when| assert_eq!(kept(&recent, one.id()), None, "{when}");
            let read_while = |change: &dyn Fn()| {
                let answer = recent.entry(one.id(), NOW, || {
                    change();
                    Ok(Some(Entry::Live(Arc::clone(&one))))
                });
                assert!(matches!(answer, Ok(Some(Entry::Live(_)))));
            };
            read_while(&|| drop(recent.begin_change(changed)));
            not_kept("a change began");
            read_while(&|| ());
            not_kept("a change is under way");
            read_while(&|| drop(recent.end_change(changed.to_vec())));
            not_kept("a change ended");
            read_while(&|| {
                recent.begin_change(changed);
                recent.end_change(changed.to_vec());
            });
            not_kept("a change began and ended");
            read_while(&|| ());
            assert_eq!(kept(&recent, one.id()).as_ref(), Some(&one));
        }
    }

    /// Somewhere without a lock: dropping a session's decoded data may do anything.
    #[test]
    fn what_leaves_is_handed_out() {
        let recent = Recent::new(4 << 10);
        let one = record(id(1, 1), 9);
        read(&recent, &one);
        let gone = recent.begin_change(&[(one.id(), None)]);
        assert_eq!(gone, [one]);
        let many: Vec<_> = (0..20)
            .map(|n| (id(n, n), Some(record(id(n, n), 9))))
            .collect();
        let gone = recent.end_change(many.clone());
        let kept = many.iter().filter(|(id, _)| kept(&recent, *id).is_some());
        assert_eq!(kept.count() + gone.len(), many.len());
        assert!(gone.len() > 2, "{}", gone.len());
    }

    #[test]
    fn only_sessions_are_kept() {
        let recent = Recent::new(1 << 20);
        for entry in [None, Some(Entry::Damaged), Some(Entry::NewerVersion)] {
            let _ = recent.entry(id(1, 1), NOW, || Ok(entry));
            assert_eq!(kept(&recent, id(1, 1)), None);
        }
        let over = record(id(1, 1), 9);
        let end = over.deadline().instant();
        let _ = recent.entry(over.id(), end, || Ok(Some(Entry::Live(over.clone()))));
        assert_eq!(kept(&recent, over.id()), None, "it is over");
        let fault = recent.entry(id(1, 1), NOW, || Err(Fault::Closed));
        assert!(matches!(fault, Err(Fault::Closed)));
    }

    #[test]
    fn no_more_is_kept_than_was_asked_for() {
        let most = 64 << 10;
        let recent = Recent::new(most);
        let records: Vec<_> = (0..=255).map(|n| record(id(n, n), 1_500)).collect();
        for record in &records {
            read(&recent, record);
        }
        let kept_ones = records.iter().filter_map(|it| kept(&recent, it.id()));
        let bytes: u64 = kept_ones.map(|it| Weight.weight(&it.id(), &it)).sum();
        assert!((most / 2..=most).contains(&bytes), "{bytes} bytes");
        let nothing = Recent::default();
        read(&nothing, &records[0]);
        assert_eq!(kept(&nothing, records[0].id()), None);
    }
}

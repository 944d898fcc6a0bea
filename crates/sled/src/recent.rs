//! The sessions that were read or written lately.

use std::fmt;
use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_core::semantics::Entry;
use cloakroom_core::{Label, Record, SessionId, Subject};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::fault::Fault;

/// What a session takes here beside its data, its label and its subject. Measured with 100,000 of them.
const SESSION: u64 = 500;

/// The sessions that were read or written lately, by their present ids, so that reading them again does
/// not go through sled.
///
/// **What is kept under an id is what sled holds under it.** Only the leader changes what sled holds. It
/// takes the session out before it does, and until it is done no reader keeps anything in the same part;
/// nor does one who began to read before the change. So a load that finds a session here answers as sled
/// would have at that instant.
pub(crate) struct Recent {
    sessions: Cache<SessionId, Arc<Record>, Weight, RandomState>,
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
            sessions: Cache::with(
                sessions,
                bytes,
                Weight,
                RandomState::new(),
                DefaultLifecycle::default(),
            ),
            parts: Box::new(std::array::from_fn(|_| Mutex::default())),
        }
    }

    /// What is under an id: the session that is kept, or else what is read; a session is then kept.
    pub(crate) fn entry(
        &self,
        id: SessionId,
        read: impl FnOnce() -> Result<Option<Entry>, Fault>,
    ) -> Result<Option<Entry>, Fault> {
        if let Some(record) = self.sessions.get(&id) {
            return Ok(Some(Entry::Live(record)));
        }
        let before = self.part(id).0;
        let entry = read()?;
        if let Some(Entry::Live(record)) = &entry {
            let part = self.part(id);
            if part.0 == before && !part.is_changing() {
                self.sessions.insert(id, Arc::clone(record));
            }
        }
        Ok(entry)
    }

    /// To be called by the leader before it changes what sled holds under these ids.
    pub(crate) fn begin_change(&self, entries: &[Written]) {
        for (id, _) in entries {
            let mut part = self.part(*id);
            if !part.is_changing() {
                part.0 += 1;
            }
            self.sessions.remove(id);
        }
    }

    /// To be called by the leader once sled holds these sessions, or none, under these ids. They are kept:
    /// who has changed a session mostly comes back.
    pub(crate) fn end_change(&self, entries: Vec<Written>) {
        let ids: Vec<_> = entries.iter().map(|(id, _)| *id).collect();
        for (id, record) in entries {
            match record {
                Some(record) => self.sessions.insert(id, record),
                // Of two words on one id the last counts.
                None => {
                    self.sessions.remove(&id);
                }
            }
        }
        for id in ids {
            let mut part = self.part(id);
            if part.is_changing() {
                part.0 += 1;
            }
        }
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

#[derive(Debug, Clone, Copy)]
struct Weight;

impl Weighter<SessionId, Arc<Record>> for Weight {
    fn weight(&self, _: &SessionId, record: &Arc<Record>) -> u64 {
        let label = record.label().map_or(0, |label| Label::as_str(label).len());
        let subject = record.subject().map_or(0, |it| Subject::as_str(it).len());
        SESSION + (record.payload().bytes.len() + label + subject) as u64
    }
}

#[cfg(test)]
mod tests {
    use cloakroom_core::{Payload, Timeouts, Timestamp};

    use super::*;

    fn record(id: SessionId, len: usize) -> Arc<Record> {
        let payload = Payload {
            codec: 1,
            bytes: vec![7; len].into(),
        };
        let now = Timestamp::from_millis(1);
        Arc::new(Record::anonymous(id, now, Timeouts::default(), payload))
    }

    fn id(first: u8, part: u8) -> SessionId {
        let mut bytes = [first; SessionId::LEN];
        bytes[SessionId::LEN - 1] = part;
        SessionId::from_stored(bytes)
    }

    /// Reads a session for which sled is not to be asked.
    fn kept(recent: &Recent, id: SessionId) -> Option<Arc<Record>> {
        match recent.entry(id, || Ok(None)).unwrap() {
            Some(Entry::Live(record)) => Some(record),
            Some(_) => panic!("only sessions are kept"),
            None => None,
        }
    }

    /// Reads a session that is in sled.
    fn read(recent: &Recent, record: &Arc<Record>) {
        let entry = recent.entry(record.id(), || Ok(Some(Entry::Live(Arc::clone(record)))));
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
        let twice = vec![(one.id(), Some(Arc::clone(&one))), (one.id(), None)];
        recent.begin_change(&twice);
        recent.end_change(twice);
        assert_eq!(kept(&recent, one.id()), None, "the last word counts");
    }

    #[test]
    fn what_was_read_while_something_changed_is_not_kept() {
        let (one, same_part) = (record(id(1, 3), 9), id(2, 3));
        let [one_goes, other_goes] = [one.id(), same_part].map(|id| (id, None));
        let changes = [
            vec![one_goes.clone()],
            vec![other_goes.clone()],
            vec![one_goes.clone(), other_goes, one_goes],
        ];
        for changed in &changes {
            let recent = Recent::new(1 << 20);
            let not_kept = |when| assert_eq!(kept(&recent, one.id()), None, "{when}");
            let read_while = |change: &dyn Fn()| {
                let answer = recent.entry(one.id(), || {
                    change();
                    Ok(Some(Entry::Live(Arc::clone(&one))))
                });
                assert!(matches!(answer, Ok(Some(Entry::Live(_)))));
            };
            read_while(&|| recent.begin_change(changed));
            not_kept("a change began");
            read_while(&|| ());
            not_kept("a change is under way");
            read_while(&|| recent.end_change(changed.to_vec()));
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

    #[test]
    fn only_sessions_are_kept() {
        let recent = Recent::new(1 << 20);
        for entry in [None, Some(Entry::Damaged), Some(Entry::NewerVersion)] {
            let _ = recent.entry(id(1, 1), || Ok(entry));
            assert_eq!(kept(&recent, id(1, 1)), None);
        }
        let fault = recent.entry(id(1, 1), || Err(Fault::Closed));
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

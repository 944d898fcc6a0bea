//! What one operation writes, worked out before the leader gets it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloakroom_core::semantics::{Entry, SetHead};
use cloakroom_core::{Record, SessionId, Subject};

use crate::digest::Digest;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::index::Change;
use crate::layout::value::{self, Value, Written};
use crate::layout::{head, keys};
use crate::read::Stored;
use crate::shelf::{PlacementView, Write};

/// What one operation writes.
///
/// It is worked out under the lock of the placement, so that what is there now is what will be there
/// when it is applied.
#[derive(Debug, Default)]
pub(crate) struct Commit {
    /// Keys and their new values. None of them has that value now.
    pub(crate) pairs: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// By how much the digest grows.
    pub(crate) grows: Digest,
    pub(crate) index: Vec<Change>,
    /// The ids under which something is written or removed, and the session, where it is one.
    pub(crate) entries: Vec<(SessionId, Option<Arc<Record>>)>,
    /// Whether it ends something: a session, an id, or the sign-ins that have begun.
    pub(crate) ends: bool,
    /// Whether a session's record goes and leaves no memory: one that is over, or that its own user
    /// signed out by signing in for no time at all.
    pub(crate) removes: bool,
}

impl Commit {
    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(crate) fn of(mut view: PlacementView<'_>) -> Result<Self, Fault> {
        let mut commit = Self::default();
        let wanted = Wanted::of(view.take_writes());
        for (id, entry) in &wanted.entries {
            commit.entry(&view, *id, entry)?;
        }
        for (subject, head) in &wanted.heads {
            commit.head(&view, subject, head.as_ref())?;
        }
        for ((subject, id), joins) in wanted.members {
            let key = keys::member(view.placement(), &subject, id);
            let is_there = view.has_member(&subject, id);
            if joins {
                commit.index.push(Change::NoStray(id));
            } else if !wanted.entries.contains_key(&id)
                && let Some(Entry::Live(record)) = view.stored_entry(id)?.entry
                && record.subject() == Some(&subject)
            {
                commit.index.push(Change::Stray(id));
            }
            commit.change(key, is_there.then_some(&[]), joins.then(Vec::new));
            commit.index.push(if joins {
                Change::Joins(subject, id)
            } else {
                Change::Leaves(subject, id)
            });
        }
        Ok(commit)
    }

    fn entry(
        &mut self,
        view: &PlacementView<'_>,
        id: SessionId,
        wanted: &Put,
    ) -> Result<(), Fault> {
        let engine = view.engine();
        let key = keys::entry(id);
        let Stored {
            value: old,
            entry: old_entry,
        } = view.stored_entry(id)?;
        let old_chunks = match old.as_deref().map(|old| Value::read(id, old)) {
            Some(Value::Record { chunks, .. }) => chunks,
            Some(Value::Other(_)) | None => 0,
        };
        let written = wanted.written(id);
        self.entries.push((id, wanted.session()));
        let new_entry = match wanted {
            Put::Entry(entry) => Some(entry.clone()),
            Put::Bytes(bytes) => Some(value::read_record(id, bytes.clone().into())),
            Put::Nothing => None,
        };
        self.ends |= match (&old_entry, &new_entry) {
            (Some(Entry::Ended(_)), _) => false,
            (_, Some(Entry::Ended(_))) => true,
            (Some(Entry::Renewed(_)), _) => false,
            (_, Some(Entry::Renewed(_))) => true,
            // Only a token that someone else issued is given to another session, whose revision
            // counts from a random number.
            (Some(Entry::Live(old)), Some(Entry::Live(new))) => {
                new.revision() != old.revision() && new.revision() != old.revision().next()
            }
            _ => false,
        };
        self.removes |= matches!((&old_entry, &new_entry), (Some(Entry::Live(_)), None));
        self.index
            .push(Change::Entry(id, over_at(&old_entry), over_at(&new_entry)));
        if !matches!(&new_entry, Some(Entry::Live(record)) if record.subject().is_some()) {
            self.index.push(Change::NoStray(id));
        }

        let (value, chunks) = match written {
            Some(Written { value, chunks }) => (Some(value), chunks),
            None => (None, Vec::new()),
        };
        let new_chunks = chunks.len() as u16;
        self.change(key.to_vec(), old.as_deref(), value);
        for (number, chunk) in (0..).zip(chunks) {
            self.pair(engine, keys::chunk(id, number).to_vec(), Some(chunk))?;
        }
        for number in new_chunks..old_chunks {
            self.pair(engine, keys::chunk(id, number).to_vec(), None)?;
        }
        Ok(())
    }

    fn head(
        &mut self,
        view: &PlacementView<'_>,
        subject: &Subject,
        wanted: Option<&SetHead>,
    ) -> Result<(), Fault> {
        let key = keys::head(view.placement(), subject);
        let old = view.stored_head(subject)?;
        let generation = old
            .as_deref()
            .map(|old| head::read(subject, old).generation);
        self.ends |= wanted.is_some_and(|head| Some(head.generation) != generation);
        let look_at = wanted.map(|head| head.kept_until);
        self.index.push(Change::Set(subject.clone(), look_at));
        let new = wanted.map(|wanted| head::write(subject, wanted));
        self.change(key, old.as_deref(), new);
        Ok(())
    }

    /// One key, unless it has that value already.
    fn pair(&mut self, engine: &Engine, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), Fault> {
        let old = engine.get(&key)?;
        self.change(key, old.as_deref(), value);
        Ok(())
    }

    fn change(&mut self, key: Vec<u8>, old: Option<&[u8]>, new: Option<Vec<u8>>) {
        if old == new.as_deref() {
            return;
        }
        if let Some(old) = old {
            self.grows = self.grows.minus(Digest::of(&key, old));
        }
        if let Some(new) = &new {
            self.grows = self.grows.plus(Digest::of(&key, new));
        }
        self.pairs.push((key, new));
    }
}

/// What is to be stored under an id.
enum Put {
    Entry(Entry),
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "the suite writes damaged bytes")
    )]
    Bytes(Vec<u8>),
    Nothing,
}

impl Put {
    fn session(&self) -> Option<Arc<Record>> {
        match self {
            Self::Entry(Entry::Live(record)) => Some(Arc::clone(record)),
            _ => None,
        }
    }

    fn written(&self, id: SessionId) -> Option<Written> {
        match self {
            Self::Entry(entry) => value::write(id, entry),
            Self::Bytes(bytes) => Some(value::write_record(bytes)),
            Self::Nothing => None,
        }
    }
}

/// The last word on each thing.
#[derive(Default)]
struct Wanted {
    entries: BTreeMap<SessionId, Put>,
    heads: BTreeMap<Subject, Option<SetHead>>,
    members: BTreeMap<(Subject, SessionId), bool>,
}

impl Wanted {
    fn of(writes: Vec<Write>) -> Self {
        let mut wanted = Self::default();
        for write in writes {
            match write {
                Write::PutEntry(id, entry) => {
                    wanted.entries.insert(id, Put::Entry(entry));
                }
                Write::RemoveEntry(id) => {
                    wanted.entries.insert(id, Put::Nothing);
                }
                #[cfg(feature = "testing")]
                Write::PutBytes(id, bytes) => {
                    wanted.entries.insert(id, Put::Bytes(bytes));
                }
                Write::PutHead(subject, head) => {
                    wanted.heads.insert(subject, Some(head));
                }
                Write::RemoveHead(subject) => {
                    wanted.heads.insert(subject, None);
                }
                Write::AddMember(subject, id) => {
                    wanted.members.insert((subject, id), true);
                }
                Write::RemoveMember(subject, id) => {
                    wanted.members.insert((subject, id), false);
                }
            }
        }
        wanted
    }
}

fn over_at(entry: &Option<Entry>) -> Option<cloakroom_core::Timestamp> {
    Some(entry.as_ref()?.until()?.instant())
}

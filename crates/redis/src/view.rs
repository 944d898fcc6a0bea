//! What was read of one placement, as the semantics see it, and what they want to write.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::semantics::{Entry, SetHead, Shelf};
use cloakroom_core::{
    Error, ErrorKind, Generation, Operation, Result, SessionId, Subject, Timestamp, WriteId,
};

/// What was read of one placement. Where the semantics ask for something that was not, that is noted
/// as wanted, and the attempt ends in an error that nobody sees: it is made again once it was read.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) entries: HashMap<SessionId, Known>,
    pub(crate) sets: HashMap<Subject, KnownSet>,
    /// Whether it was not read, but is what is likely to be there.
    pub(crate) is_guess: bool,
    pub(crate) leaving: Option<Leaving>,
    pub(crate) used: RefCell<Used>,
    pub(crate) written: Written,
}

/// A decision that ends every member of a set, but those that it looks at itself.
///
/// The script does that: it tells by the member's score which of them are over, and names those that it
/// has ended. So the decision is made over the set as it is without them, and nobody has to read ten
/// thousand records to end them.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    pub(crate) subject: Subject,
    pub(crate) by: WriteId,
    pub(crate) now: Timestamp,
}

/// What is stored under an id.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) entry: Option<Entry>,
    pub(crate) stored: Stored,
}

/// By what a script tells whether a value is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    Nothing,
    /// A value of another type than a string.
    OtherType,
    /// It is told by its first bytes, as many as a record's header, and its length: the header has the
    /// write, the times and both checksums, and everything else that is stored is shorter.
    Value(Bytes),
}

/// What was read of a token set.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownSet {
    /// Not a sorted set. Then it counts as lost, and the first write to it puts one in its place.
    pub(crate) other_type: bool,
    pub(crate) head: Option<SetHead>,
    /// The head as it is stored: members and scores in turn.
    pub(crate) raw_head: Vec<Vec<u8>>,
    /// All members, those of the head among them.
    pub(crate) cardinality: usize,
    pub(crate) is_member: HashMap<SessionId, bool>,
    pub(crate) members: Option<Vec<SessionId>>,
    /// Where all members were read: when the last of their sessions is over.
    pub(crate) last: Option<Timestamp>,
    /// Members that no id has: damage.
    pub(crate) strangers: Vec<Vec<u8>>,
    /// Where the set was not read.
    pub(crate) guess: Option<Guess>,
}

/// What a set that was not read is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// One with a head that is not over: so the decision leaves it to the script whether the set goes.
    Kept,
    /// One with a head that is not over, of this generation where one is named, and with room for one more.
    SignIn {
        generation: Option<Generation>,
        max: u32,
    },
}

impl KnownSet {
    /// A set that was not read, with these members.
    pub(crate) fn guessed(guess: Guess, members: impl IntoIterator<Item = SessionId>) -> Self {
        let generation = match guess {
            Guess::SignIn { generation, .. } => generation,
            Guess::Kept => None,
        };
        Self {
            head: Some(SetHead {
                generation: generation.unwrap_or(Generation::from_stored([0; Generation::LEN])),
                kept_until: Timestamp::MAX,
                revoked_by: None,
            }),
            is_member: members.into_iter().map(|id| (id, true)).collect(),
            guess: Some(guess),
            ..Self::default()
        }
    }
}

/// What the semantics asked for: what was there is to be checked, what was not is to be read.
#[derive(Debug, Default)]
pub(crate) struct Used {
    pub(crate) entries: BTreeSet<SessionId>,
    pub(crate) sets: BTreeMap<Subject, UsedSet>,
    pub(crate) missing: bool,
}

#[derive(Debug, Default)]
pub(crate) struct UsedSet {
    pub(crate) head: bool,
    pub(crate) count: bool,
    pub(crate) is_member: BTreeSet<SessionId>,
    /// All members and what each of them stands for.
    pub(crate) members: bool,
}

/// What is to be written, the last word for each.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) entries: BTreeMap<SessionId, Option<Entry>>,
    pub(crate) heads: BTreeMap<Subject, Option<SetHead>>,
    pub(crate) members: BTreeMap<(Subject, SessionId), bool>,
}

impl Written {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.heads.is_empty() && self.members.is_empty()
    }
}

impl View {
    /// Of what was not read.
    pub(crate) fn guess() -> Self {
        Self {
            is_guess: true,
            ..Self::default()
        }
    }

    /// With nothing stored under this id.
    pub(crate) fn absent(mut self, id: SessionId) -> Self {
        let nothing = Known {
            entry: None,
            stored: Stored::Nothing,
        };
        self.entries.insert(id, nothing);
        self
    }

    /// The members that leave without being looked at: those whose record was not read.
    pub(crate) fn leave(&self, subject: &Subject) -> Vec<SessionId> {
        let is_of = |leaving: &Leaving| leaving.subject == *subject;
        let set = self
            .sets
            .get(subject)
            .filter(|_| self.leaving.as_ref().is_some_and(is_of));
        let members = set.and_then(|set| set.members.as_deref());
        let unread = members.unwrap_or_default().iter();
        unread
            .filter(|id| !self.entries.contains_key(id))
            .copied()
            .collect()
    }

    fn missing<T>(&self) -> Result<T> {
        self.used.borrow_mut().missing = true;
        Err(Error::new(ErrorKind::Internal, Operation::Open))
    }

    /// The head, kept for as long as a member that the decision does not see keeps it.
    fn kept_by_members(&self, subject: &Subject, set: &KnownSet, head: SetHead) -> SetHead {
        match &self.leaving {
            Some(leaving)
                if leaving.subject == *subject
                    && head.is_over(leaving.now)
                    && set.last.is_some_and(|last| last > leaving.now) =>
            {
                SetHead {
                    kept_until: leaving.now.plus(Duration::from_millis(1)),
                    ..head
                }
            }
            _ => head,
        }
    }

    fn set(&self, subject: &Subject, note: impl FnOnce(&mut UsedSet)) -> Option<&KnownSet> {
        let mut used = self.used.borrow_mut();
        match used.sets.get_mut(subject) {
            Some(set) => note(set),
            None => note(used.sets.entry(subject.clone()).or_default()),
        }
        self.sets.get(subject)
    }
}

impl Shelf for View {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        self.used.borrow_mut().entries.insert(id);
        match self.entries.get(&id) {
            Some(known) => Ok(known.entry.clone()),
            None => self.missing(),
        }
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.written.entries.insert(id, Some(entry));
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.written.entries.insert(id, None);
    }

    fn head(&self, subject: &Subject) -> Result<Option<SetHead>> {
        match self.set(subject, |used| used.head = true) {
            Some(set) => Ok(set
                .head
                .map(|head| self.kept_by_members(subject, set, head))),
            None => self.missing(),
        }
    }

    fn put_head(&mut self, subject: &Subject, head: SetHead) {
        self.written.heads.insert(subject.clone(), Some(head));
    }

    fn remove_head(&mut self, subject: &Subject) {
        self.written.heads.insert(subject.clone(), None);
    }

    /// Whoever asks for the members looks at each of them: they are read together.
    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>> {
        let set = self.set(subject, |used| used.members = true);
        let Some(members) = set.and_then(|set| set.members.as_ref()) else {
            return self.missing();
        };
        let unread = members.iter().filter(|id| !self.entries.contains_key(id));
        let unread: Vec<_> = unread.copied().collect();
        if unread.is_empty() {
            return Ok(members.clone());
        }
        if self
            .leaving
            .as_ref()
            .is_some_and(|leaving| leaving.subject == *subject)
        {
            let read = members.iter().filter(|id| self.entries.contains_key(id));
            return Ok(read.copied().collect());
        }
        self.used.borrow_mut().entries.extend(unread);
        self.missing()
    }

    fn member_count(&self, subject: &Subject) -> Result<usize> {
        match self.set(subject, |used| used.count = true) {
            Some(set) => Ok(set.cardinality - set.raw_head.len() / 2),
            None => self.missing(),
        }
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        let set = self.set(subject, |used| {
            used.is_member.insert(id);
        });
        let Some(set) = set else {
            return self.missing();
        };
        if let Some(is) = set.is_member.get(&id) {
            return Ok(*is);
        }
        match &set.members {
            Some(members) => Ok(members.binary_search(&id).is_ok()),
            None => self.missing(),
        }
    }

    fn add_member(&mut self, subject: &Subject, id: SessionId) {
        self.written.members.insert((subject.clone(), id), true);
    }

    fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        self.written.members.insert((subject.clone(), id), false);
    }
}

//! A change that leaves a session where it is: most of what a service writes.

use std::sync::Arc;

use cloakroom_core::semantics::{Entry, SetHead, Shelf};
use cloakroom_core::{Error, ErrorKind, Operation, Record, Result, SessionId, Subject};

use crate::change::{Change, Wrote};
use crate::commit::{self, HEADER};
use crate::keys::member;
use crate::read::Wanted;
use crate::script::KEEP;
use crate::view::{Stored, View};

/// What became of it.
enum Kept<T> {
    Done(T),
    /// Nothing. This is there, where it was read.
    Undone(Option<Box<View>>),
}

impl Change<'_> {
    /// Makes a decision over a session, in the quickest way that there is: `in_place` by what this host has
    /// read of it lately, `anew` where that does not hold or is not enough.
    pub(crate) async fn keep_or_decide<T>(
        &self,
        (id, subject): (SessionId, Option<&Subject>),
        in_place: impl FnOnce(&mut OneSession<'_>) -> Result<T>,
        anew: impl FnMut(&mut View) -> Result<T>,
    ) -> Result<T> {
        let wanted = Wanted::default().id(id).set(subject, Some(id));
        let known = match self.keep(id, subject, &wanted, in_place).await? {
            Kept::Done(outcome) => return Ok(outcome),
            Kept::Undone(Some(there)) => Some(*there),
            Kept::Undone(None) => self.store.guess(id, subject),
        };
        Ok(self.decide(known, wanted, anew).await?.outcome)
    }

    /// Makes a decision over a session that this host has read lately, as a member of its set, and writes it
    /// in one step if both still hold. A decision that needs anything else is not made.
    async fn keep<T>(
        &self,
        id: SessionId,
        subject: Option<&Subject>,
        wanted: &Wanted,
        decision: impl FnOnce(&mut OneSession<'_>) -> Result<T>,
    ) -> Result<Kept<T>> {
        let Some(known) = self.store.recent.get(id) else {
            return Ok(Kept::Undone(None));
        };
        let (Some(Entry::Live(before)), Stored::Value(stored)) = (known.entry, known.stored) else {
            return Ok(Kept::Undone(None));
        };
        let mut shelf = OneSession {
            subject,
            record: Arc::clone(&before),
            written: None,
            strayed: false,
        };
        let (Ok(outcome), Some(after), false) =
            (decision(&mut shelf), shelf.written, shelf.strayed)
        else {
            return Ok(Kept::Undone(None));
        };
        // The set is kept for as long as the session could live so far.
        if after.overall_deadline() != before.overall_deadline() {
            return Ok(Kept::Undone(None));
        }
        let head = stored.get(..HEADER).unwrap_or(&stored).to_vec();
        let (keys, args) = self.invocation(&head, &before, &after);
        let wrote = self.run(&KEEP, &keys, &args, wanted, &[]).await?;
        Ok(match wrote {
            Wrote::Done { .. } => Kept::Done(outcome),
            Wrote::Undone(view) => Kept::Undone(Some(view)),
            Wrote::CannotTell => Kept::Undone(None),
        })
    }

    /// Keys and arguments of `keep.lua`.
    fn invocation(
        &self,
        head: &[u8],
        before: &Record,
        after: &Record,
    ) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (format, names) = (self.format, &self.store.link.keys);
        let (letter, value) = match commit::is_touched(before, after) {
            true => (b"T", after.encode_times().to_vec()),
            false => (b"E", after.encode(format.version)),
        };
        let until = commit::time(after.deadline(), format);
        let mut keys = vec![names.id(after.id())];
        let mut args = vec![head.to_vec(), letter.to_vec(), value, until];
        if let Some(subject) = after.subject() {
            keys.push(names.set(self.placement, subject));
            args.push(member(after.id()).to_vec());
            // It stays where it is for a session whose idle timeout is no shorter than the overall one.
            if after.deadline() != before.deadline() {
                args.push(commit::number(after.deadline().instant().as_millis()));
            }
        }
        (keys, args)
    }
}

/// One session, a member of its set; nothing else is known.
pub(crate) struct OneSession<'a> {
    subject: Option<&'a Subject>,
    record: Arc<Record>,
    written: Option<Arc<Record>>,
    /// Whether anything else was to be written.
    strayed: bool,
}

/// What an attempt ends with that asks for more; nobody sees it.
fn unknown<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Internal, Operation::Open))
}

impl Shelf for OneSession<'_> {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        match id == self.record.id() {
            true => Ok(Some(Entry::Live(Arc::clone(&self.record)))),
            false => unknown(),
        }
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        match entry {
            Entry::Live(record) if id == self.record.id() => self.written = Some(record),
            _ => self.strayed = true,
        }
    }

    fn remove_entry(&mut self, _: SessionId) {
        self.strayed = true;
    }

    fn head(&self, _: &Subject) -> Result<Option<SetHead>> {
        unknown()
    }

    fn put_head(&mut self, _: &Subject, _: SetHead) {
        self.strayed = true;
    }

    fn remove_head(&mut self, _: &Subject) {
        self.strayed = true;
    }

    fn members(&self, _: &Subject) -> Result<Vec<SessionId>> {
        unknown()
    }

    fn member_count(&self, _: &Subject) -> Result<usize> {
        unknown()
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        match Some(subject) == self.subject && id == self.record.id() {
            true => Ok(true),
            false => unknown(),
        }
    }

    fn add_member(&mut self, _: &Subject, _: SessionId) {
        self.strayed = true;
    }

    fn remove_member(&mut self, _: &Subject, _: SessionId) {
        self.strayed = true;
    }
}

//! A shelf may gather the writes of an operation, and its reads may fail.

use std::cell::Cell;
use std::sync::Arc;

use cloakroom_core::semantics::{Entry, SetHead, Shelf, begin, create, purge_set, revoke};
use cloakroom_core::store::{Cap, Create, CreateOutcome, OnCap, Revoke, RevokeKind};
use cloakroom_core::{
    Error, ErrorKind, Operation, Record, Result, SessionId, Subject, Timeouts, Timestamp, WriteId,
};
use proptest::prelude::*;

use crate::request::Attempts;
use crate::script::{Script, id, payload, spoil, steps, subject};
use crate::support::MapShelf;

/// Shows what was there before the operation, and applies its writes when it is over.
#[derive(Debug)]
struct Batch<'a> {
    before: &'a MapShelf,
    writes: Vec<Write>,
    /// How many reads succeed before one fails.
    reads_left: Cell<usize>,
}

#[derive(Debug)]
enum Write {
    PutEntry(SessionId, Entry),
    RemoveEntry(SessionId),
    PutHead(Subject, SetHead),
    RemoveHead(Subject),
    AddMember(Subject, SessionId),
    RemoveMember(Subject, SessionId),
}

impl<'a> Batch<'a> {
    fn new(before: &'a MapShelf) -> Self {
        Self::with_reads(before, usize::MAX)
    }

    fn with_reads(before: &'a MapShelf, reads: usize) -> Self {
        Self {
            before,
            writes: Vec::new(),
            reads_left: Cell::new(reads),
        }
    }

    fn read<T>(&self, read: impl FnOnce(&MapShelf) -> Result<T>) -> Result<T> {
        let Some(left) = self.reads_left.get().checked_sub(1) else {
            return Err(Error::new(ErrorKind::Denied, Operation::Open));
        };
        self.reads_left.set(left);
        assert!(self.writes.is_empty(), "a read comes after a write");
        read(self.before)
    }
}

fn apply(writes: Vec<Write>, shelf: &mut MapShelf) {
    for write in writes {
        match write {
            Write::PutEntry(id, entry) => shelf.put_entry(id, entry),
            Write::RemoveEntry(id) => shelf.remove_entry(id),
            Write::PutHead(subject, head) => shelf.put_head(&subject, head),
            Write::RemoveHead(subject) => shelf.remove_head(&subject),
            Write::AddMember(subject, id) => shelf.add_member(&subject, id),
            Write::RemoveMember(subject, id) => shelf.remove_member(&subject, id),
        }
    }
}

impl Shelf for Batch<'_> {
    fn entry(&self, id: SessionId) -> Result<Option<Entry>> {
        self.read(|shelf| shelf.entry(id))
    }

    fn put_entry(&mut self, id: SessionId, entry: Entry) {
        self.writes.push(Write::PutEntry(id, entry));
    }

    fn remove_entry(&mut self, id: SessionId) {
        self.writes.push(Write::RemoveEntry(id));
    }

    fn head(&self, subject: &Subject) -> Result<Option<SetHead>> {
        self.read(|shelf| shelf.head(subject))
    }

    fn put_head(&mut self, subject: &Subject, head: SetHead) {
        self.writes.push(Write::PutHead(subject.clone(), head));
    }

    fn remove_head(&mut self, subject: &Subject) {
        self.writes.push(Write::RemoveHead(subject.clone()));
    }

    fn members(&self, subject: &Subject) -> Result<Vec<SessionId>> {
        self.read(|shelf| shelf.members(subject))
    }

    fn member_count(&self, subject: &Subject) -> Result<usize> {
        self.read(|shelf| shelf.member_count(subject))
    }

    fn is_member(&self, subject: &Subject, id: SessionId) -> Result<bool> {
        self.read(|shelf| shelf.is_member(subject, id))
    }

    fn add_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::AddMember(subject.clone(), id));
    }

    fn remove_member(&mut self, subject: &Subject, id: SessionId) {
        self.writes.push(Write::RemoveMember(subject.clone(), id));
    }
}

/// All that a shelf holds but the generations, which are random.
fn contents(shelf: &MapShelf) -> impl PartialEq + std::fmt::Debug {
    let entries: Vec<_> = shelf
        .entries
        .iter()
        .map(|(id, entry)| match entry {
            Entry::Live(record) => (*id, Some(record.clone()), String::new()),
            other => (*id, None, format!("{other:?}")),
        })
        .collect();
    let heads: Vec<_> = shelf
        .heads
        .iter()
        .map(|(subject, head)| (subject.clone(), head.kept_until, head.revoked_by))
        .collect();
    (entries, heads, shelf.members.clone())
}

proptest! {
    #[test]
    fn it_does_not_matter_whether_an_operation_sees_its_own_writes(steps in steps()) {
        let mut script = Script::default();
        let (mut direct, mut batched) = (MapShelf::default(), MapShelf::default());
        let (mut direct_attempts, mut batched_attempts) = (Attempts::default(), Attempts::default());
        for step in &steps {
            spoil(step, &mut direct, script.now);
            spoil(step, &mut batched, script.now);
            let Some(request) = script.next(step) else { continue };
            let at_once = request.carry_out(&mut direct, &mut direct_attempts, script.now);

            let mut batch = Batch::new(&batched);
            let at_the_end = request.carry_out(&mut batch, &mut batched_attempts, script.now);
            let writes = batch.writes;
            prop_assert!(at_the_end.is_ok() || writes.is_empty(), "an error after a write");
            apply(writes, &mut batched);

            let kind = |error: Error| (error.kind(), error.operation());
            prop_assert_eq!(at_once.map_err(kind), at_the_end.map_err(kind), "{:?}", request);
            prop_assert_eq!(contents(&direct), contents(&batched), "{:?}", request);
        }
    }

    #[test]
    fn a_read_that_fails_leaves_nothing(steps in steps()) {
        let mut script = Script::default();
        let mut shelf = MapShelf::default();
        let mut attempts = Attempts::default();
        for step in &steps {
            spoil(step, &mut shelf, script.now);
            let Some(request) = script.next(step) else { continue };
            let mut needed = 0;
            loop {
                let mut batch = Batch::with_reads(&shelf, needed);
                let answer = request.carry_out(&mut batch, &mut attempts.clone(), script.now);
                if answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Denied) {
                    prop_assert!(batch.writes.is_empty(), "{:?} at read {}", request, needed);
                    needed += 1;
                } else {
                    break;
                }
            }
            let _ = request.carry_out(&mut shelf, &mut attempts, script.now);
        }
    }
}

const NOW: Timestamp = Timestamp::from_millis(100 * 86_400_000);
const TIMEOUTS: Timeouts = Timeouts::AAL1;

/// The set of a user: sessions that live, that are over, and names of none.
fn mixed() -> MapShelf {
    let mut shelf = MapShelf::default();
    let user = subject(0);
    let _ = begin(&mut shelf, &user, Timestamp::EPOCH, Timestamp::EPOCH).expect("the shelf works");
    for (number, since) in [
        (1, Some(NOW)),
        (2, Some(Timestamp::EPOCH)),
        (3, None),
        (4, Some(NOW)),
        (5, Some(Timestamp::EPOCH)),
        (6, Some(NOW)),
    ] {
        let data = payload(b"data");
        if let Some(since) = since {
            let record = Record::signed_in(id(number), user.clone(), since, TIMEOUTS, data);
            shelf.put_entry(id(number), Entry::Live(Arc::new(record)));
        }
        shelf.add_member(&user, id(number));
    }
    shelf
}

/// Where the members stand in their order, all that are behind one that goes move up: of a user with ten
/// thousand, each would cost a walk over all others.
#[test]
fn members_leave_from_the_last_on() {
    let shelf = mixed();
    let leaving = |operation: &dyn Fn(&mut Batch<'_>)| -> Vec<SessionId> {
        let mut batch = Batch::new(&shelf);
        operation(&mut batch);
        let leaving = batch.writes.iter().filter_map(|write| match write {
            Write::RemoveMember(_, id) => Some(*id),
            _ => None,
        });
        leaving.collect()
    };
    let revoked = leaving(&|batch| {
        let request = Revoke {
            subject: subject(0),
            kind: RevokeKind::All,
            write_id: WriteId::random(),
        };
        let revoked = revoke(batch, &request, NOW).expect("the shelf works");
        assert_eq!(revoked.ended, [1, 4, 6].map(id));
    });
    assert_eq!(revoked, [6, 5, 4, 3, 2, 1].map(id));
    let displaced = leaving(&|batch| {
        let record = Record::signed_in(id(7), subject(0), NOW, TIMEOUTS, payload(b"data"));
        let request = Create {
            record: Arc::new(record),
            cap: Cap::new(2, OnCap::EvictOldest).expect("a cap"),
            generation: None,
            replaces: None,
            over: None,
        };
        match create(batch, &request, NOW).expect("the shelf works") {
            CreateOutcome::Created { evicted, .. } => assert_eq!(evicted, [1, 4].map(id)),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(displaced, [5, 4, 3, 2, 1].map(id));
    let swept = leaving(&|batch| {
        let all = purge_set(batch, &subject(0), NOW).expect("the shelf works");
        assert!(!all, "some still live");
    });
    assert_eq!(swept, [5, 3, 2].map(id));
}

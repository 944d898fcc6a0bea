//! Sessions to try things with, and a look at a whole store.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::semantics;
use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, DeleteOutcome, EndReason, LoadOutcome, Update,
    UpdateOutcome,
};
use cloakroom_core::{
    Payload, Placement, PlacementKey, Record, Revision, SessionId, SessionStore, Subject, Timeouts,
    Timestamp, WriteId,
};

use crate::MokaStore;
use crate::budget::Budget;
use crate::ledger::Ledger;
use crate::shelf::StripeView;
use crate::size;
use crate::table::{Table, stripe_of};

pub(super) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(super) const IDLE: Duration = Duration::from_secs(60);
pub(super) const OVERALL: Duration = Duration::from_secs(3_600);

/// The outcome of a future that is ready at once, as all of this store's are.
pub(super) fn now_ready<T>(future: impl Future<Output = cloakroom_core::Result<T>>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.unwrap(),
        Poll::Pending => panic!("the future waits"),
    }
}

pub(super) fn payload(len: usize) -> Payload {
    Payload {
        codec: 1,
        bytes: Bytes::from(vec![b'x'; len]),
    }
}

/// An id that `number` alone decides, spread over the stripes.
pub(super) fn id(number: u64, subject: Option<&Subject>) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes[..8].copy_from_slice(&mixed.to_be_bytes());
    bytes[8..16].copy_from_slice(&number.to_be_bytes());
    bytes[16] = u8::from(subject.is_some());
    if let Some(subject) = subject {
        let placement = PlacementKey::default().place(subject);
        bytes[..2].copy_from_slice(&placement.to_bytes());
    }
    SessionId::from_stored(bytes)
}

pub(super) fn visitor(number: u64, now: Timestamp, len: usize) -> Create {
    let timeouts = Timeouts::new(IDLE, OVERALL).unwrap();
    let record = Record::anonymous(id(number, None), now, timeouts, payload(len));
    create(record)
}

/// A visitor of this placement.
pub(super) fn at(placement: Placement, number: u64) -> Create {
    let mut bytes = *id(number, None).as_bytes();
    bytes[..2].copy_from_slice(&placement.to_bytes());
    let timeouts = Timeouts::new(IDLE, OVERALL).unwrap();
    let id = SessionId::from_stored(bytes);
    create(Record::anonymous(id, START, timeouts, payload(10)))
}

pub(super) fn user(number: u64, subject: &Subject, now: Timestamp, len: usize) -> Create {
    let timeouts = Timeouts::new(IDLE, OVERALL).unwrap();
    let id = id(number, Some(subject));
    create(Record::signed_in(
        id,
        subject.clone(),
        now,
        timeouts,
        payload(len),
    ))
}

pub(super) fn create(record: impl Into<Arc<Record>>) -> Create {
    Create {
        record: record.into(),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

pub(super) fn subject(number: u64) -> Subject {
    Subject::new(format!("user-{number}")).unwrap()
}

pub(super) fn update(record: &Record, expected: Revision, len: usize) -> Update {
    Update {
        id: record.id(),
        subject: record.subject().cloned(),
        expected,
        payload: payload(len),
        label: None,
        touch: false,
        write_id: WriteId::random(),
    }
}

pub(super) fn delete(record: &Record) -> Delete {
    Delete {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    }
}

/// Stores a session, which is there when that returns.
pub(super) fn add(store: &MokaStore, request: &Create, now: Timestamp) {
    let outcome = now_ready(store.create(request, now));
    assert!(
        matches!(outcome, CreateOutcome::Created { .. }),
        "{outcome:?}"
    );
    assert!(
        is_there(store, request.record.id(), now),
        "a newcomer is there"
    );
}

pub(super) fn is_there(store: &MokaStore, id: SessionId, now: Timestamp) -> bool {
    matches!(now_ready(store.load(id, now)), LoadOutcome::Found(_))
}

pub(super) fn count(store: &MokaStore) -> u64 {
    now_ready(store.count(START))
}

pub(super) fn count_at(store: &MokaStore, now: Timestamp) -> u64 {
    now_ready(store.count(now))
}

/// The parts of an operation one at a time, so that a test can put those of two in any order.
impl Table {
    /// Carries an operation out in its stripe, and does not settle.
    pub(super) fn unsettled<T>(
        &self,
        id: SessionId,
        operation: impl FnOnce(&mut StripeView<'_>) -> cloakroom_core::Result<T>,
    ) -> (T, Ledger) {
        let mut ledger = Ledger::default();
        let mut stripe = self.exclusive(stripe_of(id.placement()));
        let outcome = stripe.carry_out(&self.budgets, &mut ledger, operation);
        (outcome.unwrap(), ledger)
    }

    pub(super) fn create_unsettled(&self, request: &Create) -> Ledger {
        let (outcome, ledger) = self.unsettled(request.record.id(), |view| {
            semantics::create(view, request, START)
        });
        assert!(matches!(outcome, CreateOutcome::Created { .. }));
        ledger
    }

    pub(super) fn delete_unsettled(&self, record: &Record) -> Ledger {
        let (outcome, ledger) = self.unsettled(record.id(), |view| {
            semantics::delete(view, &delete(record), START)
        });
        assert!(matches!(outcome, DeleteOutcome::Deleted { .. }));
        ledger
    }

    pub(super) fn update_unsettled(&self, record: &Record, revision: u64, len: usize) -> Ledger {
        let request = update(record, Revision::from_stored(revision), len);
        let (outcome, ledger) =
            self.unsettled(record.id(), |view| semantics::update(view, &request, START));
        assert!(matches!(outcome, UpdateOutcome::Saved { .. }));
        ledger
    }

    pub(super) fn touch_unsettled(&self, record: &Record, now: Timestamp) -> Ledger {
        let (_, ledger) = self.unsettled(record.id(), |view| {
            semantics::touch(view, record.id(), record.subject(), now)
        });
        ledger
    }
}

/// Checks everything that has to be true of a store when nobody is at work.
pub(super) fn check(store: &MokaStore) {
    let table = store.table();
    let mut counted = [Counted::default(), Counted::default()];
    let mut remembered = (0, 0);
    for at in 0..=u8::MAX {
        let stripe = table.shared(at);
        for record in stripe.slots.all_live() {
            let mine = &mut counted[usize::from(record.subject().is_some())];
            mine.sessions += 1;
            mine.bytes.push(size::of_record(record));
            assert_eq!(stripe_of(record.id().placement()), at);
            if let Some(subject) = record.subject() {
                assert!(stripe.sets.is_member(subject, record.id()), "membership");
            }
        }
        for (subject, members) in stripe.sets.all() {
            assert!(members.is_sorted());
            for id in members {
                let (record, _) = stripe.slots.live(*id).expect("a member is there");
                assert_eq!(record.subject(), Some(subject));
            }
        }
        remembered.0 += count_memories(stripe.slots.memories(), stripe.slots.remembered());
        let empty = stripe.sets.all().filter(|(_, members)| members.is_empty());
        remembered.1 += count_memories(empty.count(), stripe.sets.remembered());
        assert_eq!(stripe.slots.unlisted(), []);
        assert_eq!(stripe.sets.unlisted(), []);
        for (sizes, due) in [
            (stripe.slots.sizes(), stripe.slots.sizes().keys),
            (stripe.sets.sizes(), stripe.sets.remembered()),
        ] {
            assert!(sizes.listings <= 2 * due + 16, "{sizes:?}");
        }
    }
    let budgets = &table.budgets;
    assert_eq!(remembered, (budgets.ids.total(), budgets.sets.total()));
    for (budget, counted) in [&budgets.anonymous, &budgets.signed_in]
        .into_iter()
        .zip(&counted)
    {
        if let Some(budget) = budget {
            check_budget(budget, counted);
        }
    }
}

/// What is only remembered, found by looking and by the count that is kept of it.
fn count_memories(found: usize, counted: usize) -> u64 {
    assert_eq!(found, counted, "memories");
    found as u64
}

fn check_budget(budget: &Budget, counted: &Counted) {
    let figures = budget.figures();
    let weigh = |bytes: &u64| u64::from(budget.weigh(*bytes).unwrap());
    let weight = counted.bytes.iter().map(weigh).sum::<u64>();
    assert_eq!(figures.sessions, counted.sessions, "{figures:?}");
    assert_eq!(figures.weight, weight, "{figures:?}");
    assert_eq!(figures.stubs, counted.sessions, "{figures:?}");
    assert_eq!(figures.stubs_weight, weight, "{figures:?}");
    assert!(weight <= budget.capacity(), "{figures:?}");
    assert_eq!(budget.take_leaving(), []);
}

#[derive(Default)]
struct Counted {
    sessions: u64,
    bytes: Vec<u64>,
}

//! The checker of histories: what it has to refuse, and what it has to accept.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic, too")]

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_conformance::history::{Call, Checker, check};
use cloakroom_conformance::model::{Op, Outcome, World};
use cloakroom_core::store::*;
use cloakroom_core::*;

fn world() -> World {
    World::new(&PlacementKey::default())
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_000_000)
}

fn ann() -> Subject {
    world().subjects()[0].clone()
}

fn id(name: &str) -> SessionId {
    world().id(0, name)
}

fn payload(data: &'static str) -> Payload {
    Payload {
        codec: 1,
        bytes: data.as_bytes().into(),
    }
}

/// A sign-in of ann's.
fn sign_in(name: &str, generation: Option<Generation>, max: u32) -> Create {
    let timeouts = Timeouts::default();
    Create {
        record: Arc::new(Record::signed_in(
            id(name),
            ann(),
            now(),
            timeouts,
            payload("new"),
        )),
        cap: Cap::new(max, OnCap::EvictOldest).unwrap(),
        generation,
        replaces: None,
        over: None,
    }
}

fn update(name: &str, expected: u64, data: &'static str) -> Update {
    Update {
        id: id(name),
        subject: Some(ann()),
        expected: Revision::from_stored(expected),
        payload: payload(data),
        label: None,
        touch: false,
        write_id: WriteId::random(),
    }
}

fn delete(name: &str) -> Delete {
    Delete {
        id: id(name),
        subject: Some(ann()),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    }
}

fn revoke_all() -> Op {
    Op::Revoke(Revoke {
        subject: ann(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    })
}

fn begin() -> Op {
    Op::Begin {
        subject: ann(),
        until: now().plus(Duration::from_secs(600)),
    }
}

fn created(evicted: &[&str]) -> Outcome {
    Outcome::Created(CreateOutcome::Created {
        evicted: evicted.iter().map(|name| id(name)).collect(),
        repeated: false,
    })
}

fn saved(revision: u64) -> Outcome {
    let revision = Revision::from_stored(revision);
    Outcome::Updated(UpdateOutcome::Saved { revision })
}

fn conflict(current: u64) -> Outcome {
    let current = Revision::from_stored(current);
    Outcome::Updated(UpdateOutcome::Conflict { current })
}

fn deleted() -> Outcome {
    Outcome::Deleted(DeleteOutcome::Deleted { replicas: None })
}

fn ended(names: &[&str]) -> Outcome {
    Outcome::Revoked(Revoked {
        ended: names.iter().map(|name| id(name)).collect(),
        repeated: false,
        replicas: None,
    })
}

fn found(record: &Record) -> Outcome {
    Outcome::Loaded(LoadOutcome::Found(Arc::new(record.clone())))
}

fn absent() -> Outcome {
    Outcome::Loaded(LoadOutcome::Absent)
}

/// What a session that was ended answers: the histories stand still in time.
fn gone() -> Outcome {
    Outcome::Loaded(LoadOutcome::Ended { at: now() })
}

fn generation(byte: u8) -> Generation {
    Generation::from_stored([byte; Generation::LEN])
}

/// What a task asked between two moments, and was answered.
fn call(task: usize, between: Range<u64>, op: Op, outcome: Outcome) -> Call {
    Call {
        task,
        op,
        now: now(),
        outcome,
        invoked: between.start,
        returned: between.end,
    }
}

#[test]
fn refuses_a_stale_read_after_an_acknowledged_update() {
    let request = sign_in("a", None, 9);
    let history = vec![
        call(0, 0..1, Op::Create(request.clone()), created(&[])),
        call(0, 2..4, Op::Update(update("a", 1, "two")), saved(2)),
        call(1, 5..6, Op::Load(id("a")), found(&request.record)),
    ];
    assert!(check(history).is_err());
}

#[test]
fn accepts_either_read_while_an_update_is_under_way() {
    let request = sign_in("a", None, 9);
    let change = update("a", 1, "two");
    let after = request.record.updated(&change, true, now());
    let history = vec![
        call(0, 0..1, Op::Create(request.clone()), created(&[])),
        call(0, 2..9, Op::Update(change), saved(2)),
        call(1, 3..4, Op::Load(id("a")), found(&request.record)),
        call(1, 5..6, Op::Load(id("a")), found(&after)),
    ];
    check(history.clone()).unwrap();

    let mut backward = history;
    backward.swap(2, 3);
    (backward[2].invoked, backward[2].returned) = (3, 4);
    (backward[3].invoked, backward[3].returned) = (5, 6);
    assert!(check(backward).is_err(), "the old data after the new");
}

#[test]
fn refuses_two_saved_from_one_revision() {
    let create = call(0, 0..1, Op::Create(sign_in("a", None, 9)), created(&[]));
    let first = call(0, 2..5, Op::Update(update("a", 1, "one")), saved(2));
    let second = |outcome| call(1, 3..6, Op::Update(update("a", 1, "two")), outcome);
    let refused = check(vec![create.clone(), first.clone(), second(saved(2))]);
    assert!(refused.is_err());
    check(vec![create, first, second(conflict(2))]).unwrap();
}

#[test]
fn refuses_a_resurrection() {
    let request = sign_in("a", None, 9);
    let began = vec![
        call(0, 0..1, Op::Create(request.clone()), created(&[])),
        call(0, 2..4, Op::Delete(delete("a")), deleted()),
    ];
    let with = |more: Vec<Call>| check([began.clone(), more].concat());

    let late = Op::Update(update("a", 1, "late"));
    assert!(with(vec![call(1, 5..6, late.clone(), saved(2))]).is_err());
    with(vec![call(1, 3..6, late.clone(), saved(2))]).unwrap();
    // The update came first. But then it cannot be read after the deletion has returned.
    let after = request.record.updated(&update("a", 1, "late"), true, now());
    let read = call(2, 7..8, Op::Load(id("a")), found(&after));
    assert!(with(vec![call(1, 3..6, late, saved(2)), read]).is_err());
}

#[test]
fn refuses_a_sign_in_that_escapes_revoke_all() {
    let began = vec![
        call(0, 0..1, begin(), Outcome::Begun(generation(1))),
        call(0, 2..4, revoke_all(), ended(&[])),
    ];
    let request = sign_in("a", Some(generation(1)), 9);
    let sign_in = |between, outcome| {
        let sign_in = call(1, between, Op::Create(request.clone()), outcome);
        check([began.clone(), vec![sign_in]].concat())
    };
    let superseded = || Outcome::Created(CreateOutcome::Superseded);
    assert!(sign_in(5..6, created(&[])).is_err(), "it came after");
    assert!(sign_in(3..6, created(&[])).is_err(), "it was not ended");
    sign_in(3..6, superseded()).unwrap();
    sign_in(5..6, superseded()).unwrap();
}

#[test]
fn accepts_a_sign_in_that_revoke_all_has_ended() {
    let request = sign_in("a", Some(generation(1)), 9);
    let history = vec![
        call(0, 0..1, begin(), Outcome::Begun(generation(1))),
        call(0, 2..7, revoke_all(), ended(&["a"])),
        call(1, 3..8, Op::Create(request.clone()), created(&[])),
    ];
    let read = |outcome| {
        let read = call(2, 9..10, Op::Load(id("a")), outcome);
        check([history.clone(), vec![read]].concat())
    };
    read(gone()).unwrap();
    assert!(read(found(&request.record)).is_err());
}

#[test]
fn refuses_more_sessions_than_the_cap() {
    let sign_in = |task, name, evicted| {
        let request = Op::Create(sign_in(name, None, 1));
        call(task, 0..9, request, created(evicted))
    };
    assert!(check(vec![sign_in(0, "a", &[]), sign_in(1, "b", &[])]).is_err());
    check(vec![sign_in(0, "a", &[]), sign_in(1, "b", &["a"])]).unwrap();
    check(vec![sign_in(0, "a", &["b"]), sign_in(1, "b", &[])]).unwrap();
    let each_other = vec![sign_in(0, "a", &["b"]), sign_in(1, "b", &["a"])];
    assert!(check(each_other).is_err());
}

#[test]
fn refuses_a_generation_that_comes_back() {
    let history = |last| {
        vec![
            call(0, 0..1, begin(), Outcome::Begun(generation(1))),
            call(0, 2..3, revoke_all(), ended(&[])),
            call(0, 4..5, begin(), Outcome::Begun(generation(last))),
        ]
    };
    check(history(2)).unwrap();
    assert!(check(history(1)).is_err());
}

/// A listing need not see all sessions at one moment, but each one at some moment within the call.
#[test]
fn accepts_listings_that_are_not_one_step() {
    let (a, b) = (sign_in("a", None, 9), sign_in("b", None, 9));
    let history = |shown: &[&Create], from| {
        let page_size = 9;
        let subject = ann();
        let infos = shown.iter().map(|one| Listed::Session(one.record.info()));
        let listed = Outcome::Listed(infos.collect());
        vec![
            call(0, 0..1, Op::Create(a.clone()), created(&[])),
            call(1, from..9, Op::TokenSet { subject, page_size }, listed),
            call(0, 3..4, Op::Delete(delete("a")), deleted()),
            call(0, 5..6, Op::Create(b.clone()), created(&[])),
        ]
    };
    check(history(&[&a], 2)).unwrap();
    check(history(&[&b], 2)).unwrap();
    check(history(&[&a, &b], 2)).expect("they never lived at one moment");
    check(history(&[], 2)).unwrap();
    check(history(&[&b], 7)).unwrap();
    assert!(check(history(&[&a, &b], 7)).is_err(), "one was dead before");
    assert!(
        check(history(&[], 7)).is_err(),
        "the other lived throughout"
    );
}

/// Which of two calls came first shows only later, in another window.
#[test]
fn carries_every_order_into_the_next_window() {
    let window = vec![
        call(0, 0..9, begin(), Outcome::Begun(generation(1))),
        call(1, 1..8, revoke_all(), ended(&[])),
    ];
    let again = |byte| call(0, 10..11, begin(), Outcome::Begun(generation(byte)));
    for (then, what) in [(1, "revoked first"), (2, "begun first")] {
        let mut checker = Checker::new();
        checker.check(window.clone()).unwrap();
        assert_eq!(checker.states().len(), 2);
        checker.check(vec![again(then)]).expect(what);
        assert_eq!(checker.states().len(), 1);
    }
}

/// A call that had not returned when others did may have happened, or not.
#[test]
fn accepts_that_a_pending_call_has_happened_or_not() {
    let request = sign_in("a", None, 9);
    let pending = Op::Delete(delete("a"));
    let history = |seen| {
        vec![
            call(0, 0..1, Op::Create(request.clone()), created(&[])),
            call(1, 2..Call::PENDING, pending.clone(), deleted()),
            call(0, 3..4, Op::Load(id("a")), seen),
        ]
    };
    check(history(gone())).unwrap();
    check(history(found(&request.record))).unwrap();
}

#[test]
fn shows_the_smallest_part_of_a_history() {
    let request = sign_in("a", None, 9);
    let other = Record::anonymous(id("z"), now(), Timeouts::default(), payload("new"));
    let other = Create {
        record: Arc::new(other),
        ..sign_in("z", None, 9)
    };
    let violation = check(vec![
        call(0, 0..1, Op::Create(request.clone()), created(&[])),
        // All of what follows overlaps.
        call(0, 2..20, Op::Create(other), created(&[])),
        call(1, 3..5, Op::Load(id("a")), found(&request.record)),
        call(1, 6..8, Op::Update(update("a", 1, "two")), saved(2)),
        call(2, 4..9, Op::Load(id("b")), absent()),
        call(2, 10..11, Op::Load(id("a")), found(&request.record)),
        call(1, 12..13, Op::Update(update("a", 2, "three")), saved(3)),
    ])
    .unwrap_err();

    let shown: Vec<_> = violation.calls().iter().map(|call| call.invoked).collect();
    assert_eq!(
        shown,
        [6, 10],
        "the update, and the read that came too late"
    );
    let text = violation.to_string();
    for part in [
        "Before them the store held:\n  a-at0 of",
        "The longest order that makes sense:",
        "load a-at0 -> found a-at0 of",
        "expected found a-at0 of",
        "rev 2",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

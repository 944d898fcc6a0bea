//! How much memory there is room for.

use cloakroom_core::store::UpdateOutcome;
use cloakroom_core::{ErrorKind, Label, Record, SessionStore};

use super::support::*;
use crate::MokaStore;
use crate::size;

#[test]
fn bytes_are_bounded_with_large_and_small_sessions() {
    const ROOM: u64 = 100_000;
    let store = MokaStore::builder()
        .max_signed_in_bytes(ROOM)
        .build()
        .unwrap();
    let mut seen = Vec::new();
    for number in 0..500 {
        let len = [10, 30_000, 500, 90_000, 2_000][number as usize % 5];
        add(&store, &user(number, &subject(number), START, len), START);
        let bytes = live(&store).iter().map(size::of_record).sum::<u64>();
        assert!(bytes <= ROOM, "{bytes} bytes after {number}");
        seen.push(bytes);
    }
    // It is used, too.
    assert!(seen.iter().max() > Some(&(ROOM * 9 / 10)));
    check(&store);
}

#[test]
fn a_session_that_grows_makes_others_leave_and_one_that_shrinks_makes_room() {
    let store = MokaStore::builder()
        .max_anonymous_bytes(50_000)
        .build()
        .unwrap();
    let first = visitor(0, START, 10);
    add(&store, &first, START);
    for number in 1..40 {
        add(&store, &visitor(number, START, 10), START);
    }
    assert_eq!((count(&store), store.evicted()), (40, 0));
    let grown = update(&first.record, first.record.revision(), 45_000);
    let outcome = now_ready(store.update(&grown, START));
    let UpdateOutcome::Saved { revision } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(is_there(&store, first.record.id(), START));
    assert_eq!(count(&store), 6);
    check(&store);
    let shrunk = update(&first.record, revision, 10);
    assert!(matches!(
        now_ready(store.update(&shrunk, START)),
        UpdateOutcome::Saved { .. }
    ));
    let evicted = store.evicted();
    for number in 100..130 {
        add(&store, &visitor(number, START, 10), START);
    }
    assert_eq!(store.evicted(), evicted);
    check(&store);
}

/// A browser chooses its label, and so it counts.
#[test]
fn a_label_and_a_subject_are_weighed_as_data_are() {
    let plain = user(1, &subject(1), START, 100).record;
    let label = Label::new("x".repeat(128)).unwrap();
    let labelled = Record::clone(&plain).with_label(Some(label.clone()));
    assert_eq!(size::of_record(&labelled), size::of_record(&plain) + 128);
    let mut request = update(&plain, plain.revision(), 100);
    assert_eq!(size::of_update(&request), size::of_record(&plain));
    request.label = Some(label);
    assert_eq!(size::of_update(&request), size::of_record(&labelled));
    let long = cloakroom_core::Subject::new("x".repeat(6 + 128)).unwrap();
    let of_long = user(1, &long, START, 100).record;
    assert_eq!(size::of_record(&of_long), size::of_record(&plain) + 128);
}

#[test]
fn with_both_limits_neither_is_exceeded() {
    let store = MokaStore::builder()
        .max_anonymous(50)
        .max_anonymous_bytes(100_000)
        .build()
        .unwrap();
    for number in 0..100 {
        add(&store, &visitor(number, START, 10), START);
    }
    assert_eq!(count(&store), 50);
    for number in 100..300 {
        let len = if number % 3 == 0 { 20_000 } else { 10 };
        add(&store, &visitor(number, START, len), START);
        let records = live(&store);
        // A whole share each: the limit of bytes is rounded up to a multiple of that of sessions.
        assert!(records.iter().map(size::of_record).sum::<u64>() <= 100_000 + 49);
        assert!(records.len() <= 50);
    }
    check(&store);
}

#[test]
fn a_session_that_could_never_fit_is_refused_with_an_error() {
    let store = MokaStore::builder()
        .max_signed_in_bytes(10_000)
        .build()
        .unwrap();
    let anna = subject(1);
    add(&store, &user(1, &anna, START, 100), START);
    let too_large = user(2, &anna, START, 10_000);
    let error = refused(store.create(&too_large, START));
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        why.contains("10880 bytes") && why.contains("10000"),
        "{why}"
    );
    let record = user(1, &anna, START, 100).record;
    let error = refused(store.update(&update(&record, record.revision(), 10_000), START));
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    // Nothing was written, and nobody left.
    let there = live(&store);
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].revision(), record.revision());
    // Others have no such limit.
    add(&store, &visitor(3, START, 10_000), START);
    check(&store);
}

/// Every live session's record.
fn live(store: &MokaStore) -> Vec<Record> {
    let stripes = (0..=u8::MAX).map(|at| store.table().shared(at));
    stripes
        .flat_map(|stripe| stripe.slots.all_live().cloned().collect::<Vec<_>>())
        .collect()
}

fn refused<T: std::fmt::Debug>(
    future: impl Future<Output = cloakroom_core::Result<T>>,
) -> cloakroom_core::Error {
    now_ready(async { Ok(future.await.unwrap_err()) })
}

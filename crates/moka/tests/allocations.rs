//! What the store allocates, and gives back. In a binary of its own, since it counts every
//! allocation of its threads.
#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use cloakroom_core::store::{Cap, Create, CreateOutcome, LoadOutcome};
use cloakroom_core::{
    ErrorKind, Payload, PlacementKey, Record, Result, SessionId, SessionStore, Subject, Timeouts,
    Timestamp,
};
use cloakroom_moka::MokaStore;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const DATA: usize = 377;

/// So many that the hash maps have just grown, as they have with a million.
const MANY: u64 = 256 * 62;

#[test]
fn a_load_hit_allocates_the_future_and_nothing_else() {
    let _alone = alone();
    let store: Arc<dyn SessionStore> = Arc::new(MokaStore::new());
    let nested: Arc<dyn SessionStore> = Arc::new(Arc::clone(&store));
    for request in [visitor(1), user(1)] {
        let _ = ready(store.create(&request, NOW));
        for store in [&store, &nested] {
            let mut found = None;
            let info = measure(|| found = Some(ready(store.load(request.record.id(), NOW))));
            assert_eq!(info.count_total, 1);
            assert_eq!(info.bytes_current, 0);
            let Some(LoadOutcome::Found(record)) = found else {
                panic!("{found:?}");
            };
            assert_eq!(record.id(), request.record.id());
        }
    }
}

#[test]
fn a_session_takes_about_what_it_is_weighed_as() {
    let _alone = alone();
    // As documented at the builder.
    let anonymous = 700 + DATA as u64;
    let signed_in = 860 + "user-00001".len() as u64 + DATA as u64;
    for (weighed, make) in [
        (anonymous, visitor as fn(u64) -> Create),
        (signed_in, user as fn(u64) -> Create),
    ] {
        let store = with_room();
        let each = measure(|| fill(&store, make)).bytes_current as u64 / MANY;
        let range = weighed * 7 / 10..weighed * 11 / 10;
        assert!(range.contains(&each), "{each} bytes, weighed as {weighed}");
        let weighed = weighed.next_multiple_of(64);
        assert_eq!(refused_by(weighed, &make(1)), None);
        assert_eq!(refused_by(weighed - 1, &make(1)), Some(ErrorKind::TooLarge));
    }
}

/// How a store with room for so many bytes refuses a session, if it does.
fn refused_by(bytes: u64, request: &Create) -> Option<ErrorKind> {
    let builder = MokaStore::builder().max_signed_in_bytes(bytes);
    let store = builder.max_anonymous_bytes(bytes).build().unwrap();
    let created = ready(async { Ok(store.create(request, NOW).await) });
    created.err().map(|error| error.kind())
}

#[test]
fn a_store_gives_everything_back_when_it_is_dropped() {
    let _alone = alone();
    // What moka keeps for each thread is there from the first time on.
    drop(with_room());
    let info = measure(|| {
        let store = with_room();
        fill(&store, visitor);
        fill(&store, user);
    });
    assert!(info.bytes_current < 10_000, "{info:?}");
    assert!(info.bytes_total > MANY * 1_000, "{info:?}");
}

#[test]
fn sessions_that_are_purged_give_their_memory_back() {
    let _alone = alone();
    let store = with_room();
    let full = measure(|| {
        fill(&store, visitor);
        fill(&store, user);
    });
    let purged = measure(|| {
        let over = NOW.plus(Timeouts::default().overall());
        while ready(store.purge_expired(10_000, over)) > 0 {}
    });
    let left = full.bytes_current + purged.bytes_current;
    assert!(
        left < full.bytes_current / 5,
        "{left} of {}",
        full.bytes_current
    );
}

#[test]
fn a_flood_beyond_the_limit_takes_no_more_memory() {
    let _alone = alone();
    let store = MokaStore::builder().max_anonymous(1_000).build().unwrap();
    let mut held = 0;
    for round in 0..10 {
        let info = measure(|| {
            for number in round * 5_000..(round + 1) * 5_000 {
                let _ = ready(store.create(&visitor(number), NOW));
            }
        });
        held += info.bytes_current;
        // Twice what they weigh: moka's hash table grows and shrinks.
        assert!(held < 2 * 1_000 * 1_088, "{held} bytes after round {round}");
    }
}

/// One test at a time: memory that moka gives back may wait for another thread, and count as its.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with_room() -> MokaStore {
    MokaStore::builder()
        .max_anonymous(10 * MANY)
        .max_anonymous_bytes(1 << 30)
        .max_signed_in_bytes(1 << 30)
        .build()
        .unwrap()
}

fn fill(store: &MokaStore, make: fn(u64) -> Create) {
    for number in 0..MANY {
        let outcome = ready(store.create(&make(number), NOW));
        assert!(matches!(outcome, CreateOutcome::Created { .. }));
    }
}

fn visitor(number: u64) -> Create {
    let record = Record::anonymous(id(number, None), NOW, Timeouts::default(), payload());
    create(record)
}

fn user(number: u64) -> Create {
    let subject = Subject::new(format!("user-{number:05}")).unwrap();
    let id = id(number, Some(&subject));
    create(Record::signed_in(
        id,
        subject,
        NOW,
        Timeouts::default(),
        payload(),
    ))
}

fn create(record: Record) -> Create {
    Create {
        record: Arc::new(record),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

fn payload() -> Payload {
    Payload {
        codec: 1,
        bytes: Bytes::from(vec![b'x'; DATA]),
    }
}

/// An id that `number` alone decides, spread over the stripes.
fn id(number: u64, subject: Option<&Subject>) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    bytes[0] = number as u8;
    bytes[8..16].copy_from_slice(&number.to_be_bytes());
    bytes[16] = u8::from(subject.is_some());
    if let Some(subject) = subject {
        let placement = PlacementKey::default().place(subject);
        bytes[..2].copy_from_slice(&placement.to_bytes());
    }
    SessionId::from_stored(bytes)
}

/// The outcome of a future that is ready at once, as all of this store's are.
fn ready<T>(future: impl Future<Output = Result<T>>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.unwrap(),
        Poll::Pending => panic!("the future waits"),
    }
}

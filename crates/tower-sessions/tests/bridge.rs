//! The bridge over the store in memory, with a clock that is moved by hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::fault::{FaultStore, Faults};
use cloakroom_core::{Clock as _, ErrorKind, ManualClock, Operation};
use cloakroom_moka::MokaStore;
use cloakroom_tower_sessions::Bridge;
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record, Session};
use tower_sessions_core::session_store::ExpiredDeletion as _;
use tower_sessions_core::{Expiry, SessionStore as _};

struct World {
    bridge: Bridge,
    store: Arc<dyn cloakroom_core::SessionStore>,
    clock: ManualClock,
    faults: Faults,
}

fn world() -> World {
    let clock = ManualClock::new();
    let store = FaultStore::new(MokaStore::new());
    let faults = store.faults();
    let store: Arc<dyn cloakroom_core::SessionStore> = Arc::new(store);
    let bridge = Bridge::new(Arc::clone(&store)).clock(clock.clone());
    World {
        bridge,
        store,
        clock,
        faults,
    }
}

impl World {
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn record(&self, ahead: Duration) -> Record {
        let now = i128::from(self.clock.now().as_millis()) * 1_000_000;
        let data = HashMap::from([("name".to_owned(), "ada".into())]);
        Record {
            id: Id::default(),
            data,
            expiry_date: OffsetDateTime::from_unix_timestamp_nanos(now).unwrap() + ahead,
        }
    }
}

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn what_is_stored_comes_back() {
    let world = world();
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    assert_eq!(
        world.bridge.load(&record.id).await.unwrap(),
        Some(record.clone())
    );
    record.data.insert("visits".to_owned(), 2.into());
    world.bridge.save(&record).await.unwrap();
    assert_eq!(
        world.bridge.load(&record.id).await.unwrap(),
        Some(record.clone())
    );
    world.bridge.delete(&record.id).await.unwrap();
    assert_eq!(world.bridge.load(&record.id).await.unwrap(), None);
    world.bridge.delete(&record.id).await.unwrap();
    assert_eq!(world.bridge.load(&Id::default()).await.unwrap(), None);
}

#[tokio::test]
async fn what_has_ended_is_not_brought_back() {
    let world = world();
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    world.bridge.delete(&record.id).await.unwrap();
    let error = world.bridge.save(&record).await.unwrap_err();
    assert!(error.to_string().contains("has ended"), "{error}");
    assert_eq!(world.bridge.load(&record.id).await.unwrap(), None);
    // Nor is what never was stored by saving it.
    let never = world.record(HOUR);
    assert!(world.bridge.save(&never).await.is_err());
    assert_eq!(world.bridge.load(&never.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_save_that_a_deletion_overtakes_is_not_made() {
    let world = world();
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    let hold = world.faults.hold_before(Operation::Update);
    let late = tokio::spawn({
        let (bridge, record) = (world.bridge.clone(), record.clone());
        async move { bridge.save(&record).await }
    });
    hold.arrived().await;
    world.bridge.delete(&record.id).await.unwrap();
    hold.release();
    assert!(late.await.unwrap().is_err());
    assert_eq!(world.bridge.load(&record.id).await.unwrap(), None);
}

#[tokio::test]
async fn the_expiry_is_exact_and_moves_with_each_save() {
    let world = world();
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    let ms = Duration::from_millis(1);
    world.clock.advance(HOUR - ms);
    assert!(world.bridge.load(&record.id).await.unwrap().is_some());
    // Later, and by more than it was given at first.
    record.expiry_date = world.record(24 * HOUR).expiry_date;
    world.bridge.save(&record).await.unwrap();
    world.clock.advance(24 * HOUR - ms);
    assert!(world.bridge.load(&record.id).await.unwrap().is_some());
    world.clock.advance(ms);
    assert!(world.bridge.load(&record.id).await.unwrap().is_none());
    assert!(world.bridge.save(&record).await.is_err(), "it is over");

    // And sooner.
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    record.expiry_date = world.record(ms).expiry_date;
    world.bridge.save(&record).await.unwrap();
    assert!(world.bridge.load(&record.id).await.unwrap().is_some());
    world.clock.advance(ms);
    assert!(world.bridge.load(&record.id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_expiry_too_far_ahead_is_refused_and_told() {
    let world = world();
    let month = 30 * 24 * HOUR;
    let mut record = world.record(month + Duration::from_millis(1));
    let error = world.bridge.create(&mut record).await.unwrap_err();
    assert!(error.to_string().contains("Bridge::longest"), "{error}");
    let longer = world.bridge.clone().longest(2 * month).unwrap();
    longer.create(&mut record).await.unwrap();
    assert!(longer.clone().longest(Duration::ZERO).is_err());
}

#[tokio::test]
async fn an_id_that_is_taken_is_drawn_again() {
    let world = world();
    let mut first = world.record(HOUR);
    world.bridge.create(&mut first).await.unwrap();
    let mut second = world.record(HOUR);
    second.id = first.id;
    second.data.clear();
    world.bridge.create(&mut second).await.unwrap();
    assert!(second.id != first.id);
    let untouched = world.bridge.load(&first.id).await.unwrap();
    assert_eq!(untouched, Some(first));
    assert!(
        world
            .bridge
            .load(&second.id)
            .await
            .unwrap()
            .unwrap()
            .data
            .is_empty()
    );
}

#[tokio::test]
async fn a_store_that_fails_is_not_an_absent_session() {
    let world = world();
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    for (operation, kind) in [
        (Operation::Load, ErrorKind::Unavailable),
        (Operation::Load, ErrorKind::Corrupt),
    ] {
        world.faults.fail_before(operation, kind);
        let error = world.bridge.load(&record.id).await.unwrap_err();
        assert!(error.to_string().contains(&kind.to_string()), "{error}");
    }
    world.faults.fail_before(Operation::Update, ErrorKind::Full);
    assert!(world.bridge.save(&record).await.is_err());
    world
        .faults
        .fail_before(Operation::Delete, ErrorKind::Unavailable);
    assert!(world.bridge.delete(&record.id).await.is_err());
    assert!(world.bridge.load(&record.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_last_of_two_saves_wins_and_both_succeed() {
    let world = world();
    let mut record = world.record(HOUR);
    world.bridge.create(&mut record).await.unwrap();
    let hold = world.faults.hold_before(Operation::Update);
    let slow = tokio::spawn({
        let (bridge, mut record) = (world.bridge.clone(), record.clone());
        record.data.insert("slow".to_owned(), true.into());
        async move { bridge.save(&record).await }
    });
    hold.arrived().await;
    record.data.insert("quick".to_owned(), true.into());
    world.bridge.save(&record).await.unwrap();
    hold.release();
    slow.await.unwrap().unwrap();
    let data = world.bridge.load(&record.id).await.unwrap().unwrap().data;
    // As the documentation of this crate says.
    assert!(data.contains_key("slow") && !data.contains_key("quick"));
}

#[tokio::test]
async fn what_is_over_is_swept_within_the_longest_time() {
    let world = world();
    let mut record = world.record(HOUR);
    // As if no time had passed: what is over is not counted, whether it was swept or not.
    let then = world.clock.now();
    world.bridge.create(&mut record).await.unwrap();
    world.clock.advance(30 * 24 * HOUR);
    assert_eq!(
        world.store.count(then).await.unwrap(),
        1,
        "nobody has swept"
    );
    world.bridge.delete_expired().await.unwrap();
    assert_eq!(world.store.count(then).await.unwrap(), 0);
    assert_eq!(world.bridge.load(&record.id).await.unwrap(), None);
}

#[tokio::test]
async fn it_serves_the_sessions_of_tower_sessions() {
    // That crate asks the system's clock.
    let bridge = std::sync::Arc::new(Bridge::new(MokaStore::new()));
    let expiry = Some(Expiry::OnInactivity(time::Duration::hours(1)));
    let session = Session::new(None, bridge.clone(), expiry);
    session.insert("visits", 1).await.unwrap();
    session.save().await.unwrap();
    let id = session.id().unwrap();

    let same = Session::new(Some(id), bridge.clone(), expiry);
    assert_eq!(same.get::<u32>("visits").await.unwrap(), Some(1));
    same.insert("visits", 2).await.unwrap();
    // The user signs out in another request meanwhile.
    let other = Session::new(Some(id), bridge.clone(), expiry);
    other.flush().await.unwrap();
    assert!(same.save().await.is_err());
    let late = Session::new(Some(id), bridge, expiry);
    assert_eq!(late.get::<u32>("visits").await.unwrap(), None);
}

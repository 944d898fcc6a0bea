//! Rule 1: what a deletion, a revocation or the deadline has ended, nothing in flight brings back.

use cloakroom_core::store::ENDED_MEMORY;

use crate::suite::prelude::*;

/// Rule 1. Failures 1 and 2 of its peers: a save after a logout signs the user in again. Failure 3:
/// a slow request that writes does, when its answer comes late.
pub async fn late_update_never_creates<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    for ending in Ending::ALL {
        let record = signed_in_for(store, ending, stage.start).await;
        let (now, _) = ending.end(store, &record, stage.start).await;
        let outcome = store.update(&update(&record, "late"), now).await;
        assert_eq!(
            outcome,
            UpdateOutcome::Missing,
            "an update after {ending:?}"
        );
        stays_dead(store, &record, ending, now).await;
    }
}

/// Rule 1. Failure 3 of its peers: where every request renews the lifetime, a slow read is enough.
pub async fn late_touch_never_creates<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    for ending in Ending::ALL {
        let record = signed_in_for(store, ending, stage.start).await;
        let (now, _) = ending.end(store, &record, stage.start).await;
        let outcome = store.touch(&record, now).await;
        assert_eq!(outcome, TouchOutcome::Missing, "a touch after {ending:?}");
        stays_dead(store, &record, ending, now).await;
    }
}

/// Rule 1. Failure 2 of its peers: a change of the id makes a deleted session again. Failure 6: a
/// refresh undoes a revocation.
pub async fn late_renew_never_creates<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    for ending in Ending::ALL {
        let record = signed_in_for(store, ending, stage.start).await;
        let (now, _) = ending.end(store, &record, stage.start).await;
        let request = renew(&record, minutes(1));
        let outcome = store.renew(&request, now).await;
        assert_eq!(outcome, RenewOutcome::Missing, "a renewal after {ending:?}");
        assert!(
            !store.lives(request.new, now).await,
            "renewed after {ending:?}"
        );
        stays_dead(store, &record, ending, now).await;
    }
}

/// Rule 1: a retry of the create that made a session is refused once the session has ended, and
/// told by which write.
pub async fn late_create_is_refused<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    for ending in Ending::ALL {
        let record = signed_in_for(store, ending, stage.start).await;
        let (now, by) = ending.end(store, &record, stage.start).await;
        let outcome = store.create(&create(&record), now).await;
        if by.is_some() {
            let refused = CreateOutcome::Duplicate { ended_by: by };
            assert_eq!(outcome, refused, "a retried create after {ending:?}");
        }
        stays_dead(store, &record, ending, now).await;
    }
}

/// Rule 1: an anonymous session is no exception.
pub async fn an_anonymous_session_stays_dead<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.visit(now).await;
    let request = delete(&record);
    assert!(matches!(
        store.delete(&request, now).await,
        DeleteOutcome::Deleted { .. }
    ));

    let late = renew(&record, minutes(1));
    assert_eq!(
        store.update(&update(&record, "late"), now).await,
        UpdateOutcome::Missing
    );
    assert_eq!(store.touch(&record, now).await, TouchOutcome::Missing);
    assert_eq!(store.renew(&late, now).await, RenewOutcome::Missing);
    let ended_by = Some(request.write_id);
    let outcome = store.create(&create(&record), now).await;
    assert_eq!(outcome, CreateOutcome::Duplicate { ended_by });
    assert_eq!(
        store.load(record.id(), now).await,
        LoadOutcome::Ended { at: now }
    );
    assert_eq!(store.load(late.new, now).await, LoadOutcome::Absent);
    assert_eq!(store.count(now).await, 0);
}

/// Rule 1: an ended session is dead by its old id in grace too, and nothing brings it back by it.
pub async fn an_old_id_in_grace_dies_with_the_session<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let store = &stage.store;
    for ending in Ending::ALL {
        let old = signed_in_for(store, ending, stage.start).await;
        let request = renew(&old, hours(24));
        assert_eq!(
            store.renew(&request, stage.start).await,
            RenewOutcome::Renewed
        );
        let present = store.found(request.new, stage.start).await;
        let (now, _) = ending.end(store, &present, stage.start).await;

        let again = renew(&old, minutes(1));
        assert_eq!(
            store.update(&update(&old, "late"), now).await,
            UpdateOutcome::Missing
        );
        assert_eq!(store.touch(&old, now).await, TouchOutcome::Missing);
        assert_eq!(store.renew(&again, now).await, RenewOutcome::Missing);
        assert_eq!(store.renew(&request, now).await, RenewOutcome::Missing);
        for id in [old.id(), present.id(), again.new] {
            assert!(!store.lives(id, now).await, "{id:?} lives after {ending:?}");
        }
    }
}

/// Rule 1: whatever was in flight when a session was deleted, nothing of it is left.
pub async fn nothing_survives_a_race_with_delete<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let now = stage.start;
    let subject = subject("racer");
    for round in 0..20 {
        let record = stage.store.sign_in(&subject, now).await;
        let renewal = renew(&record, hours(1));
        let late = InFlight::all(&record, &renewal);
        let deletion = delete(&record);
        let store = stage.store.clone();
        let ended = async move { store.delete(&deletion, now).await };
        let store = stage.store.clone();
        let late = late.into_iter().map(|call| call.run(store.clone(), now));
        let (outcome, _) = against(ended, late).await;

        assert!(
            matches!(outcome, DeleteOutcome::Deleted { .. }),
            "round {round}: {outcome:?}"
        );
        for id in [record.id(), renewal.new] {
            assert!(
                !stage.store.lives(id, now).await,
                "round {round}: {id:?} survived"
            );
        }
        assert_eq!(
            stage.store.ids(&subject, now).await.len(),
            0,
            "round {round}"
        );
    }
}

/// Rule 1: the memory of an ended session lasts for five minutes, and no purge takes it before.
pub async fn an_ending_is_remembered_for_its_time<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, now) = (&stage.store, stage.start);
    let record = store.sign_in(&subject("remembered"), now).await;
    let request = delete(&record);
    let _ = store.delete(&request, now).await;
    let forgotten = now.plus(ENDED_MEMORY);
    store.purge_all(100, just_before(forgotten)).await;

    let ended_by = Some(request.write_id);
    let outcome = store.create(&create(&record), just_before(forgotten)).await;
    assert_eq!(
        outcome,
        CreateOutcome::Duplicate { ended_by },
        "its last millisecond"
    );
    store.add(record, forgotten).await;
}

/// Rule 1: whatever a write has ended says since when, by each of its ids, for as long as that is
/// remembered: whoever had the session under way then makes no other in its place. What is past its
/// deadline was ended by nobody, and is absent.
pub async fn what_was_ended_says_since_when<H: Harness>() {
    let stage = Stage::<H>::new().await;
    let (store, start) = (&stage.store, stage.start);
    for ending in Ending::ALL {
        let record = signed_in_for(store, ending, start).await;
        let renewal = renew(&record, hours(1));
        assert_eq!(store.renew(&renewal, start).await, RenewOutcome::Renewed);
        let renewed = (*store.found(renewal.new, start).await).clone();

        let now = start.plus(minutes(1));
        let (over, by) = ending.end(store, &renewed, now).await;
        let forgotten = over.plus(ENDED_MEMORY);
        let since = if by.is_some() {
            ending.answer(over)
        } else {
            LoadOutcome::Absent
        };
        for at in [over, over.plus(millis(1)), just_before(forgotten)] {
            for id in [record.id(), renewal.new] {
                assert_eq!(store.load(id, at).await, since, "{ending:?}, at {at:?}");
            }
        }
        for id in [record.id(), renewal.new] {
            let answer = store.load(id, forgotten).await;
            assert_eq!(answer, LoadOutcome::Absent, "{ending:?}, after its time");
        }
    }
    let visitor = store.visit(start).await;
    let _ = store.delete(&delete(&visitor), start).await;
    let since = LoadOutcome::Ended { at: start };
    let later = start.plus(minutes(1));
    assert_eq!(store.load(visitor.id(), later).await, since);
}

async fn signed_in_for<S: SessionStore>(
    store: &Client<S>,
    ending: Ending,
    now: Timestamp,
) -> Record {
    store.sign_in(&subject(&format!("{ending:?}")), now).await
}

async fn stays_dead<S: SessionStore>(
    store: &Client<S>,
    record: &Record,
    ending: Ending,
    now: Timestamp,
) {
    let subject = record.subject().expect("the session of a subject");
    let answer = store.load(record.id(), now).await;
    assert_eq!(answer, ending.answer(now), "a load after {ending:?}");
    let listed = store.ids(subject, now).await;
    assert!(!listed.contains(&record.id()), "listed after {ending:?}");
    let scanned = store.all_ids(now).await;
    assert!(!scanned.contains(&record.id()), "scanned after {ending:?}");
}

/// A call that was sent before the session ended.
enum InFlight {
    Update(Update),
    Touch(Record),
    Renew(Renew),
    Create(Create),
}

impl InFlight {
    fn all(record: &Record, renewal: &Renew) -> [Self; 4] {
        [
            Self::Update(update(record, "late")),
            Self::Touch(record.clone()),
            Self::Renew(renewal.clone()),
            Self::Create(create(record)),
        ]
    }

    async fn run<S: SessionStore>(self, store: Client<S>, now: Timestamp) {
        match self {
            Self::Update(request) => drop(store.update(&request, now).await),
            Self::Touch(record) => drop(store.touch(&record, now).await),
            Self::Renew(request) => drop(store.renew(&request, now).await),
            Self::Create(request) => drop(store.create(&request, now).await),
        }
    }
}

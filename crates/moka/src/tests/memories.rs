//! How much is remembered beside the sessions.

use std::time::Duration;

use cloakroom_core::store::{Create, CreateOutcome, LoadOutcome, Renew, RenewOutcome};
use cloakroom_core::{Placement, PlacementKey, SessionId, SessionStore, Subject, Timestamp};

use super::support::*;
use crate::MokaStore;
use crate::table::Table;

const MOST: u64 = 2_560;
const SHARE: u64 = MOST / Table::STRIPES as u64;

fn bounded() -> MokaStore {
    let builder = MokaStore::builder().unbounded_anonymous();
    builder.max_memories(MOST).build().unwrap()
}

fn begin(store: &MokaStore, subject: &Subject, now: Timestamp) -> cloakroom_core::Generation {
    now_ready(store.begin(subject, now.plus(Duration::from_secs(600)), now))
}

/// Whether a sign-in that began with this completes.
fn completes(
    store: &MokaStore,
    number: u64,
    subject: &Subject,
    began_with: cloakroom_core::Generation,
) -> bool {
    let mut request = user(number, subject, START, 10);
    request.generation = Some(began_with);
    match now_ready(store.create(&request, START)) {
        CreateOutcome::Created { .. } => true,
        CreateOutcome::Superseded => false,
        other => panic!("{other:?}"),
    }
}

/// Whether that is still remembered.
fn has_ended(store: &MokaStore, id: SessionId) -> bool {
    matches!(now_ready(store.load(id, START)), LoadOutcome::Ended { .. })
}

#[test]
fn a_flood_of_sign_ins_that_never_complete_is_bounded() {
    let store = bounded();
    let user = subject(u64::MAX);
    let signed_in = super::support::user(1, &user, START, 10);
    add(&store, &signed_in, START);
    for number in 0..3 * MOST {
        let _ = begin(&store, &subject(number), START);
    }
    let sets = store.table().budgets.sets.total();
    assert!(sets <= MOST + SHARE, "{sets} remembered");
    assert!(is_there(&store, signed_in.record.id(), START));
    check(&store);
}

#[test]
fn whoever_began_last_is_not_superseded_by_a_flood() {
    let store = bounded();
    let early = subject(u64::MAX);
    let too_early = begin(&store, &early, START);
    for number in 0..2 * MOST {
        let _ = begin(&store, &subject(number), START);
    }
    assert!(!completes(&store, 1, &early, too_early));
    let late = subject(u64::MAX - 1);
    let in_time = begin(&store, &late, START);
    for number in 2 * MOST..2 * MOST + MOST / 2 {
        let _ = begin(&store, &subject(number), START);
    }
    assert!(completes(&store, 2, &late, in_time));
    check(&store);
}

#[test]
fn whoever_begins_anew_is_the_newest() {
    let store = bounded();
    let patient = subject(u64::MAX);
    let began = begin(&store, &patient, START);
    for number in 0..4 * MOST {
        if number % (MOST / 4) == 0 {
            assert_eq!(begin(&store, &patient, START), began, "after {number}");
        }
        let _ = begin(&store, &subject(number), START);
    }
    check(&store);
}

#[test]
fn a_flood_on_one_stripe_takes_nothing_from_the_others() {
    let store = bounded();
    let flooded = Placement::from_bytes([7, 7]);
    let elsewhere = (0..).map(subject);
    let key = PlacementKey::default();
    let mut elsewhere = elsewhere.filter(|subject| key.place(subject).to_bytes()[0] != 7);
    let honest: Vec<_> = elsewhere.by_ref().take(500).collect();
    let began: Vec<_> = honest.iter().map(|who| begin(&store, who, START)).collect();
    let end = |placement, number| {
        let request = at(placement, number);
        add(&store, &request, START);
        let _ = now_ready(store.delete(&delete(&request.record), START));
        request.record.id()
    };
    for number in 0..2 * MOST {
        end(flooded, number);
    }
    // Nor from those who come after it, up to the share of their stripe.
    let later = Placement::from_bytes([8, 8]);
    let ended: Vec<_> = (0..SHARE).map(|number| end(later, number)).collect();
    for id in ended {
        assert!(has_ended(&store, id), "of a share of {SHARE}");
    }
    for (number, (who, began)) in honest.iter().zip(began).enumerate() {
        assert!(completes(&store, number as u64, who, began));
    }
    let ids = store.table().budgets.ids.total();
    assert!(ids <= MOST + SHARE, "{ids} remembered");
    check(&store);
}

/// A stripe keeps more than its share where others have less.
#[test]
fn nothing_is_forgotten_before_there_is_too_much_of_it() {
    let store = bounded();
    let placement = Placement::from_bytes([9, 1]);
    let mut ended = Vec::new();
    for number in 0..10 * SHARE {
        let request = at(placement, number);
        add(&store, &request, START);
        let _ = now_ready(store.delete(&delete(&request.record), START));
        ended.push(request.record.id());
    }
    for id in ended {
        assert!(has_ended(&store, id));
    }
}

/// An id that ends a second time is forgotten in its second turn.
#[test]
fn an_id_that_is_remembered_anew_is_the_newest() {
    let store = bounded();
    let placement = Placement::from_bytes([9, 1]);
    let end = |request: &Create| {
        add(&store, request, START);
        let ending = delete(&request.record);
        let _ = now_ready(store.delete(&ending, START));
        ending.write_id
    };
    let over = end(&at(placement, 0));
    for number in 1..MOST / 2 {
        end(&at(placement, number));
    }
    let mut again = at(placement, 0);
    again.over = Some(over);
    end(&again);
    for number in MOST / 2..MOST + MOST / 4 {
        end(&at(placement, number));
    }
    let is_told = |number| has_ended(&store, at(placement, number).record.id());
    assert!(!is_told(1), "the oldest is forgotten");
    assert!(is_told(0));
    check(&store);
}

#[test]
fn the_oldest_memory_of_an_id_goes_and_the_session_stays() {
    let store = bounded();
    let placement = Placement::from_bytes([9, 1]);
    let first = at(placement, 1);
    add(&store, &first, START);
    let link = |number| at(placement, number).record.id();
    let renew = |old: SessionId, new: SessionId| {
        let renewal = Renew {
            old,
            new,
            subject: None,
            grace: IDLE,
        };
        assert_eq!(
            now_ready(store.renew(&renewal, START)),
            RenewOutcome::Renewed
        );
    };
    renew(link(1), link(2));
    assert!(is_there(&store, link(1), START));
    for number in 10..10 + 2 * MOST {
        let request = at(placement, number);
        add(&store, &request, START);
        let _ = now_ready(store.delete(&delete(&request.record), START));
    }
    assert_eq!(
        now_ready(store.load(link(1), START)),
        LoadOutcome::Absent,
        "the oldest is forgotten"
    );
    assert!(is_there(&store, link(2), START));
    check(&store);
}

#[test]
fn what_comes_and_goes_leaves_no_listings_behind() {
    let store = bounded();
    let user = subject(1);
    let placement = PlacementKey::default().place(&user);
    for number in 0..5_000 {
        let _ = begin(&store, &user, START);
        let request = super::support::user(number, &user, START, 10);
        add(&store, &request, START);
        let _ = now_ready(store.delete(&delete(&request.record), START));
        let later = START.plus(Duration::from_secs(301));
        let _ = now_ready(store.purge_expired(10, later));
    }
    let stripe = store.table().shared(crate::table::stripe_of(placement));
    assert!(stripe.sets.sizes().memories <= 32);
    assert!(stripe.slots.sizes().memories <= 32);
}

#[test]
fn a_limit_that_supersedes_everybody_is_refused() {
    let error = MokaStore::builder().max_memories(999).build().unwrap_err();
    assert!(error.to_string().contains("999"), "{error}");
    assert!(error.to_string().contains("1000"), "{error}");
    assert!(MokaStore::builder().max_memories(1_000).build().is_ok());
}

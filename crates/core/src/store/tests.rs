use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::error::{Error, ErrorKind, Operation};
use crate::numbers::Revision;
use crate::placement::Placement;
use crate::record::{Payload, Record};
use crate::timeouts::Timeouts;

fn ada() -> Subject {
    Subject::new("ada").unwrap()
}

fn placed(placement: Placement, byte: u8) -> SessionId {
    let mut bytes = [byte; SessionId::LEN];
    bytes[..2].copy_from_slice(&placement.to_bytes());
    SessionId::from_stored(bytes)
}

fn key() -> PlacementKey {
    PlacementKey::default()
}

/// Documented, and what operators reckon with.
#[test]
fn memories_last_as_long_as_is_said() {
    assert_eq!(ENDED_MEMORY, Duration::from_secs(300));
    assert_eq!(REUSE_MEMORY, Duration::from_secs(86_400));
    assert_eq!(MAX_FOLLOWED_RENEWALS, 64);
}

fn elsewhere() -> Placement {
    let [high, low] = key().place(&ada()).to_bytes();
    Placement::from_bytes([high, low ^ 1])
}

fn create(subject: Option<Subject>, placement: Placement) -> Create {
    let (id, now, timeouts) = (placed(placement, 1), Timestamp::EPOCH, Timeouts::default());
    let payload = Payload {
        codec: 1,
        bytes: Bytes::new(),
    };
    Create {
        record: Arc::new(match subject {
            Some(subject) => Record::signed_in(id, subject, now, timeouts, payload),
            None => Record::anonymous(id, now, timeouts, payload),
        }),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

fn replaces(placement: Placement) -> Option<Replaces> {
    Some(Replaces {
        id: placed(placement, 2),
        revision: Revision::FIRST,
    })
}

fn is_refused(outcome: Result<(), Error>, by: Operation) -> bool {
    outcome.is_err_and(|error| {
        error.kind() == ErrorKind::InvalidInput
            && error.operation() == by
            && error.source().is_some()
    })
}

/// The text of the trait itself says it: a method with a body would be one that a decorator could
/// forget to forward.
#[test]
fn no_operation_has_a_default() {
    let (_, from_trait) = include_str!("mod.rs")
        .split_once("pub trait SessionStore")
        .unwrap();
    let (body, _) = from_trait.split_once("\n}").unwrap();
    let methods: Vec<&str> = body.split("fn ").skip(1).collect();
    assert_eq!(methods.len(), 13);
    for method in methods {
        let end = method.find([';', '{']).unwrap();
        assert!(method[end..].starts_with(';'), "{method}");
    }
}

#[test]
fn a_store_can_be_used_without_knowing_which() {
    fn store<S: SessionStore + ?Sized>() {}
    store::<dyn SessionStore>();
    store::<Arc<dyn SessionStore>>();
    store::<Box<dyn SessionStore>>();
    store::<Arc<Box<dyn SessionStore>>>();
}

#[test]
fn a_session_is_created_where_its_subject_is() {
    let here = key().place(&ada());
    let mut request = create(Some(ada()), here);
    request.replaces = replaces(here);
    request.generation = Some(Generation::from_stored([0; 16]));
    validate_create(&key(), &request).unwrap();

    let away = create(Some(ada()), elsewhere());
    assert!(is_refused(
        validate_create(&key(), &away),
        Operation::Create
    ));
    // By the key of the store, not by another.
    let other_key = PlacementKey::new(&[0; 32]);
    assert!(is_refused(
        validate_create(&other_key, &request),
        Operation::Create
    ));
}

#[test]
fn an_anonymous_session_is_created_anywhere() {
    validate_create(&key(), &create(None, elsewhere())).unwrap();
    validate_create(&key(), &create(None, key().place(&ada()))).unwrap();
}

#[test]
fn an_anonymous_session_signs_nobody_in() {
    let mut request = create(None, elsewhere());
    request.replaces = replaces(elsewhere());
    assert!(is_refused(
        validate_create(&key(), &request),
        Operation::Create
    ));

    let mut request = create(None, elsewhere());
    request.generation = Some(Generation::from_stored([0; 16]));
    assert!(is_refused(
        validate_create(&key(), &request),
        Operation::Create
    ));
}

#[test]
fn what_is_replaced_is_where_its_successor_is() {
    let mut request = create(Some(ada()), key().place(&ada()));
    request.replaces = replaces(elsewhere());
    assert!(is_refused(
        validate_create(&key(), &request),
        Operation::Create
    ));
}

#[test]
fn a_renewal_stays_within_its_placement_and_its_memory() {
    let here = key().place(&ada());
    let renew = Renew {
        old: placed(here, 1),
        new: placed(here, 2),
        subject: Some(ada()),
        grace: REUSE_MEMORY,
    };
    validate_renew(&renew).unwrap();
    for refused in [
        Renew {
            new: placed(elsewhere(), 2),
            ..renew.clone()
        },
        Renew {
            new: renew.old,
            ..renew.clone()
        },
        Renew {
            grace: REUSE_MEMORY + Duration::from_nanos(1),
            ..renew.clone()
        },
    ] {
        assert!(is_refused(validate_renew(&refused), Operation::Renew));
    }
}

#[test]
fn a_cursor_keeps_its_bytes() {
    assert_eq!(Cursor::new(vec![1, 2]).as_bytes(), [1, 2]);
}

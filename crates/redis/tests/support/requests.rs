//! Requests as the tests make them: the plain one, to be changed by struct update.

use std::sync::Arc;

use cloakroom_core::store::{Cap, Create, Delete, EndReason, Revoke, RevokeKind, Update};
use cloakroom_core::{
    Payload, Placement, Record, SessionId, SessionStore, Subject, Timeouts, Timestamp, WriteId,
};

pub(crate) fn subject(name: &str) -> Subject {
    Subject::new(name).expect("a name of 1 to 256 bytes")
}

pub(crate) fn payload(data: impl AsRef<[u8]>) -> Payload {
    Payload {
        codec: 0,
        bytes: bytes::Bytes::copy_from_slice(data.as_ref()),
    }
}

/// An id that nobody else draws.
pub(crate) fn random_id(placement: Placement) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    let (low, high) = bytes.split_at_mut(WriteId::LEN);
    low.copy_from_slice(WriteId::random().as_bytes());
    high.copy_from_slice(WriteId::random().as_bytes());
    let [first, second] = placement.to_bytes();
    (bytes[0], bytes[1]) = (first, second);
    SessionId::from_stored(bytes)
}

/// A new session of this subject.
pub(crate) fn signed_in(store: &impl SessionStore, subject: &Subject, now: Timestamp) -> Record {
    let id = random_id(store.placement_key().place(subject));
    let timeouts = Timeouts::default();
    Record::signed_in(id, subject.clone(), now, timeouts, payload("data"))
}

/// A new session of nobody.
pub(crate) fn visit(now: Timestamp) -> Record {
    let [a, b, ..] = *WriteId::random().as_bytes();
    let id = random_id(Placement::from_bytes([a, b]));
    Record::anonymous(id, now, Timeouts::default(), payload("data"))
}

pub(crate) fn create(record: &Record) -> Create {
    Create {
        record: Arc::new(record.clone()),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

pub(crate) fn update(record: &Record, data: impl AsRef<[u8]>) -> Update {
    Update {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: record.revision(),
        payload: payload(data),
        label: record.label().cloned(),
        touch: true,
        write_id: WriteId::random(),
    }
}

pub(crate) fn delete(record: &Record) -> Delete {
    Delete {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    }
}

pub(crate) fn revoke(subject: &Subject, kind: RevokeKind) -> Revoke {
    Revoke {
        subject: subject.clone(),
        kind,
        write_id: WriteId::random(),
    }
}

//! Requests as the cases make them: the plain one, to be changed by struct update.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_core::store::{
    Cap, Create, Delete, EndReason, OnCap, Renew, Replaces, Revoke, RevokeKind, Update,
};
use cloakroom_core::{Label, Payload, Placement, Record, SessionId, Subject, WriteId};

pub(crate) fn subject(text: &str) -> Subject {
    Subject::new(text).expect("a text of 1 to 256 bytes")
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).expect("a text of 1 to 128 bytes without control characters")
}

pub(crate) fn cap(max: u32, on_cap: OnCap) -> Cap {
    Cap::new(max, on_cap).expect("a cap of 1 to 10,000")
}

/// Data as the codec of this suite writes them: not at all.
pub(crate) fn payload(data: impl AsRef<[u8]>) -> Payload {
    Payload {
        codec: 0,
        bytes: Bytes::copy_from_slice(data.as_ref()),
    }
}

/// An id that nobody else draws.
pub(crate) fn random_id(placement: Placement) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    let (low, high) = bytes.split_at_mut(WriteId::LEN);
    low.copy_from_slice(WriteId::random().as_bytes());
    high.copy_from_slice(WriteId::random().as_bytes());
    let [first, second] = placement.to_bytes();
    bytes[0] = first;
    bytes[1] = second;
    SessionId::from_stored(bytes)
}

/// An id of a placement whose other bytes are all this one.
pub(crate) fn id_of(placement: Placement, byte: u8) -> SessionId {
    let mut bytes = [byte; SessionId::LEN];
    let [first, second] = placement.to_bytes();
    bytes[0] = first;
    bytes[1] = second;
    SessionId::from_stored(bytes)
}

/// Stores this record, at the default cap.
pub(crate) fn create(record: &Record) -> Create {
    Create {
        record: Arc::new(record.clone()),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

/// What a reauthentication replaces.
pub(crate) fn at_revision(record: &Record) -> Option<Replaces> {
    Some(Replaces {
        id: record.id(),
        revision: record.revision(),
    })
}

/// Changes the data of the record as it was read, which counts as a use.
pub(crate) fn update(record: &Record, data: &str) -> Update {
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

/// Gives the session a new random id.
pub(crate) fn renew(record: &Record, grace: Duration) -> Renew {
    Renew {
        old: record.id(),
        new: random_id(record.id().placement()),
        subject: record.subject().cloned(),
        grace,
    }
}

/// Ends the session at whatever revision.
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

//! The store that fails on demand.

#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;

mod every_operation;
mod failures;
mod holds;

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_core::fault::{FaultStore, Faults};
use cloakroom_core::store::Create;
use cloakroom_core::{
    Cap, Clock as _, ManualClock, Payload, Record, SessionId, Timeouts, Timestamp,
};
use support::MapStore;

pub(crate) fn now() -> Timestamp {
    ManualClock::new().now()
}

pub(crate) fn store() -> (FaultStore<MapStore>, Faults) {
    let store = FaultStore::new(MapStore::default());
    let faults = store.faults();
    (store, faults)
}

pub(crate) fn id(number: u8) -> SessionId {
    SessionId::from_stored([number; SessionId::LEN])
}

pub(crate) fn anonymous(number: u8) -> Create {
    let payload = Payload {
        codec: 1,
        bytes: Bytes::from_static(b"{}"),
    };
    Create {
        record: Arc::new(Record::anonymous(
            id(number),
            now(),
            Timeouts::default(),
            payload,
        )),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

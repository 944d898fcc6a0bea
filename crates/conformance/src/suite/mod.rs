//! What the cases stand on.

pub(crate) mod any;
pub(crate) mod client;
pub(crate) mod damage;
pub(crate) mod ending;
pub(crate) mod names;
pub(crate) mod requests;
pub(crate) mod run;
pub(crate) mod stage;
pub(crate) mod tasks;
pub(crate) mod times;

/// What every case uses.
pub(crate) mod prelude {
    pub(crate) use std::time::Duration;

    pub(crate) use cloakroom_core::store::{
        Create, CreateOutcome, Delete, DeleteOutcome, EndReason, Listed, LoadOutcome, OnCap, Renew,
        RenewOutcome, RevokeKind, TouchOutcome, Update, UpdateOutcome,
    };
    pub(crate) use cloakroom_core::{
        ErrorKind, Record, Revision, SessionId, SessionStore, Subject, Timeouts, Timestamp, WriteId,
    };

    pub(crate) use crate::harness::Harness;
    pub(crate) use crate::suite::client::Client;
    pub(crate) use crate::suite::damage::{damage, make_newer, stored, unreadable};
    pub(crate) use crate::suite::ending::Ending;
    pub(crate) use crate::suite::requests::{
        at_revision, cap, create, delete, label, payload, renew, revoke, subject, update,
    };
    pub(crate) use crate::suite::stage::{Stage, Tampering};
    pub(crate) use crate::suite::tasks::{against, pair, together};
    pub(crate) use crate::suite::times::{days, hours, just_before, millis, minutes, seconds};
}

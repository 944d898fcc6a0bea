//! Cases of the handle, `Sessions<T>`, over the store under test.
//!
//! The handle promises more than a store does: typed data, retries, sign-in in two steps, a touch now
//! and then. It can keep that only over a store that keeps its own rules, so that these cases are the
//! store's too. Faults are injected between the two, in the same way over every store.

// Panicking is how a case fails.
#![allow(clippy::missing_panics_doc)]
// A case looks into what it has just made.
#![allow(clippy::indexing_slicing)]

pub mod attempts;
pub mod caps;
pub mod codecs;
pub mod create_load;
pub mod damage;
pub mod dropped;
pub mod everyone;
pub mod everyone_meanwhile;
pub mod external;
pub mod external_again;
pub mod external_lost_answers;
pub mod lost_answers;
pub mod lost_sign_ins;
pub mod map;
pub mod moved_on;
pub mod outage;
pub mod peers_index;
pub mod peers_resurrection;
pub mod peers_time;
pub mod races;
pub mod reauthenticate;
pub mod renew;
pub mod renew_if_due;
pub mod reuse;
pub mod sign_in;
pub mod sign_in_by_old_token;
pub mod sign_in_from;
pub mod sign_out;
pub mod timeouts;
pub mod tokens;
pub mod touch;
pub mod update;

pub(crate) mod faulty;
mod list;
pub(crate) mod service;
pub(crate) mod steps;

/// What every case of the handle uses.
pub(crate) mod prelude {
    pub(crate) use std::time::Duration;

    pub(crate) use cloakroom_core::fault::Calls;
    pub(crate) use cloakroom_core::store::{Listed, OnCap};
    pub(crate) use cloakroom_core::{
        AddOutcome, Error, ErrorKind, Issued, Lookup, Operation, Renewal, Session, SessionId,
        SessionOptions, SignIn, SignOut, Subject, Timeouts, Token,
    };

    pub(crate) use crate::handle::service::{Account, Host, Service, expect_found, failure};
    pub(crate) use crate::handle::steps::{drop_when_held, while_held, while_lost};
    pub(crate) use crate::harness::Harness;
    pub(crate) use crate::suite::requests::{label, subject};
    pub(crate) use crate::suite::tasks::together;
    pub(crate) use crate::suite::times::{days, hours, millis, minutes, seconds};
}

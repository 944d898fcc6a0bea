//! What there is before, and what the two ask for.

use std::time::Duration;

use cloakroom_core::store::{Cap, Create, Delete, OnCap, Renew, Revoke, RevokeKind, Update};
use cloakroom_core::{Clock, Record, SessionId, Subject, SystemClock, Timestamp, WriteId};
use cloakroom_redis::RedisStore;

use crate::support::requests::{create, delete, random_id, revoke, signed_in, subject, update};

/// What there is before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// Two sessions, and a sign-in that has begun.
    Two,
    /// One session, and no sign-in that has begun lately: with the session the set goes.
    TheLast,
    /// Two sessions, of which the second is damaged: its record has to be looked at by whoever ends it.
    Damaged,
}

/// The sessions of a user, and what may be asked: the same in every world.
pub(crate) struct Plan {
    pub(crate) occasion: Occasion,
    pub(crate) ada: Subject,
    pub(crate) first: Record,
    pub(crate) second: Record,
    pub(crate) now: Timestamp,
}

/// What is new in the request of one of the two.
pub(crate) struct Hand {
    pub(crate) id: SessionId,
    pub(crate) by: WriteId,
    pub(crate) record: Record,
    pub(crate) at: Timestamp,
}

impl Plan {
    pub(crate) fn new(store: &RedisStore, occasion: Occasion, number: usize) -> Self {
        let now = SystemClock.now();
        let ada = subject(&format!("ada-{number}"));
        let of = |ago| signed_in(store, &ada, now.minus(Duration::from_secs(ago)));
        Self {
            occasion,
            first: of(20),
            second: of(10),
            ada,
            now,
        }
    }

    pub(crate) fn hand(&self, store: &RedisStore, at: Timestamp) -> Hand {
        Hand {
            id: random_id(self.first.id().placement()),
            by: WriteId::random(),
            record: signed_in(store, &self.ada, at),
            at,
        }
    }

    pub(crate) fn update(&self, hand: &Hand) -> Update {
        Update {
            write_id: hand.by,
            ..update(&self.first, "changed")
        }
    }

    pub(crate) fn renew(&self, hand: &Hand, grace: Duration) -> Renew {
        Renew {
            old: self.first.id(),
            new: hand.id,
            subject: Some(self.ada.clone()),
            grace,
        }
    }

    pub(crate) fn delete(&self, hand: &Hand) -> Delete {
        Delete {
            write_id: hand.by,
            ..delete(&self.first)
        }
    }

    pub(crate) fn revoke(&self, hand: &Hand, kind: RevokeKind) -> Revoke {
        Revoke {
            write_id: hand.by,
            ..revoke(&self.ada, kind)
        }
    }

    pub(crate) fn sign_in(&self, hand: &Hand, max: u32, on_cap: OnCap) -> Create {
        Create {
            cap: Cap::new(max, on_cap).unwrap(),
            ..create(&hand.record)
        }
    }
}

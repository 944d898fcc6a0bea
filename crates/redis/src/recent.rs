//! What this host has read lately.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use cloakroom_core::SessionId;

use crate::value;
use crate::view::{Known, Stored};

const SLOTS: usize = 8192;

type Slot = Mutex<Option<(SessionId, Bytes)>>;

/// The sessions that this host has read lately: 8,192 at most, none above 8 KiB.
///
/// A change mostly follows a reading of the same session. It is decided by what was read, and the
/// script that writes it checks that nothing has changed since: one round trip instead of two. What is
/// remembered here is never an answer.
pub(crate) struct Recent {
    slots: Box<[Slot]>,
}

impl Recent {
    /// The largest value that is remembered.
    pub(crate) const LARGEST: usize = 8 << 10;

    pub(crate) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Mutex::new(None)).collect(),
        }
    }

    /// What was read of a session last, where it is remembered.
    pub(crate) fn get(&self, id: SessionId) -> Option<Known> {
        let slot = self
            .slot(id)?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let stored = match &*slot {
            Some((there, stored)) if *there == id => stored.clone(),
            _ => return None,
        };
        drop(slot);
        Some(Known {
            entry: Some(value::decode(id, stored.clone())),
            stored: Stored::Value(stored),
        })
    }

    /// Remembers what was read, in place of another.
    pub(crate) fn put(&self, id: SessionId, stored: Bytes) {
        if let Some(slot) = self.slot(id) {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            *slot = Some((id, stored));
        }
    }

    /// Its digest is as good as random.
    fn slot(&self, id: SessionId) -> Option<&Slot> {
        let [.., a, b] = *id.as_bytes();
        self.slots
            .get(usize::from(u16::from_be_bytes([a, b])) % SLOTS)
    }
}

/// Without what it holds.
impl std::fmt::Debug for Recent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recent").finish_non_exhaustive()
    }
}

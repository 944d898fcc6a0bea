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
    const LARGEST: usize = 8 << 10;

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

    /// Remembers what was read, in place of another, where it is small enough.
    pub(crate) fn put(&self, id: SessionId, stored: Bytes) {
        if stored.len() <= Self::LARGEST
            && let Some(slot) = self.slot(id)
        {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(first: u8, slot: u16) -> SessionId {
        let mut bytes = [first; SessionId::LEN];
        bytes[SessionId::LEN - 2..].copy_from_slice(&slot.to_be_bytes());
        SessionId::from_stored(bytes)
    }

    #[test]
    fn what_was_read_last_is_remembered_and_of_nobody_else() {
        let recent = Recent::new();
        let (one, same_slot) = (id(1, 7), id(2, 7 + SLOTS as u16));
        let stored = |id| recent.get(id).map(|known| known.stored);
        assert_eq!(stored(one), None);
        recent.put(one, Bytes::from_static(b"a"));
        assert_eq!(stored(one), Some(Stored::Value(Bytes::from_static(b"a"))));
        assert_eq!(stored(same_slot), None);
        recent.put(same_slot, Bytes::from_static(b"b"));
        assert_eq!(stored(one), None);
        let b = Stored::Value(Bytes::from_static(b"b"));
        assert_eq!(stored(same_slot), Some(b));
    }

    #[test]
    fn what_is_large_is_not_remembered() {
        let recent = Recent::new();
        for (len, is_remembered) in [(Recent::LARGEST, true), (Recent::LARGEST + 1, false)] {
            let one = id(1, len as u16);
            recent.put(one, vec![0; len].into());
            assert_eq!(recent.get(one).is_some(), is_remembered, "{len} bytes");
        }
    }
}

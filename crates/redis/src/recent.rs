//! What this host has read lately.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cloakroom_core::SessionId;

use crate::value;
use crate::view::{Known, Stored};

/// How many buckets there are, and how many sessions each has room for.
const BUCKETS: usize = 1024;
const ROOM: usize = 8;

/// The sessions that this host has read lately: 8,192 at most, none above 8 KiB.
///
/// A change mostly follows a reading of the same session. It is decided by what was read, and the
/// script that writes it checks that nothing has changed since: one round trip instead of two. What is
/// remembered here is never an answer.
pub(crate) struct Recent {
    buckets: Box<[Mutex<Bucket>]>,
}

/// Sessions whose ids end alike, what was read last in front. Where it is full, the one at the end goes.
///
/// Several to a bucket: with one, a tenth as many sessions as there is room for would take the place of one another
/// in every twentieth case.
type Bucket = [Option<(SessionId, Bytes)>; ROOM];

impl Recent {
    /// The largest value that is remembered.
    const LARGEST: usize = 8 << 10;

    pub(crate) fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| Mutex::default()).collect(),
        }
    }

    /// What was read of a session last, where it is remembered.
    pub(crate) fn get(&self, id: SessionId) -> Option<Known> {
        let bucket = self.bucket(id)?;
        let mut there = bucket.iter().flatten();
        let (_, stored) = there.find(|(there, _)| *there == id)?;
        let stored = stored.clone();
        drop(bucket);
        Some(Known {
            entry: Some(value::decode(id, stored.clone())),
            stored: Stored::Value(stored),
        })
    }

    /// Remembers what was read, in place of another where there is no room, if it is small enough.
    pub(crate) fn put(&self, id: SessionId, stored: Bytes) {
        if stored.len() > Self::LARGEST {
            return;
        }
        let Some(mut bucket) = self.bucket(id) else {
            return;
        };
        let is_here = |place: &Option<_>| matches!(place, Some((there, _)) if *there == id);
        let place = bucket.iter().position(is_here).unwrap_or(ROOM - 1);
        // The last of these is what was read of it before, or what has to go.
        if let Some(these) = bucket.get_mut(..=place) {
            these.rotate_right(1);
        }
        let before = bucket
            .first_mut()
            .and_then(|first| first.replace((id, stored)));
        // Letting it go takes a while, and nobody has to wait for it.
        drop(bucket);
        drop(before);
    }

    /// The id's digest is as good as random.
    fn bucket(&self, id: SessionId) -> Option<MutexGuard<'_, Bucket>> {
        let [.., a, b] = *id.as_bytes();
        let number = usize::from(u16::from_be_bytes([a, b])) % BUCKETS;
        let bucket = self.buckets.get(number)?;
        Some(bucket.lock().unwrap_or_else(PoisonError::into_inner))
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
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    fn id(first: u8, bucket: u16) -> SessionId {
        let mut bytes = [first; SessionId::LEN];
        bytes[SessionId::LEN - 2..].copy_from_slice(&bucket.to_be_bytes());
        SessionId::from_stored(bytes)
    }

    fn value(of: u8) -> Bytes {
        vec![of].into()
    }

    #[test]
    fn what_was_read_last_is_remembered_and_of_nobody_else() {
        let recent = Recent::new();
        let other_number = |first| id(first, 7 + BUCKETS as u16);
        let stored = |id| recent.get(id).map(|known| known.stored);
        assert_eq!(stored(id(0, 7)), None);
        recent.put(id(0, 7), value(100));
        recent.put(id(0, 7), value(0));
        assert_eq!(stored(id(0, 7)), Some(Stored::Value(value(0))));
        // They share a bucket, and are told apart.
        for first in 1..ROOM as u8 {
            assert_eq!(stored(other_number(first)), None);
            recent.put(other_number(first), value(first));
        }
        // The bucket is full. What is read again takes no room.
        recent.put(other_number(3), value(3));
        recent.put(id(0, 7), value(0));
        assert!(stored(other_number(1)).is_some());
        recent.put(other_number(ROOM as u8), value(ROOM as u8));
        // Of all these it was read longest ago.
        assert_eq!(stored(other_number(1)), None);
        assert_eq!(stored(id(0, 7)), Some(Stored::Value(value(0))));
        for first in 2..=ROOM as u8 {
            let there = Some(Stored::Value(value(first)));
            assert_eq!(stored(other_number(first)), there, "the session {first}");
        }
    }

    /// Each in a place of its own that its id tells, about 40 of them would have been lost.
    #[test]
    fn a_tenth_of_what_there_is_room_for_is_remembered_whole() {
        let recent = Recent::new();
        let mut random = StdRng::seed_from_u64(1);
        let ids: Vec<_> = (0..BUCKETS * ROOM / 10)
            .map(|_| id(random.random(), random.random()))
            .collect();
        for id in &ids {
            recent.put(*id, value(1));
        }
        assert!(ids.iter().all(|id| recent.get(*id).is_some()));
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

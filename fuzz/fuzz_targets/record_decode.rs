//! Any bytes at all are safe to read as a record, of any id. What decodes encodes to the very same
//! bytes, is read only under its own id, and with any one byte damaged it is nothing but damaged.
//!
//! Input: an id (32 bytes), a place (2) and a mask (1) for the damage, then the stored bytes. They
//! are read as they are, and again with both checksums mended: what lies behind those would hardly
//! ever be reached by chance.
#![no_main]

use bytes::Bytes;
use cloakroom_core::{DecodeError, Record, RecordVersion, SessionId, Timestamp};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((id, rest)) = bytes.split_first_chunk::<32>() else {
        return;
    };
    let Some(([high, low, mask], stored)) = rest.split_first_chunk::<3>() else {
        return;
    };
    let id = SessionId::from_stored(*id);
    let damage = Damage {
        place: usize::from(u16::from_be_bytes([*high, *low])),
        mask: *mask,
    };
    read(id, stored, &damage);
    if let Some(mended) = mend(id, stored) {
        read(id, &mended, &damage);
    }
});

fn read(id: SessionId, stored: &[u8], damage: &Damage) {
    let record = match Record::decode(id, Bytes::copy_from_slice(stored)) {
        Ok(record) => record,
        Err(DecodeError::Corrupt { .. }) => return,
        Err(DecodeError::NewerVersion { found }) => {
            assert!(found > 1);
            assert_eq!(stored.get(2..4), Some(&[found, !found][..]));
            return;
        }
        Err(other) => panic!("a reason that this target does not know: {other:?}"),
    };
    assert_eq!(record.id(), id);
    assert_eq!(record.encode(RecordVersion::V1), stored);
    // Nothing that is told of a record may panic either.
    let _ = (record.deadline(), record.info(), format!("{record:?}"));
    touch_patches_in_place(&record, stored);
    damage.is_found(id, stored);
}

/// A touch replaces the times where they stand.
fn touch_patches_in_place(record: &Record, stored: &[u8]) {
    let now = record.last_seen().as_millis() ^ record.created().as_millis();
    let touched = record.touched(true, Timestamp::from_millis(now));
    let mut patched = stored.to_vec();
    let times = touched.encode_times();
    patched[Record::TIMES_OFFSET..][..times.len()].copy_from_slice(&times);
    let read = Record::decode(record.id(), Bytes::from(patched));
    assert_eq!(read, Ok(touched));
}

/// One byte that is not as it was written.
struct Damage {
    place: usize,
    mask: u8,
}

impl Damage {
    fn is_found(&self, id: SessionId, stored: &[u8]) {
        if self.mask == 0 {
            return;
        }
        let mut damaged = stored.to_vec();
        damaged[self.place % stored.len()] ^= self.mask;
        is_corrupt(id, damaged);
        let mut other = *id.as_bytes();
        other[self.place % other.len()] ^= self.mask;
        is_corrupt(SessionId::from_stored(other), stored.to_vec());
    }
}

fn is_corrupt(id: SessionId, stored: Vec<u8>) {
    let read = Record::decode(id, Bytes::from(stored));
    assert!(
        matches!(read, Err(DecodeError::Corrupt { .. })),
        "{read:?} of a damaged record"
    );
}

/// The same bytes with the checksums that `Record::encode` documents.
fn mend(id: SessionId, stored: &[u8]) -> Option<Vec<u8>> {
    let times = sum(id, &[stored.get(76..85)?]);
    let body = sum(id, &[stored.get(..76)?, stored.get(93..)?]);
    let mut mended = stored.to_vec();
    mended
        .get_mut(85..89)?
        .copy_from_slice(&times.to_be_bytes());
    mended.get_mut(89..93)?.copy_from_slice(&body.to_be_bytes());
    Some(mended)
}

fn sum(id: SessionId, parts: &[&[u8]]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(id.as_bytes());
    parts.iter().for_each(|part| sum.update(part));
    sum.finalize()
}

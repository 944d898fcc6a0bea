//! What is stored under an id: a record, or the memory that an id has ended or was renewed.

use bytes::Bytes;
use cloakroom_core::semantics::{Ended, Entry, Renewed};
use cloakroom_core::store::EndReason;
use cloakroom_core::{Deadline, RecordVersion, SessionId, Timestamp, WriteId};

const RENEWED: [u8; 2] = *b"CN";
const ENDED: [u8; 2] = *b"CE";
const VERSION: [u8; 2] = [1, !1];

/// How long the checksum is that a memory ends with. All before it is the same for all ids.
pub(crate) const SUM: usize = 4;

/// The stored form of an entry; none for one that only reading gives.
pub(crate) fn encode(id: SessionId, entry: &Entry, version: RecordVersion) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(64);
    match entry {
        Entry::Live(record) => return Some(record.encode(version)),
        Entry::Renewed(renewed) => {
            out.extend_from_slice(&RENEWED);
            out.extend_from_slice(&VERSION);
            out.extend_from_slice(renewed.next.as_bytes());
            out.extend_from_slice(&millis(renewed.grace));
            out.extend_from_slice(&millis(renewed.until));
        }
        Entry::Ended(ended) => {
            out.extend_from_slice(&ENDED);
            out.extend_from_slice(&VERSION);
            out.push(match ended.reason {
                EndReason::Ended => 0,
                EndReason::Replaced => 1,
            });
            out.extend_from_slice(ended.by.as_bytes());
            out.extend_from_slice(&millis(ended.until));
        }
        Entry::Damaged | Entry::NewerVersion => return None,
    }
    let sum = checksum(id, &out);
    out.extend_from_slice(&sum);
    Some(out)
}

/// Reads what is stored under an id. Any bytes at all are safe to read.
pub(crate) fn decode(id: SessionId, stored: Bytes) -> Entry {
    let Some((&kind, rest)) = stored.split_first_chunk::<2>() else {
        return Entry::Damaged;
    };
    if kind != RENEWED && kind != ENDED {
        return Entry::of_record(id, stored);
    }
    match rest.first_chunk::<2>() {
        Some(&VERSION) => memory(id, kind, &stored).unwrap_or(Entry::Damaged),
        Some([version, complement]) if *version > 1 && *version == !complement => {
            Entry::NewerVersion
        }
        _ => Entry::Damaged,
    }
}

fn memory(id: SessionId, kind: [u8; 2], stored: &[u8]) -> Option<Entry> {
    let (fields, sum) = stored.split_last_chunk::<SUM>()?;
    if checksum(id, fields) != *sum {
        return None;
    }
    let mut fields = fields.get(4..)?;
    if kind == RENEWED {
        let next = SessionId::from_stored(take(&mut fields)?);
        let grace = deadline(take(&mut fields)?);
        let until = deadline(take(&mut fields)?);
        return fields
            .is_empty()
            .then_some(Entry::Renewed(Renewed { next, grace, until }));
    }
    let reason = match take(&mut fields)? {
        [0] => EndReason::Ended,
        [1] => EndReason::Replaced,
        _ => return None,
    };
    let by = WriteId::from_stored(take(&mut fields)?);
    let until = deadline(take(&mut fields)?);
    fields
        .is_empty()
        .then_some(Entry::Ended(Ended { by, reason, until }))
}

fn take<const N: usize>(fields: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = fields.split_first_chunk()?;
    *fields = rest;
    Some(*taken)
}

fn millis(deadline: Deadline) -> [u8; 8] {
    deadline.instant().as_millis().to_be_bytes()
}

fn deadline(bytes: [u8; 8]) -> Deadline {
    Deadline::at(Timestamp::from_millis(u64::from_be_bytes(bytes)))
}

/// Over the id too, so that bytes under another key are found damaged.
fn checksum(id: SessionId, fields: &[u8]) -> [u8; SUM] {
    let mut sum = crc32fast::Hasher::new();
    sum.update(id.as_bytes());
    sum.update(fields);
    sum.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memories() -> [Entry; 3] {
        let at = |ms| Deadline::at(Timestamp::from_millis(ms));
        let ended = |reason| {
            Entry::Ended(Ended {
                by: WriteId::from_stored([9; 16]),
                reason,
                until: at(5),
            })
        };
        [
            Entry::Renewed(Renewed {
                next: SessionId::from_stored([3; 32]),
                grace: at(1),
                until: at(2),
            }),
            ended(EndReason::Ended),
            ended(EndReason::Replaced),
        ]
    }

    #[test]
    fn memories_are_read_as_they_were_written() {
        let id = SessionId::from_stored([1; 32]);
        for entry in memories() {
            let stored = encode(id, &entry, RecordVersion::V1).unwrap();
            let read = decode(id, stored.into());
            assert_eq!(format!("{read:?}"), format!("{entry:?}"));
        }
    }

    #[test]
    fn every_damaged_byte_and_every_other_length_is_damage() {
        let id = SessionId::from_stored([1; 32]);
        for entry in memories() {
            let intact = encode(id, &entry, RecordVersion::V1).unwrap();
            for at in 0..intact.len() {
                for flip in [1, 0x80, 0xff] {
                    let mut bytes = intact.clone();
                    bytes[at] ^= flip;
                    let read = decode(id, bytes.into());
                    assert!(matches!(read, Entry::Damaged), "{at} ^ {flip}: {read:?}");
                }
                let read = decode(id, intact[..at].to_vec().into());
                assert!(matches!(read, Entry::Damaged), "cut to {at}: {read:?}");
            }
            let longer = decode(id, [&intact[..], &[0]].concat().into());
            assert!(matches!(longer, Entry::Damaged));
            let elsewhere = decode(SessionId::from_stored([2; 32]), intact.into());
            assert!(matches!(elsewhere, Entry::Damaged));
        }
    }

    #[test]
    fn a_newer_version_is_told_apart_from_damage() {
        let id = SessionId::from_stored([1; 32]);
        for kind in ["CN", "CE", "CR"] {
            let newer = [kind.as_bytes(), &[2, !2, 0]].concat();
            assert!(matches!(decode(id, newer.into()), Entry::NewerVersion));
        }
    }
}

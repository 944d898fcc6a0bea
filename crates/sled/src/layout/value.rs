//! What stands under an id: the head of a record, or the memory of an id.

use bytes::Bytes;
use cloakroom_core::semantics::{Ended, Entry, Renewed};
use cloakroom_core::store::EndReason;
use cloakroom_core::{Deadline, DecodeError, Record, RecordVersion, SessionId, Timestamp, WriteId};

use crate::layout::bytes::{Fields, checked, checksum, guarded};

/// How many bytes of a record fit into one value.
///
/// sled writes pages of up to some twenty values, and a page above 128 KiB into a file of its own,
/// which it never syncs. With these, no page comes near.
pub(crate) const PART: usize = 4096;

/// The largest stored record: what the number of chunks can count.
pub(crate) const MAX_RECORD: usize = PART * (u16::MAX as usize);

const RECORD: u8 = 1;
const RENEWED: u8 = 2;
const ENDED: u8 = 3;
const VERSION: u8 = 1;

/// A value under an id, as far as it can be told from the value alone.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// A record: its first part, and how many chunks follow.
    Record { chunks: u16, part: &'a [u8] },
    /// Anything else.
    Other(Entry),
}

impl<'a> Value<'a> {
    /// Reads a value. Any bytes at all are safe to read.
    pub(crate) fn read(id: SessionId, value: &'a [u8]) -> Self {
        let mut fields = Fields(value);
        match fields.guarded() {
            Some(RECORD) => match fields.array() {
                Some(chunks) => Self::Record {
                    chunks: u16::from_be_bytes(chunks),
                    part: fields.0,
                },
                None => Self::Other(Entry::Damaged),
            },
            Some(kind) => Self::Other(read_memory(id, kind, value).unwrap_or(Entry::Damaged)),
            None => Self::Other(Entry::Damaged),
        }
    }
}

/// The entry of a record's bytes.
pub(crate) fn read_record(id: SessionId, bytes: Bytes) -> Entry {
    match Record::decode(id, bytes) {
        Ok(record) => Entry::Live(record.into()),
        Err(DecodeError::NewerVersion { .. }) => Entry::NewerVersion,
        Err(_) => Entry::Damaged,
    }
}

/// A value and its chunks.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) value: Vec<u8>,
    pub(crate) chunks: Vec<Vec<u8>>,
}

/// The stored form of an entry; none for one that is not a thing to store.
pub(crate) fn write(id: SessionId, entry: &Entry) -> Option<Written> {
    let (kind, mut fields) = match entry {
        Entry::Live(record) => return Some(write_record(&record.encode(RecordVersion::default()))),
        Entry::Renewed(renewed) => (RENEWED, {
            let mut fields = renewed.next.as_bytes().to_vec();
            fields.extend_from_slice(&millis(renewed.grace));
            fields.extend_from_slice(&millis(renewed.until));
            fields
        }),
        Entry::Ended(ended) => (ENDED, {
            let mut fields = ended.by.as_bytes().to_vec();
            fields.push(match ended.reason {
                EndReason::Ended => 0,
                EndReason::Replaced => 1,
            });
            fields.extend_from_slice(&millis(ended.until));
            fields
        }),
        Entry::Damaged | Entry::NewerVersion => return None,
    };
    let mut value = guarded(kind).to_vec();
    value.extend_from_slice(&guarded(VERSION));
    value.append(&mut fields);
    let sum = checksum([id.as_bytes(), &value]);
    value.extend_from_slice(&sum);
    Some(Written {
        value,
        chunks: Vec::new(),
    })
}

/// The value and the chunks of a record's bytes.
pub(crate) fn write_record(bytes: &[u8]) -> Written {
    let (part, rest) = bytes.split_at_checked(PART).unwrap_or((bytes, &[]));
    let chunks: Vec<_> = rest.chunks(PART).map(<[u8]>::to_vec).collect();
    let mut value = Vec::with_capacity(4 + part.len());
    value.extend_from_slice(&guarded(RECORD));
    // Nothing larger than MAX_RECORD gets here.
    value.extend_from_slice(&(chunks.len() as u16).to_be_bytes());
    value.extend_from_slice(part);
    Written { value, chunks }
}

fn read_memory(id: SessionId, kind: u8, value: &[u8]) -> Option<Entry> {
    let mut fields = Fields(value);
    fields.guarded()?;
    let version = fields.guarded()?;
    if !matches!(kind, RENEWED | ENDED) || version != VERSION {
        return Some(Entry::NewerVersion);
    }
    let mut fields = Fields(checked(id.as_bytes(), value)?.get(4..)?);
    let entry = if kind == RENEWED {
        Entry::Renewed(Renewed {
            next: SessionId::from_stored(fields.array()?),
            grace: deadline(fields.u64()?),
            until: deadline(fields.u64()?),
        })
    } else {
        Entry::Ended(Ended {
            by: WriteId::from_stored(fields.array()?),
            reason: match fields.array()? {
                [0] => EndReason::Ended,
                [1] => EndReason::Replaced,
                [_] => return None,
            },
            until: deadline(fields.u64()?),
        })
    };
    fields.end()?;
    Some(entry)
}

fn millis(deadline: Deadline) -> [u8; 8] {
    deadline.instant().as_millis().to_be_bytes()
}

fn deadline(millis: u64) -> Deadline {
    Deadline::at(Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests;

//! The stored form of a record.

use std::time::Duration;

use bytes::Bytes;

use crate::error::ErrorKind;
use crate::label::Label;
use crate::numbers::{Revision, WriteId};
use crate::record::{Decoded, Payload, Record};
use crate::session_id::SessionId;
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::timeouts::Timeouts;

const MAGIC: [u8; 2] = *b"CR";

const HAS_AUTHENTICATED: u8 = 1;
const EXTERNAL: u8 = 1 << 1;
const REMEMBERED: u8 = 1 << 2;
const KNOWN_FLAGS: u8 = HAS_AUTHENTICATED | EXTERNAL | REMEMBERED;

const TIMES: std::ops::Range<usize> = 76..85;
const HEADER_LEN: usize = 93;

/// A version of the stored form, for deployments that roll forward host by host: write the version
/// that every host can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum RecordVersion {
    /// The first version.
    #[default]
    V1,
}

impl RecordVersion {
    const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
        }
    }
}

/// Why stored bytes are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are damaged, or belong to another id.
    #[error("the stored record is damaged: {what}")]
    Corrupt {
        /// What was found wrong.
        what: &'static str,
    },
    /// The bytes were written by a newer version.
    #[error(
        "the stored record has format version {found}, this program reads version 1; \
         update it, or let the newer hosts write the previous version until all are updated"
    )]
    NewerVersion {
        /// The version that they name.
        found: u8,
    },
}

impl DecodeError {
    /// The kind of the [`Error`](crate::Error) that a store makes of this.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::NewerVersion { .. } => ErrorKind::NewerVersion,
        }
    }
}

impl Record {
    /// The stored form, for backends that keep bytes.
    ///
    /// Integers are big-endian, and CRC-32 is zlib's. The id is not in it: it is the key that the
    /// bytes are stored under, and both checksums cover it, so that bytes under another key are found
    /// damaged.
    ///
    /// | offset | size | what |
    /// | --- | --- | --- |
    /// | 0 | 2 | `CR` |
    /// | 2 | 1 | version, 1 |
    /// | 3 | 1 | the version's complement, so that a damaged version is not taken for a newer one |
    /// | 4 | 1 | flags: bit 0 has an authentication time, bit 1 external token, bit 2 remembered; others 0 |
    /// | 5 | 1 | codec of the data |
    /// | 6 | 1 | length of the label, 0 for none |
    /// | 7 | 1 | 0 |
    /// | 8 | 2 | length of the subject, 0 for none |
    /// | 10 | 2 | 0 |
    /// | 12 | 8 | revision |
    /// | 20 | 16 | write id |
    /// | 36 | 8 | created, ms since the Unix epoch |
    /// | 44 | 8 | authenticated, likewise; 0 where there is none |
    /// | 52 | 8 | idle timeout, ms |
    /// | 60 | 8 | overall timeout, ms |
    /// | 68 | 8 | when the present token was issued, ms since the Unix epoch |
    /// | 76 | 8 | last seen, likewise |
    /// | 84 | 1 | confirmed: 1 once used by its present id, else 0 |
    /// | 85 | 4 | CRC-32 of the id (32 bytes) and of bytes 76 to 84: the *times* |
    /// | 89 | 4 | CRC-32 of the id, of bytes 0 to 75, and of everything from 93 |
    /// | 93 | | subject, label, data; the data end where the bytes end |
    ///
    /// A touch replaces bytes 76 to 88 alone. The bytes 0 to 3 mean the same in every version.
    #[must_use]
    pub fn encode(&self, version: RecordVersion) -> Vec<u8> {
        let subject = self.subject.as_ref().map_or("", Subject::as_str);
        let label = self.label.as_ref().map_or("", Label::as_str);
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };

        let data = &self.payload.bytes;
        let mut out = Vec::with_capacity(HEADER_LEN + subject.len() + label.len() + data.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[version.number(), !version.number()]);
        out.push(
            flag(self.has_authenticated, HAS_AUTHENTICATED)
                | flag(self.external, EXTERNAL)
                | flag(self.remembered, REMEMBERED),
        );
        // The types bound both lengths: a label has at most 128 bytes, a subject at most 256.
        out.extend_from_slice(&[self.payload.codec, label.len() as u8, 0]);
        out.extend_from_slice(&(subject.len() as u16).to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&self.revision.get().to_be_bytes());
        out.extend_from_slice(self.write_id.as_bytes());
        out.extend_from_slice(&self.created.as_millis().to_be_bytes());
        out.extend_from_slice(&self.authenticated.as_millis().to_be_bytes());
        out.extend_from_slice(&self.timeouts.idle_millis().to_be_bytes());
        out.extend_from_slice(&self.timeouts.overall_millis().to_be_bytes());
        out.extend_from_slice(&self.issued.as_millis().to_be_bytes());
        let fixed = checksum(
            &self.id,
            [out.as_slice(), subject.as_bytes(), label.as_bytes(), data],
        );
        out.extend_from_slice(&self.encode_times());
        out.extend_from_slice(&fixed.to_be_bytes());
        out.extend_from_slice(subject.as_bytes());
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(data);
        out
    }

    /// Bytes 76 to 88 of the stored form: what a touch replaces in place.
    #[must_use]
    pub fn encode_times(&self) -> [u8; 13] {
        let mut times = [0; 13];
        let (fields, sum) = times.split_at_mut(TIMES.len());
        let (last_seen, confirmed) = fields.split_at_mut(8);
        last_seen.copy_from_slice(&self.last_seen.as_millis().to_be_bytes());
        confirmed.fill(u8::from(self.confirmed));
        sum.copy_from_slice(&checksum(&self.id, [&*fields]).to_be_bytes());
        times
    }

    /// Where bytes of [`encode_times`](Record::encode_times) go.
    pub const TIMES_OFFSET: usize = TIMES.start;

    /// Reads the stored form of the record of this id. The data are shared, not copied.
    ///
    /// Any bytes at all are safe to read.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Corrupt`] where a byte is not as it was written, or the bytes are those of
    /// another id; [`DecodeError::NewerVersion`] where a newer version wrote them.
    pub fn decode(id: SessionId, stored: Bytes) -> Result<Self, DecodeError> {
        let mut fields = Fields { rest: &stored };
        check(fields.array()? == MAGIC, "it does not begin like one")?;
        let [version, complement] = fields.array()?;
        check(version == !complement, "its version is damaged")?;
        match version {
            0 => return Err(corrupt("it has version 0")),
            1 => {}
            found => return Err(DecodeError::NewerVersion { found }),
        }
        let [flags, codec, label_len, zero] = fields.array()?;
        let subject_len = usize::from(fields.u16()?);
        let zeros = fields.array::<2>()?;
        let revision = Revision::from_stored(fields.u64()?);
        let write_id = WriteId::from_stored(fields.array()?);
        let created = fields.u64()?;
        let authenticated = fields.u64()?;
        let idle = Duration::from_millis(fields.u64()?);
        let overall = Duration::from_millis(fields.u64()?);
        let issued = fields.u64()?;
        let last_seen = fields.u64()?;
        let [confirmed] = fields.array()?;
        let times_sum = u32::from_be_bytes(fields.array()?);
        let body_sum = u32::from_be_bytes(fields.array()?);
        let body = fields.rest;
        let subject = fields.take(subject_len)?;
        let label = fields.take(usize::from(label_len))?;

        let fixed = stored.get(..TIMES.start).unwrap_or_default();
        let times = stored.get(TIMES).unwrap_or_default();
        check(
            checksum(&id, [fixed, body]) == body_sum,
            "its checksum does not match",
        )?;
        check(
            checksum(&id, [times]) == times_sum,
            "the checksum of its times does not match",
        )?;

        // From here on the bytes are as they were written. What does not fit its type was never
        // written by this version.
        check(
            flags & !KNOWN_FLAGS == 0 && zero == 0 && zeros == [0, 0],
            "it sets unknown bits",
        )?;
        check(confirmed <= 1, "its confirmation is neither 0 nor 1")?;
        let has_authenticated = flags & HAS_AUTHENTICATED != 0;
        check(
            has_authenticated || authenticated == 0,
            "it has a time of authentication that it denies",
        )?;
        check(
            [created, authenticated, issued, last_seen]
                .iter()
                .all(|at| *at <= Timestamp::MAX.as_millis()),
            "a time is out of range",
        )?;
        Ok(Self {
            id,
            decoded: Decoded::default(),
            payload: Payload {
                codec,
                bytes: stored.slice_ref(fields.rest),
            },
            last_seen: Timestamp::from_millis(last_seen),
            timeouts: Timeouts::new(idle, overall)
                .map_err(|_| corrupt("its timeouts are out of range"))?,
            created: Timestamp::from_millis(created),
            authenticated: Timestamp::from_millis(authenticated),
            issued: Timestamp::from_millis(issued),
            revision,
            write_id,
            subject: text(subject, |s| Subject::new(s).ok())?,
            label: text(label, |s| Label::new(s).ok())?,
            has_authenticated,
            external: flags & EXTERNAL != 0,
            remembered: flags & REMEMBERED != 0,
            confirmed: confirmed == 1,
        })
    }
}

/// Reads fields from the front. The one place that looks at lengths.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(corrupt("it is too short"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(corrupt("it is too short"))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }
}

fn text<T>(bytes: &[u8], make: impl Fn(&str) -> Option<T>) -> Result<Option<T>, DecodeError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let made = std::str::from_utf8(bytes).ok().and_then(make);
    made.map(Some)
        .ok_or(corrupt("its subject or label is not one"))
}

fn check(holds: bool, what: &'static str) -> Result<(), DecodeError> {
    if holds { Ok(()) } else { Err(corrupt(what)) }
}

const fn corrupt(what: &'static str) -> DecodeError {
    DecodeError::Corrupt { what }
}

fn checksum<const N: usize>(id: &SessionId, parts: [&[u8]; N]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(id.as_bytes());
    for part in parts {
        sum.update(part);
    }
    sum.finalize()
}

#[cfg(test)]
mod tests;

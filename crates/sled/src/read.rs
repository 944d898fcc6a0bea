//! Reading what is stored under an id.

use bytes::Bytes;
use cloakroom_core::SessionId;
use cloakroom_core::semantics::Entry;
use sled::IVec;

use crate::engine::Engine;
use crate::fault::Fault;
use crate::layout::keys;
use crate::layout::value::{Value, read_record};

/// What is stored under an id, and what it means.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) value: Option<IVec>,
    pub(crate) entry: Option<Entry>,
}

/// What is stored under an id, under the lock of its placement.
pub(crate) fn stored(engine: &Engine, id: SessionId) -> Result<Stored, Fault> {
    let value = engine.get(&keys::entry(id))?;
    let entry = match &value {
        Some(value) => Some(of_value(engine, id, value)?),
        None => None,
    };
    Ok(Stored { value, entry })
}

/// What is stored under an id.
///
/// Without the lock of its placement, a record in several parts may come out damaged because it was
/// changed between them. Any other answer was true at one instant, that of the first part.
pub(crate) fn entry(engine: &Engine, id: SessionId) -> Result<Option<Entry>, Fault> {
    match engine.get(&keys::entry(id))? {
        Some(value) => of_value(engine, id, &value).map(Some),
        None => Ok(None),
    }
}

/// The entry of a value that was read.
pub(crate) fn of_value(engine: &Engine, id: SessionId, value: &[u8]) -> Result<Entry, Fault> {
    match Value::read(id, value) {
        Value::Other(entry) => Ok(entry),
        Value::Record { chunks, part } => Ok(match record(engine, id, chunks, part)? {
            Some(bytes) => read_record(id, bytes),
            None => Entry::Damaged,
        }),
    }
}

/// The bytes of a record, as far as they are there.
pub(crate) fn record(
    engine: &Engine,
    id: SessionId,
    chunks: u16,
    part: &[u8],
) -> Result<Option<Bytes>, Fault> {
    if chunks == 0 {
        return Ok(Some(Bytes::copy_from_slice(part)));
    }
    let mut bytes = part.to_vec();
    for number in 0..chunks {
        let Some(chunk) = engine.get(&keys::chunk(id, number))? else {
            return Ok(None);
        };
        bytes.extend_from_slice(&chunk);
    }
    // Without the room that is left: the record may be kept.
    Ok(Some(Bytes::from(bytes.into_boxed_slice())))
}

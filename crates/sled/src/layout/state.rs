//! How far the store has come.

use crate::digest::Digest;
use crate::layout::bytes::{Fields, checked, checksum, guarded};

const VERSION: u8 = 1;

/// How far the store has come: written with every batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// Counts the batches.
    pub(crate) sequence: u64,
    /// Of everything stored, but this.
    pub(crate) digest: Digest,
}

impl State {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut value = guarded(VERSION).to_vec();
        value.extend_from_slice(&self.sequence.to_be_bytes());
        value.extend_from_slice(&self.digest.to_bytes());
        let sum = checksum([&value]);
        value.extend_from_slice(&sum);
        value
    }

    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        let mut fields = Fields(checked(&[], value)?);
        if fields.guarded()? != VERSION {
            return None;
        }
        let state = Self {
            sequence: fields.u64()?,
            digest: Digest::from_bytes(fields.array()?),
        };
        fields.end()?;
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let state = State {
            sequence: 9,
            digest: Digest::of(b"key", b"value"),
        };
        let bytes = state.write();
        assert_eq!(State::read(&bytes), Some(state));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(State::read(&damaged), None, "byte {at}");
        }
    }
}

//! Which store this is, and in which format.

use crate::layout::bytes::{Fields, checked, checksum, guarded};

const MAGIC: [u8; 4] = *b"CLKR";

/// The format that this version writes.
pub(crate) const FORMAT: u8 = 1;

/// A random number that a store is given when it is made.
pub(crate) type StoreId = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) store: StoreId,
    /// [`PlacementKey::digest`](cloakroom_core::PlacementKey::digest)
    pub(crate) placement_key: [u8; 32],
}

/// Why an identity cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Damaged,
    Newer(u8),
}

impl Identity {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut value = MAGIC.to_vec();
        value.extend_from_slice(&guarded(FORMAT));
        value.extend_from_slice(&self.store);
        value.extend_from_slice(&self.placement_key);
        let sum = checksum([&value]);
        value.extend_from_slice(&sum);
        value
    }

    pub(crate) fn read(value: &[u8]) -> Result<Self, Unreadable> {
        let mut fields = Fields(value);
        if fields.array() != Some(MAGIC) {
            return Err(Unreadable::Damaged);
        }
        match fields.guarded() {
            Some(FORMAT) => {}
            Some(newer) if newer > FORMAT => return Err(Unreadable::Newer(newer)),
            _ => return Err(Unreadable::Damaged),
        }
        Self::read_fields(value).ok_or(Unreadable::Damaged)
    }

    fn read_fields(value: &[u8]) -> Option<Self> {
        let mut fields = Fields(checked(&[], value)?.get(6..)?);
        let identity = Self {
            store: fields.array()?,
            placement_key: fields.array()?,
        };
        fields.end()?;
        Some(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Identity = Identity {
        store: [1; 16],
        placement_key: [2; 32],
    };

    #[test]
    fn an_identity_is_read_as_it_was_written() {
        assert_eq!(Identity::read(&IDENTITY.write()), Ok(IDENTITY));
    }

    #[test]
    fn a_newer_format_is_told_apart_from_damage() {
        let mut newer = IDENTITY.write();
        newer[4..6].copy_from_slice(&guarded(2));
        assert_eq!(Identity::read(&newer), Err(Unreadable::Newer(2)));
        for at in 0..newer.len() {
            let mut damaged = IDENTITY.write();
            damaged[at] ^= 1;
            assert_eq!(
                Identity::read(&damaged),
                Err(Unreadable::Damaged),
                "byte {at}"
            );
        }
    }
}

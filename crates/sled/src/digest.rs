//! A digest of everything stored, kept up as it changes.

use sha2::{Digest as _, Sha256};

/// The sum of one number for each key and its value.
///
/// A sum, so that a change costs the change alone: what was there is taken off, what is there now is
/// added. It finds what was lost by accident, in whatever part. Against somebody who can write the
/// files it is no defence, and need not be: he could write anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Digest(u128);

impl Digest {
    /// Of a single key and its value: the first 16 bytes of SHA-256(length of the key ‖ key ‖ value).
    pub(crate) fn of(key: &[u8], value: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update((key.len() as u64).to_be_bytes());
        digest.update(key);
        digest.update(value);
        let digest: [u8; 32] = digest.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(digest.split_at(16).0);
        Self::from_bytes(half)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_what_goes_leaves_nothing() {
        let (a, b) = (Digest::of(b"a", b"1"), Digest::of(b"b", b"2"));
        assert_eq!(a.plus(b), b.plus(a));
        assert_eq!(a.plus(b).minus(a), b);
        assert_eq!(a.minus(a), Digest::default());
    }

    #[test]
    fn the_border_of_key_and_value_matters() {
        assert_ne!(Digest::of(b"ab", b"c"), Digest::of(b"a", b"bc"));
    }

    #[test]
    fn the_value_matters_and_not_its_length_alone() {
        assert_ne!(Digest::of(b"key", b"old"), Digest::of(b"key", b"new"));
    }

    /// It is stored: another digest would refuse every store there is.
    #[test]
    fn a_digest_is_what_it_always_was() {
        let digest = u128::from_be_bytes(Digest::of(b"key", b"value").to_bytes());
        assert_eq!(digest, 0x038cf631_09a3e1d5_dba1ce00_33898675);
    }
}

//! Reading and checking small fixed layouts.

/// A kind or a version, and its complement: damage of one is not taken for another.
pub(crate) const fn guarded(number: u8) -> [u8; 2] {
    [number, !number]
}

/// The checksum of these parts.
pub(crate) fn checksum<const N: usize>(parts: [&[u8]; N]) -> [u8; 4] {
    let mut sum = crc32fast::Hasher::new();
    for part in parts {
        sum.update(part);
    }
    sum.finalize().to_be_bytes()
}

/// Splits the checksum off, where it is right. `context` is covered by it and not stored.
pub(crate) fn checked<'a>(context: &[u8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    (checksum([context, body]) == *sum).then_some(body)
}

/// Reads fields from the front.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// A number that was written with [`guarded`].
    pub(crate) fn guarded(&mut self) -> Option<u8> {
        let [number, complement] = self.array()?;
        (number == !complement).then_some(number)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// That nothing is left.
    pub(crate) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

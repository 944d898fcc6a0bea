//! Where randomness comes from.

use crate::error::{Error, ErrorKind, Operation};

/// Fills an array from the operating system's generator: for secrets.
///
/// Not a generator in user space: it keeps no state that a fork or a memory
/// dump could share, and signing in is rare enough to pay the system call.
pub(crate) fn secret<const N: usize>(operation: Operation) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|source| Error::with_source(ErrorKind::Entropy, operation, source))?;
    Ok(bytes)
}

/// An array that nobody else draws: for what must be unique but opens nothing.
///
/// From the thread's ChaCha generator, since every write needs one.
pub(crate) fn unique<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}

//! Where randomness comes from.

use crate::error::{Error, ErrorKind, Operation};

/// Fills an array from the operating system's generator: for secrets.
///
/// Not from a generator in user space, here or below: its state would go on in a forked process or a
/// copied machine as it does in the first, and a memory dump could reveal it.
pub(crate) fn secret<const N: usize>(operation: Operation) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|source| Error::with_source(ErrorKind::Entropy, operation, source))?;
    Ok(bytes)
}

/// An array that nobody else draws: for what opens nothing, but must be unique.
///
/// # Panics
///
/// Where the operating system has stopped giving randomness. A handle is only built where it gives some.
pub(crate) fn unique<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect(
        "a generator of the operating system that has answered before goes on to answer, since once it \
         has been seeded it has no way to fail",
    );
    bytes
}

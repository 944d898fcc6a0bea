//! What can break beneath the store, and what is left of it then.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation};

/// What broke. It holds no key and no value: sled's own messages may, and are not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the disk is full, or a quota is reached")]
    Full,
    #[error("reading or writing the files failed: {0}")]
    Io(String),
    #[error("sled found its files damaged")]
    Damaged,
    #[error("sled panicked")]
    Panicked,
    #[error("sled refused: {0}")]
    Engine(&'static str),
    #[error("sled did not finish within {0:?}")]
    Stalled(Duration),
    #[error("the store was closed")]
    Closed,
}

impl Fault {
    pub(crate) fn io(error: &io::Error) -> Self {
        if is_full(error) {
            Self::Full
        } else {
            Self::Io(error.to_string())
        }
    }

    /// The kind of an error for an operation that has changed nothing.
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Full => ErrorKind::Full,
            Self::Damaged => ErrorKind::Corrupt,
            Self::Io(_) | Self::Panicked | Self::Stalled(_) | Self::Closed => {
                ErrorKind::Unavailable
            }
            Self::Engine(_) => ErrorKind::Internal,
        }
    }

    /// The error of an operation that has changed nothing.
    pub(crate) fn error(self, operation: Operation) -> Error {
        Error::with_source(self.kind(), operation, self)
    }
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::io(&error),
            sled::Error::Corruption { .. } => Self::Damaged,
            sled::Error::CollectionNotFound(_) => Self::Engine("a tree is gone"),
            sled::Error::Unsupported(_) => Self::Engine("it does not support this"),
            sled::Error::ReportableBug(_) => Self::Engine("it met a bug of its own"),
        }
    }
}

/// Whether writing failed for want of room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

/// Why an operation was not carried out, or not for certain.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// Nothing was written: the store takes no more writes, or no more reads either.
    Refused(Fault),
    /// It may have been written.
    Unknown(Fault),
}

impl Failure {
    pub(crate) fn error(self, operation: Operation) -> Error {
        match self {
            Self::Refused(fault) => {
                let kind = match fault.kind() {
                    ErrorKind::Full => ErrorKind::Full,
                    _ => ErrorKind::Unavailable,
                };
                Error::with_source(kind, operation, Refused(fault))
            }
            Self::Unknown(fault) => Error::with_source(ErrorKind::OutcomeUnknown, operation, fault),
        }
    }
}

/// After a failure that leaves doubt about what is on disk.
#[derive(Debug, thiserror::Error)]
#[error("the store refuses this until it is opened again, because of an earlier failure: {0}")]
struct Refused(#[source] Fault);

/// What is left of the store.
#[derive(Debug, Default)]
pub(crate) struct Health {
    state: AtomicU8,
    fault: OnceLock<Fault>,
}

const WELL: u8 = 0;
const READS_ONLY: u8 = 1;
const NOTHING: u8 = 2;

impl Health {
    /// What is in memory is right, and may be more than what is on disk: reads go on, writes would
    /// be built on what may be lost.
    pub(crate) fn stop_writes(&self, fault: Fault) {
        let _ = self.fault.set(fault);
        self.state.fetch_max(READS_ONLY, SeqCst);
    }

    /// What is in memory may be wrong.
    pub(crate) fn stop_all(&self, fault: Fault) {
        let _ = self.fault.set(fault);
        self.state.fetch_max(NOTHING, SeqCst);
    }

    pub(crate) fn check_reads(&self) -> Result<(), Failure> {
        self.check(NOTHING)
    }

    pub(crate) fn check_writes(&self) -> Result<(), Failure> {
        self.check(READS_ONLY)
    }

    fn check(&self, refused_from: u8) -> Result<(), Failure> {
        if self.state.load(SeqCst) < refused_from.max(WELL + 1) {
            return Ok(());
        }
        let fault = self.fault.get().cloned().unwrap_or(Fault::Closed);
        Err(Failure::Refused(fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disks_are_told_apart() {
        for code in [28, 122, 27] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(Fault::io(&error), Fault::Full, "{error}");
            // As sled passes it on.
            let passed_on = io::Error::new(error.kind(), format!("{error:?}"));
            assert_eq!(Fault::io(&passed_on), Fault::Full, "{passed_on}");
        }
        let other = io::Error::from_raw_os_error(5);
        assert!(matches!(Fault::io(&other), Fault::Io(_)));
    }

    #[test]
    fn the_first_fault_is_remembered_and_never_mended() {
        let health = Health::default();
        assert!(health.check_writes().is_ok());
        health.stop_writes(Fault::Full);
        assert!(health.check_reads().is_ok());
        health.stop_all(Fault::Panicked);
        health.stop_writes(Fault::Closed);
        let Err(Failure::Refused(fault)) = health.check_reads() else {
            panic!("reads are refused");
        };
        assert_eq!(fault, Fault::Full);
    }
}

//! Trying again, under the same name.

use std::future::Future;
use std::pin::Pin;

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::sessions::Sessions;
use crate::store::ENDED_MEMORY;

/// What came of a call, after as many tries as it took.
pub(super) struct Tried<O> {
    pub(super) outcome: O,
    /// Whether an earlier try may have happened.
    pub(super) after_unknown: bool,
}

impl<O> Tried<O> {
    /// The error for an outcome that a fresh random id cannot have, unless by an earlier try of the
    /// same call, whose work something else has undone since.
    pub(super) fn unexpected(&self, operation: Operation) -> Error {
        if self.after_unknown {
            Error::new(ErrorKind::OutcomeUnknown, operation)
        } else {
            let why =
                "the store refused a fresh random id, or gave an outcome that was not asked for";
            Error::with_source(ErrorKind::Internal, operation, why)
        }
    }
}

impl<T> Sessions<T> {
    /// Calls the store, again after a passing failure or a lost answer. The caller makes the same
    /// request each time, so that the store recognises a write that had happened.
    pub(super) async fn retry<'a, O>(
        &self,
        mut call: impl FnMut() -> Pin<Box<dyn Future<Output = Result<O>> + Send + 'a>>,
    ) -> Result<Tried<O>> {
        let began = self.now();
        let mut after_unknown = false;
        let mut left = self.settings().retries;
        loop {
            let error = match call().await {
                Ok(outcome) => {
                    return Ok(Tried {
                        outcome,
                        after_unknown,
                    });
                }
                Err(error) => error,
            };
            let unknown = error.kind() == ErrorKind::OutcomeUnknown;
            // Never for longer than a store remembers what has ended, or a late `create` would bring
            // it back.
            let in_time = self.now().since(began) < ENDED_MEMORY / 2;
            if left == 0 || !in_time || !(unknown || error.is_retryable()) {
                return Err(if after_unknown && !unknown {
                    Error::with_source(ErrorKind::OutcomeUnknown, error.operation(), error)
                } else {
                    error
                });
            }
            after_unknown |= unknown;
            left -= 1;
        }
    }
}

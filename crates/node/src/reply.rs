//! What a server answers, taken for what it should be. An odd answer is an error: it does not say that nothing was there.

use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation};
use redis::Value;

use crate::session::Left;

const ODD: &str = "the server answered something else than what was asked";

/// A reply that counts, up to `most`.
pub(crate) fn count_of(reply: &Value, most: usize) -> Option<u64> {
    match reply {
        Value::Int(count) => u64::try_from(*count)
            .ok()
            .filter(|count| *count <= most as u64),
        _ => None,
    }
}

/// A reply that says of one thing whether it was there.
pub(crate) fn flag_of(reply: &Value) -> Option<bool> {
    Some(count_of(reply, 1)? == 1)
}

/// A reply to `PTTL`: nothing within where the key is not there.
pub(crate) fn left_of(reply: &Value) -> Option<Option<Left>> {
    match reply {
        Value::Int(-1) => Some(Some(Left::Forever)),
        Value::Int(-2) => Some(None),
        millis => {
            let millis = count_of(millis, usize::MAX)?;
            Some(Some(Left::For(Duration::from_millis(millis))))
        }
    }
}

/// Of something that was only read.
pub(crate) fn odd(operation: Operation) -> Error {
    Error::with_source(ErrorKind::Internal, operation, ODD)
}

/// Of something that was to be written: whether it was, nobody can say.
pub(crate) fn unclear(operation: Operation) -> Error {
    Error::with_source(ErrorKind::OutcomeUnknown, operation, ODD)
}

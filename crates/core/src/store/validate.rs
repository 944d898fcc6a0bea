//! Requests that no store may carry out.

use crate::error::{Error, ErrorKind, Operation, Result};
use crate::placement::PlacementKey;
use crate::store::{Create, REUSE_MEMORY, Renew};

/// Refuses a `create` that would reach beyond one placement.
///
/// Every store asks this first: a session away from its token set could not be revoked.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`], with the reason as its source.
pub fn validate_create(key: &PlacementKey, request: &Create) -> Result<()> {
    let record = &request.record;
    let placement = record.id().placement();
    let refuse = |why: &'static str| {
        Err(Error::with_source(
            ErrorKind::InvalidInput,
            Operation::Create,
            why,
        ))
    };
    match record.subject() {
        Some(subject) if key.place(subject) != placement => {
            return refuse("the id does not have the placement of its subject");
        }
        None if request.generation.is_some() || request.replaces.is_some() => {
            return refuse("an anonymous session has no generation and replaces none");
        }
        _ => {}
    }
    match &request.replaces {
        Some(replaced) if replaced.id.placement() != placement => {
            refuse("the session to be replaced has another placement")
        }
        _ => Ok(()),
    }
}

/// Refuses a `renew` that would reach beyond one placement, or beyond what a store remembers.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`], with the reason as its source.
pub fn validate_renew(request: &Renew) -> Result<()> {
    let refuse = |why: &'static str| {
        Err(Error::with_source(
            ErrorKind::InvalidInput,
            Operation::Renew,
            why,
        ))
    };
    if request.old.placement() != request.new.placement() {
        return refuse("the new id has another placement");
    }
    if request.old == request.new {
        return refuse("the new id is the old one");
    }
    if request.grace > REUSE_MEMORY {
        return refuse("the grace is longer than 24 hours");
    }
    Ok(())
}

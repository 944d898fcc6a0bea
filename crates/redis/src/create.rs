//! Storing a new anonymous session.

use cloakroom_core::Result;
use cloakroom_core::store::{Create, CreateOutcome};
use redis::{Value, cmd};

use crate::link::Call;
use crate::store::Inner;

/// Stores a record where nothing is, and says whether that was so. There is nothing to decide, so that it
/// is a plain command.
pub(crate) async fn at_free_id(store: &Inner, call: &Call, request: &Create) -> Result<bool> {
    let record = &request.record;
    let until = record.deadline().instant().plus(store.margin);
    let mut set = cmd("SET");
    set.arg(store.link.keys.id(record.id()))
        .arg(record.encode(store.version))
        .arg("PXAT")
        .arg(until.as_millis())
        .arg("NX");
    let stored = store.link.tell(call, record.id().placement(), &set).await;
    match stored.map_err(|fault| fault.of(call.operation))? {
        Value::Okay => Ok(true),
        _ => Ok(false),
    }
}

pub(crate) fn created() -> CreateOutcome {
    CreateOutcome::Created {
        evicted: Vec::new(),
        repeated: false,
    }
}

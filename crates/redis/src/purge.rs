//! Sweeping what is over.

use std::sync::PoisonError;

use cloakroom_core::{Operation, Result, Timestamp};
use redis::Value;

use crate::fault::{Fault, Faulty};
use crate::keys::Named;
use crate::link::{Call, Effect, Primary};
use crate::scan::scan;
use crate::script::PRUNE;
use crate::store::Inner;

/// How many keys are looked at in one call, about.
const LOOKED_AT: usize = 50_000;
/// How many at once.
const STEP: usize = 1_000;

/// Where the last purge stopped.
#[derive(Debug, Default, Clone)]
pub(crate) struct Broom {
    primary: Option<Primary>,
    cursor: u64,
}

/// Takes what is over out of token sets, and sets that hold nothing else.
///
/// Everything else goes by its own time to live. A set lives as long as any of its sessions can, so that
/// others that are over would stay in it until then. The next call goes on where this one stops.
pub(crate) async fn purge(
    store: &Inner,
    call: &Call,
    limit: usize,
    now: Timestamp,
) -> Result<usize> {
    let swept = sweep(store, call, limit, now).await;
    swept.map_err(|fault| fault.of(Operation::PurgeExpired))
}

async fn sweep(store: &Inner, call: &Call, limit: usize, now: Timestamp) -> Faulty<usize> {
    let primaries = store
        .link
        .primaries(call)
        .await
        .map_err(Fault::not_written)?;
    let broom = store
        .broom
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let began = primaries
        .iter()
        .position(|primary| Some(primary) == broom.primary.as_ref());
    let mut cursor = began.map_or(0, |_| broom.cursor);
    let began = began.unwrap_or_default();
    let mut went = 0;
    let mut looked_at = 0;
    // Once around, and the beginning of the first once more where this began in the middle of it.
    'around: for at in (began..primaries.len()).chain(0..=began) {
        let Some(primary) = primaries.get(at) else {
            break;
        };
        loop {
            if went >= limit || looked_at >= LOOKED_AT {
                break 'around;
            }
            let pattern = store.link.keys.every_set();
            let found = scan(store, call, primary, cursor, &pattern, STEP).await;
            let found = found.map_err(Fault::not_written)?;
            looked_at += STEP;
            for key in &found.keys {
                if went < limit {
                    went += prune(store, call, key, limit - went, now).await?;
                }
            }
            // Where the limit was reached in the middle of these keys, they are looked at again.
            if went < limit {
                cursor = found.next;
            }
            let mut broom = store.broom.lock().unwrap_or_else(PoisonError::into_inner);
            *broom = Broom {
                primary: Some(primary.clone()),
                cursor,
            };
            if cursor == 0 {
                break;
            }
        }
    }
    Ok(went)
}

async fn prune(
    store: &Inner,
    call: &Call,
    key: &[u8],
    limit: usize,
    now: Timestamp,
) -> Faulty<usize> {
    let Some(Named::Set(placement, _)) = store.link.keys.parse(key) else {
        return Ok(0);
    };
    // The server takes no more than an `i64`; and in a set there are fewer.
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let numbers = [now.as_millis(), limit.into(), store.margin_millis()];
    let args = numbers.map(|number| number.to_string().into_bytes());
    let keys = [key.to_vec()];
    let pruned = store
        .link
        .script(call, placement, &PRUNE, &keys, &args, Effect::Writes)
        .await;
    match pruned {
        Ok(answer) => match answer.value {
            Value::Int(went) => Ok(usize::try_from(went).unwrap_or_default()),
            _ => Err(Fault::unexpected()),
        },
        // Something else is in its place, for the next sign-in to put right.
        Err(fault) if fault.is_wrong_type() => Ok(0),
        Err(fault) => Err(fault),
    }
}

//! Sessions that never go by themselves: given a lifetime, or put aside.

use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::Value;

use crate::reply::unclear;
use crate::script;
use crate::sid::Sid;
use crate::store::{Limited, NodeStore, Quarantined, Released};

/// What comes before the key of a session in quarantine.
const QUARANTINE: &[u8] = b"quarantine:";

impl NodeStore {
    /// Gives a session that would never go by itself a lifetime. One that has one keeps it. Node takes it away again
    /// when it writes the session with such settings as made it immortal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] where the lifetime is below a millisecond or above 10^12 seconds, which Redis cannot
    /// count; else where the servers fail.
    pub async fn limit(&self, sid: &Sid, lifetime: Duration) -> Result<Limited> {
        let operation = Operation::Touch;
        let millis = millis(lifetime, operation)?.to_string();
        let key = self.layout().key(sid);
        let args: [&[u8]; 1] = [millis.as_bytes()];
        match self
            .link()
            .script(operation, &script::LIMIT, &[key], &args)
            .await?
        {
            Value::Int(1) => Ok(Limited::Limited),
            Value::Int(0) => Ok(Limited::Missing),
            Value::Int(2) => Ok(Limited::HasLifetime),
            _ => Err(unclear(operation)),
        }
    }

    /// Puts a session aside, under `quarantine:` and its key in braces, for so long: nobody can use it until it is
    /// [released](NodeStore::release). Also for what is no session but stands in the place of one.
    ///
    /// One step: nobody sees it in both places, or in none.
    ///
    /// # Errors
    ///
    /// As [`limit`](NodeStore::limit). A key that holds no string is [`ErrorKind::Corrupt`].
    pub async fn quarantine(&self, sid: &Sid, keep: Duration) -> Result<Quarantined> {
        let key = self.layout().key(sid);
        let aside = aside(&key);
        match self
            .move_value([key, aside], keep, true, Operation::Delete)
            .await?
        {
            Value::Int(1) => Ok(Quarantined::Quarantined),
            Value::Int(0) => Ok(Quarantined::Missing),
            _ => Err(unclear(Operation::Delete)),
        }
    }

    /// Brings a session back out of quarantine, with this lifetime, in one step.
    ///
    /// # Errors
    ///
    /// As [`limit`](NodeStore::limit).
    pub async fn release(&self, sid: &Sid, lifetime: Duration) -> Result<Released> {
        let key = self.layout().key(sid);
        let aside = aside(&key);
        match self
            .move_value([aside, key], lifetime, false, Operation::Create)
            .await?
        {
            Value::Int(1) => Ok(Released::Released),
            Value::Int(0) => Ok(Released::Missing),
            Value::Int(2) => Ok(Released::Conflict),
            _ => Err(unclear(Operation::Create)),
        }
    }

    async fn move_value(
        &self,
        keys: [Vec<u8>; 2],
        lifetime: Duration,
        replaces: bool,
        operation: Operation,
    ) -> Result<Value> {
        let lifetime = millis(lifetime, operation)?.to_string();
        let replaces: &[u8] = if replaces { b"1" } else { b"" };
        let args: [&[u8]; 2] = [lifetime.as_bytes(), replaces];
        self.link()
            .script(operation, &script::MOVE, &keys, &args)
            .await
    }
}

/// Where a key's value is put aside. On a cluster that is in the same slot: a key that has no hash tag becomes one.
fn aside(key: &[u8]) -> Vec<u8> {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = key.get(open + 1..)?;
        rest.iter().position(|byte| *byte == b'}')
    });
    match tag {
        Some(1..) => [QUARANTINE, key].concat(),
        _ => [QUARANTINE, b"{", key, b"}"].concat(),
    }
}

fn millis(lifetime: Duration, operation: Operation) -> Result<u64> {
    countable(lifetime).map_err(|why| Error::with_source(ErrorKind::InvalidInput, operation, why))
}

/// A lifetime in milliseconds, of those that Redis takes. Redis adds it to the present.
pub(super) fn countable(lifetime: Duration) -> Result<u64, &'static str> {
    const LONGEST: Duration = Duration::from_secs(1_000_000_000_000);
    match u64::try_from(lifetime.as_millis()) {
        Ok(millis @ 1..) if lifetime <= LONGEST => Ok(millis),
        _ => Err("a lifetime is at least a millisecond, and at most 10^12 seconds"),
    }
}

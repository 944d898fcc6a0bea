//! Sessions that never go by themselves: given a lifetime, or put aside.

use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::{Value, cmd};

use crate::script;
use crate::sid::Sid;
use crate::store::read::unexpected;
use crate::store::{Limited, NodeStore, Quarantined, Released};

/// What comes before the key of a session in quarantine.
const QUARANTINE: &[u8] = b"quarantine:";

impl NodeStore {
    /// Gives a session that would never go by itself a lifetime. One that has one keeps it. Node takes it away again
    /// when it writes the session with such settings as made it immortal.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] where the lifetime is below a millisecond; else where the servers fail.
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
            _ => Err(unexpected(operation)),
        }
    }

    /// Puts a session aside, under `quarantine:` and its key, for so long: nobody can use it until it is
    /// [released](NodeStore::release). Also for what is no session but stands in the place of one.
    ///
    /// It is copied, and then deleted if it is still what was copied. A crash in between leaves both.
    ///
    /// # Errors
    ///
    /// As [`limit`](NodeStore::limit). A key that holds no string is [`ErrorKind::Corrupt`].
    pub async fn quarantine(&self, sid: &Sid, keep: Duration) -> Result<Quarantined> {
        let key = self.layout().key(sid);
        let aside = self.aside(sid);
        let moved = self
            .move_value(&key, &aside, keep, true, Operation::Delete)
            .await?;
        Ok(match moved {
            Moved::Done => Quarantined::Quarantined,
            Moved::Conflict => Quarantined::Conflict,
            Moved::Missing => Quarantined::Missing,
        })
    }

    /// Brings a session back out of quarantine, with this lifetime.
    ///
    /// # Errors
    ///
    /// As [`limit`](NodeStore::limit).
    pub async fn release(&self, sid: &Sid, lifetime: Duration) -> Result<Released> {
        let key = self.layout().key(sid);
        let aside = self.aside(sid);
        let moved = self
            .move_value(&aside, &key, lifetime, false, Operation::Create)
            .await?;
        Ok(match moved {
            Moved::Done => Released::Released,
            Moved::Conflict => Released::Conflict,
            Moved::Missing => Released::Missing,
        })
    }

    fn aside(&self, sid: &Sid) -> Vec<u8> {
        [QUARANTINE, &self.layout().key(sid)].concat()
    }

    async fn move_value(
        &self,
        from: &[u8],
        to: &[u8],
        lifetime: Duration,
        replaces: bool,
        operation: Operation,
    ) -> Result<Moved> {
        let link = self.link();
        let mut get = cmd("GET");
        get.arg(from);
        let Value::BulkString(value) = link.ask(operation, &get).await? else {
            return Ok(Moved::Missing);
        };
        let mut set = cmd("SET");
        set.arg(to)
            .arg(&value[..])
            .arg("PX")
            .arg(millis(lifetime, operation)?);
        if !replaces {
            set.arg("NX");
        }
        if link.tell(operation, &set).await? != Value::Okay {
            return Ok(Moved::Conflict);
        }
        let args: [&[u8]; 1] = [&value];
        match link
            .script(operation, &script::END, &[from.to_vec()], &args)
            .await?
        {
            Value::Int(1) => Ok(Moved::Done),
            Value::Int(0) => Ok(Moved::Missing),
            _ => Ok(Moved::Conflict),
        }
    }
}

enum Moved {
    Done,
    Conflict,
    Missing,
}

fn millis(lifetime: Duration, operation: Operation) -> Result<u64> {
    match u64::try_from(lifetime.as_millis()) {
        Ok(millis @ 1..=1_000_000_000_000_000) => Ok(millis),
        _ => Err(Error::with_source(
            ErrorKind::InvalidInput,
            operation,
            "a lifetime is at least a millisecond, and no more than Redis can count",
        )),
    }
}

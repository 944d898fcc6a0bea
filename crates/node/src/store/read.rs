//! Reading a session.

use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use futures_util::future::try_join;
use redis::{Value, cmd};

use crate::layout::Read;
use crate::session::{Left, NodeData, NodeSession};
use crate::sid::Sid;
use crate::store::{Loaded, NodeStore, corrupt};

impl NodeStore {
    /// Reads a session, and how long its key has left. One round trip; nothing is changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`] where something is there that is no session: Node takes that for none, or fails. Its
    /// source is a [`Damage`](crate::Damage). It can be ended by [`destroy`](NodeStore::destroy). Else where the
    /// servers fail.
    pub async fn load(&self, sid: &Sid) -> Result<Loaded> {
        self.load_for(sid, Operation::Load).await
    }

    pub(crate) async fn load_for(&self, sid: &Sid, operation: Operation) -> Result<Loaded> {
        let key = self.layout().key(sid);
        let (mut get, mut left) = (cmd("GET"), cmd("PTTL"));
        get.arg(&key[..]);
        left.arg(&key[..]);
        let link = self.link();
        let (value, left) = try_join(link.ask(operation, &get), link.ask(operation, &left)).await?;
        let stored = match value {
            Value::BulkString(stored) => stored,
            Value::Nil => return Ok(Loaded::Absent),
            _ => return Err(unexpected(operation)),
        };
        let Some(left) = left_of(&left, operation)? else {
            // It went between the two.
            return Ok(Loaded::Absent);
        };
        let read = self.layout().read(&stored, self.now());
        match read.map_err(|damage| corrupt(damage, operation))? {
            Read::Ended => Ok(Loaded::Ended),
            Read::Session(object) => Ok(Loaded::Found(NodeSession {
                sid: sid.clone(),
                data: NodeData::new(self.inner.layout.clone(), object),
                stored,
                left,
            })),
        }
    }
}

/// Of a reply to `PTTL`. Nothing where the key is not there.
pub(crate) fn left_of(reply: &Value, operation: Operation) -> Result<Option<Left>> {
    match reply {
        Value::Int(-1) => Ok(Some(Left::Forever)),
        Value::Int(-2) => Ok(None),
        millis => {
            let millis = count_of(millis, operation)?;
            Ok(Some(Left::For(Duration::from_millis(millis))))
        }
    }
}

/// A reply that counts what was there. An odd one is an error: it does not say that nothing was.
pub(crate) fn count_of(reply: &Value, operation: Operation) -> Result<u64> {
    match reply {
        Value::Int(count) => u64::try_from(*count).map_err(|_| unexpected(operation)),
        _ => Err(unexpected(operation)),
    }
}

/// A reply that no command of ours has.
pub(crate) fn unexpected(operation: Operation) -> Error {
    let why = "the server answered something else than what was asked";
    Error::with_source(ErrorKind::Internal, operation, why)
}

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
        let Value::BulkString(stored) = value else {
            return Ok(Loaded::Absent);
        };
        let Some(left) = left_of(&left) else {
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
pub(crate) fn left_of(reply: &Value) -> Option<Left> {
    match reply {
        Value::Int(-1) => Some(Left::Forever),
        Value::Int(millis) => u64::try_from(*millis)
            .ok()
            .map(|millis| Left::For(Duration::from_millis(millis))),
        _ => None,
    }
}

/// A reply that no command of ours has.
pub(crate) fn unexpected(operation: Operation) -> Error {
    let why = "the server answered something else than what was asked";
    Error::with_source(ErrorKind::Internal, operation, why)
}

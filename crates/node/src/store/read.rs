//! Reading a session.

use cloakroom_core::{Operation, Result};
use futures_util::future::try_join;
use redis::{Value, cmd};

use crate::layout::Read;
use crate::reply::{left_of, odd};
use crate::session::{NodeData, NodeSession};
use crate::sid::Sid;
use crate::store::{Loaded, NodeStore, corrupt};

impl NodeStore {
    /// Reads a session, and how long its key has left. One round trip; nothing is changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`](cloakroom_core::ErrorKind::Corrupt) where something is there that is no session: Node
    /// takes that for none, or fails. Its source is a [`Damage`](crate::Damage). It can be ended by
    /// [`destroy`](NodeStore::destroy). Else where the servers fail.
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
            _ => return Err(odd(operation)),
        };
        let Some(left) = left_of(&left).ok_or_else(|| odd(operation))? else {
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

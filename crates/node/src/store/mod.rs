//! Node's sessions in Redis.

mod builder;
mod care;
mod change;
mod outcome;
mod read;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Clock, Error, ErrorKind, Operation, Result, Timestamp};

use crate::damage::Damage;
use crate::layout::{Layout, Lifetime, Prepared};
use crate::link::Link;
use crate::session::{Left, NodeData};
use crate::survey::Walk;

pub use builder::{NodeStoreBuilder, OnImmortal};
pub use outcome::{
    Destroyed, Limited, Loaded, Quarantined, Regenerated, Released, Saved, Touched, Updated,
};

/// Node's sessions in Redis, read and written as the Node services do.
///
/// A store is one [`Layout`] on one set of servers. Clones share the connections.
///
/// What is written is compared with what was read, in Redis: so nothing that Node or another Rust service has written
/// since is lost, and a session that has ended stays ended. Node does not look, and can undo either: see the
/// [guide](crate::guide).
///
/// ```no_run
/// use cloakroom_node::{Layout, Loaded, NodeStore, Servers, Sid};
///
/// # async fn example(sid: Sid) -> Result<(), Box<dyn std::error::Error>> {
/// let servers = Servers::standalone("redis://127.0.0.1");
/// let store = NodeStore::builder(Layout::koa_generic().key_prefix("sid:"), servers).connect().await?;
/// if let Loaded::Found(session) = store.load(&sid).await? {
///     let user: Option<String> = session.data().get("user")?;
/// }
/// let updated = store.update(&sid, |data| {
///     let count: u64 = data.get("count")?.unwrap_or_default();
///     data.set("count", &(count + 1))
/// });
/// let _ = updated.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct NodeStore {
    inner: Arc<Inner>,
}

struct Inner {
    link: Link,
    layout: Arc<Layout>,
    clock: Arc<dyn Clock>,
    immortal: OnImmortal,
    max_value: usize,
    reruns: u32,
}

impl NodeStore {
    /// Begins to build a store. Every setting has a default.
    pub fn builder(layout: Layout, servers: crate::Servers) -> NodeStoreBuilder {
        NodeStoreBuilder::new(layout, servers)
    }

    /// What a session holds that begins now: the middleware's part, and nothing else yet.
    #[must_use]
    pub fn blank(&self) -> NodeData {
        let layout = self.inner.layout.clone();
        let object = layout.blank();
        NodeData::new(layout, object)
    }

    /// How the sessions are kept.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// Goes over the sessions of this store, page by page, such as to find those that never go by themselves. What is no
    /// session is damage here.
    ///
    /// # Errors
    ///
    /// Where the servers fail.
    pub async fn walk(&self) -> Result<Walk> {
        let prefix = self.layout().prefix();
        let within = prefix.as_bytes().to_vec();
        Walk::new(self.link().clone(), vec![prefix.to_owned()], within).await
    }

    pub(crate) fn link(&self) -> &Link {
        &self.inner.link
    }

    /// The present, as the store sees it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The bytes that Node would write now, and for how long. Where nothing has changed, they are those that were
    /// read, blanks and all; and those are not too large, whatever their size.
    fn value(
        &self,
        data: &NodeData,
        stored: &[u8],
        operation: Operation,
    ) -> Result<(Prepared, Vec<u8>)> {
        let prepared = self.prepare(data, operation)?;
        let is_same = std::str::from_utf8(stored).is_ok_and(|text| {
            let read = crate::json::Object::parse(text);
            read.is_ok_and(|read| read.as_ref() == Some(&prepared.object))
        });
        let bytes = match is_same {
            true => stored.to_vec(),
            false => prepared.object.to_text().into_bytes(),
        };
        if !is_same && bytes.len() > self.inner.max_value {
            return Err(Error::new(ErrorKind::TooLarge, operation));
        }
        Ok((prepared, bytes))
    }

    fn prepare(&self, data: &NodeData, operation: Operation) -> Result<Prepared> {
        let prepared = self.inner.layout.prepare(data.object.clone(), self.now());
        let mut prepared = prepared.map_err(|damage| corrupt(damage, operation))?;
        if let (Lifetime::Never, OnImmortal::Limit(limit)) =
            (prepared.lifetime, self.inner.immortal)
        {
            let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
            prepared.lifetime = Lifetime::Seconds(seconds);
        }
        Ok(prepared)
    }
}

/// Without the connections.
impl fmt::Debug for NodeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeStore")
            .field("link", &self.inner.link)
            .field("layout", &self.inner.layout)
            .finish_non_exhaustive()
    }
}

pub(crate) fn corrupt(damage: Damage, operation: Operation) -> Error {
    Error::with_source(ErrorKind::Corrupt, operation, damage)
}

/// The last argument of a script that writes.
fn lifetime_argument(lifetime: Lifetime) -> String {
    match lifetime {
        Lifetime::Seconds(seconds) => seconds.to_string(),
        Lifetime::Never | Lifetime::Over => String::new(),
    }
}

fn left(lifetime: Lifetime) -> Left {
    match lifetime {
        Lifetime::Seconds(seconds) => Left::For(Duration::from_secs(seconds)),
        Lifetime::Over => Left::For(Duration::ZERO),
        Lifetime::Never => Left::Forever,
    }
}

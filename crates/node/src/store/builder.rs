//! Building a store.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Clock, Result, SystemClock};

use crate::layout::Layout;
use crate::link::Link;
use crate::servers::{Servers, refuse};
use crate::store::care::countable;
use crate::store::{Inner, NodeStore};

/// What becomes of a session that Node would keep for ever when it is written from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnImmortal {
    /// It is kept for ever, as Node does.
    #[default]
    AsNode,
    /// It lives for so long from each write on, in whole seconds, of which a part counts whole: from a millisecond to
    /// 10^12 seconds. Node makes it immortal again when it writes it.
    Limit(Duration),
}

/// Builds a [`NodeStore`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `connect` is called"]
pub struct NodeStoreBuilder {
    layout: Layout,
    servers: Servers,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    immortal: OnImmortal,
    max_value: usize,
    reruns: u32,
}

impl NodeStoreBuilder {
    pub(super) fn new(layout: Layout, servers: Servers) -> Self {
        Self {
            layout,
            servers,
            clock: Arc::new(SystemClock),
            timeout: Duration::from_secs(2),
            immortal: OnImmortal::default(),
            max_value: 1 << 20,
            reruns: 64,
        }
    }

    /// Where `now` comes from, for the dates that sessions hold. The system's clock by default. What Redis counts down
    /// follows the server's.
    pub fn clock(self, clock: impl Clock) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// The deadline of each request to the servers, with all its tries. 2 seconds by default, and a year at most: what is longer
    /// is a year.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// What becomes of sessions that Node would keep for ever. [`OnImmortal::AsNode`] by default: whoever is signed in
    /// stays so.
    pub fn on_immortal(self, immortal: OnImmortal) -> Self {
        Self { immortal, ..self }
    }

    /// How many bytes a session may take when it is written. 1 MiB by default. Larger ones are read all the same.
    pub fn max_value(self, bytes: usize) -> Self {
        Self {
            max_value: bytes,
            ..self
        }
    }

    /// How often [`update`](NodeStore::update) runs its closure again where others have changed the session
    /// meanwhile. 64 by default.
    pub fn reruns(self, reruns: u32) -> Self {
        Self { reruns, ..self }
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// | kind | why |
    /// | --- | --- |
    /// | [`Unavailable`](cloakroom_core::ErrorKind::Unavailable), [`Timeout`](cloakroom_core::ErrorKind::Timeout) | nobody answers |
    /// | [`Denied`](cloakroom_core::ErrorKind::Denied) | the user or the password is refused |
    /// | [`InvalidConfiguration`](cloakroom_core::ErrorKind::InvalidConfiguration) | a URL makes no sense, or none was named; [`OnImmortal::Limit`] is below a millisecond or above 10^12 seconds; a certificate or a key cannot be read |
    pub async fn connect(self) -> Result<NodeStore> {
        if self.servers.nodes()?.is_empty() {
            return Err(refuse("no server was named"));
        }
        if let OnImmortal::Limit(limit) = self.immortal {
            // Redis would refuse each write, or delete the session.
            let _ = countable(limit).map_err(refuse)?;
        }
        let inner = Inner {
            link: Link::open(&self.servers, self.timeout).await?,
            layout: Arc::new(self.layout),
            clock: self.clock,
            immortal: self.immortal,
            max_value: self.max_value,
            reruns: self.reruns,
        };
        Ok(NodeStore {
            inner: Arc::new(inner),
        })
    }
}

//! Which servers there are.

use std::fmt;

use cloakroom_core::Result;
use redis::ConnectionInfo;

use crate::link::parse_url;

/// Which servers a store is on, and how they stand to one another.
///
/// A server is named by a URL:
///
/// | URL | connects to |
/// | --- | --- |
/// | `redis://host:6379` | a server over TCP |
/// | `rediss://host:6379` | a server over TLS |
/// | `redis://user:password@host/3` | database 3, as an ACL user |
/// | `redis+unix:///run/redis.sock?db=3&user=u&pass=p` | a server on this machine |
#[derive(Clone)]
pub struct Server(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Standalone(String),
    Sentinel { nodes: Vec<String>, name: String },
    Cluster(Vec<String>),
}

impl Server {
    /// A server that stands alone, or the primary of a fixed address.
    pub fn standalone(url: impl Into<String>) -> Self {
        Self(Kind::Standalone(url.into()))
    }

    /// The primary of this name, wherever these Sentinels say it is.
    ///
    /// The URLs are those of the Sentinels, and what they say about TLS holds for the servers too. Users,
    /// passwords and the database of the servers themselves are given to the
    /// [builder](crate::RedisStoreBuilder).
    pub fn sentinel<U: Into<String>>(
        sentinels: impl IntoIterator<Item = U>,
        name: impl Into<String>,
    ) -> Self {
        Self(Kind::Sentinel {
            nodes: sentinels.into_iter().map(Into::into).collect(),
            name: name.into(),
        })
    }

    /// A cluster that these nodes belong to: a few of them are enough. What the first URL says about TLS,
    /// user and password holds for all nodes.
    pub fn cluster<U: Into<String>>(nodes: impl IntoIterator<Item = U>) -> Self {
        Self(Kind::Cluster(nodes.into_iter().map(Into::into).collect()))
    }

    /// What the URLs say.
    pub(crate) fn nodes(&self) -> Result<Vec<ConnectionInfo>> {
        let urls = match &self.0 {
            Kind::Standalone(url) => std::slice::from_ref(url),
            Kind::Sentinel { nodes, .. } | Kind::Cluster(nodes) => nodes,
        };
        urls.iter().map(|url| parse_url(url)).collect()
    }
}

/// Without the URLs, which may hold passwords.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Standalone(_) => f.write_str("Standalone"),
            Kind::Sentinel { nodes, name } => write!(f, "Sentinel({name}, {} nodes)", nodes.len()),
            Kind::Cluster(nodes) => write!(f, "Cluster({} nodes)", nodes.len()),
        }
    }
}

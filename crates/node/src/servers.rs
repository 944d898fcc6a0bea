//! Which Redis servers the Node services keep their sessions on.

use std::fmt;

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};

/// Which Redis servers the Node services keep their sessions on.
///
/// | URL | connects to |
/// | --- | --- |
/// | `redis://host:6379` | a server over TCP |
/// | `rediss://host:6379` | a server over TLS, with the feature `tls` (by the `redis` crate and rustls; no test of this crate runs over it) |
/// | `redis://user:password@host/3` | database 3, as an ACL user |
/// | `redis+unix:///run/redis.sock` | a server on this machine |
#[derive(Clone)]
pub struct Servers(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    One(String),
    Cluster(Vec<String>),
}

impl Servers {
    /// One server, or the primary of a fixed address.
    pub fn standalone(url: impl Into<String>) -> Self {
        Self(Kind::One(url.into()))
    }

    /// A cluster that these nodes belong to: a few of them are enough.
    pub fn cluster<U: Into<String>>(nodes: impl IntoIterator<Item = U>) -> Self {
        Self(Kind::Cluster(nodes.into_iter().map(Into::into).collect()))
    }

    pub(crate) fn nodes(&self) -> Result<Vec<ConnectionInfo>> {
        let urls = match &self.0 {
            Kind::One(url) => std::slice::from_ref(url),
            Kind::Cluster(urls) => urls,
        };
        urls.iter().map(|url| parse(url)).collect()
    }
}

fn parse(url: &str) -> Result<ConnectionInfo> {
    let refuse = |source: Box<dyn std::error::Error + Send + Sync>| {
        Error::with_source(ErrorKind::InvalidConfiguration, Operation::Open, source)
    };
    // The URL may hold a password: the message of the crate does not repeat it.
    let info = url
        .into_connection_info()
        .map_err(|error| refuse(error.into()))?;
    let is_tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
    if is_tls && cfg!(not(feature = "tls")) {
        let why = "`rediss://` needs the feature `tls` of cloakroom-node";
        return Err(refuse(why.into()));
    }
    #[cfg(feature = "tls")]
    if is_tls {
        // A choice for the whole process; one that was made before stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    Ok(info)
}

/// Without the URLs, which may hold passwords.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::One(_) => f.write_str("Standalone"),
            Kind::Cluster(nodes) => write!(f, "Cluster({} nodes)", nodes.len()),
        }
    }
}

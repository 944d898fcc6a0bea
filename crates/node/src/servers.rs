//! Which Redis servers the Node services keep their sessions on.

use std::fmt;

use cloakroom_core::{Error, ErrorKind, Operation, Result};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
#[cfg(feature = "tls")]
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

/// Which Redis servers the Node services keep their sessions on.
///
/// | URL | connects to |
/// | --- | --- |
/// | `redis://host:6379` | a server over TCP |
/// | `rediss://host:6379` | a server over TLS, with the feature `tls` |
/// | `redis://user:password@host/3` | database 3, as an ACL user |
/// | `redis+unix:///run/redis.sock` | a server on this machine |
#[derive(Clone)]
pub struct Servers {
    pub(crate) kind: Kind,
    /// The authorities to trust, in PEM; those of the system where there are none.
    #[cfg(feature = "tls")]
    roots: Option<Vec<u8>>,
    /// The certificate and the key that this client shows, in PEM.
    #[cfg(feature = "tls")]
    client: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(Clone)]
pub(crate) enum Kind {
    One(String),
    Cluster(Vec<String>),
}

impl Servers {
    /// One server, or the primary of a fixed address.
    pub fn standalone(url: impl Into<String>) -> Self {
        Self::new(Kind::One(url.into()))
    }

    /// A cluster that these nodes belong to: a few of them are enough. The others are where `CLUSTER SLOTS` says; one that
    /// does not say is where it was asked.
    ///
    /// Over TLS each node is verified under the name that it has there, which is its address by default. Where the
    /// certificates have the names of hosts, set `cluster-preferred-endpoint-type hostname` and `cluster-announce-hostname`
    /// on the nodes, from Redis 7 on. A node with the first and without the second says `?` and cannot be found.
    pub fn cluster<U: Into<String>>(nodes: impl IntoIterator<Item = U>) -> Self {
        Self::new(Kind::Cluster(nodes.into_iter().map(Into::into).collect()))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            #[cfg(feature = "tls")]
            roots: None,
            #[cfg(feature = "tls")]
            client: None,
        }
    }

    /// The certificate authorities to trust, in PEM. Those of the system by default. For `rediss://` alone: over other
    /// URLs nothing is encrypted, whatever is trusted.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[must_use]
    pub fn trust(self, authorities: impl Into<Vec<u8>>) -> Self {
        let roots = Some(authorities.into());
        Self { roots, ..self }
    }

    /// The certificate and the private key that this client shows, in PEM. None by default.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    #[must_use]
    pub fn certificate(self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let client = Some((chain.into(), key.into()));
        Self { client, ..self }
    }

    pub(crate) fn nodes(&self) -> Result<Vec<ConnectionInfo>> {
        let urls = match &self.kind {
            Kind::One(url) => std::slice::from_ref(url),
            Kind::Cluster(urls) => urls,
        };
        urls.iter().map(|url| parse(url)).collect()
    }

    /// How one of the nodes is reached.
    pub(crate) fn client(&self, node: ConnectionInfo) -> Result<redis::Client> {
        #[cfg(feature = "tls")]
        if is_tls(&node) {
            let certificates = self.certificates()?;
            return redis::Client::build_with_tls(node, certificates).map_err(refuse);
        }
        redis::Client::open(node).map_err(refuse)
    }

    /// What is trusted and shown, for servers over TLS. The parsers of PEM repeat what they cannot read, which may be a
    /// key: so what they say is not passed on.
    #[cfg(feature = "tls")]
    pub(crate) fn certificates(&self) -> Result<redis::TlsCertificates> {
        if !self.roots.as_deref().is_none_or(has_certificates) {
            return Err(refuse("what is to be trusted is no certificate in PEM"));
        }
        if let Some((chain, key)) = &self.client {
            if !has_certificates(chain) {
                return Err(refuse("what is to be shown is no certificate in PEM"));
            }
            if PrivateKeyDer::from_pem_slice(key).is_err() {
                return Err(refuse("the certificate's key is no private key in PEM"));
            }
        }
        let client_tls = self.client.clone();
        Ok(redis::TlsCertificates {
            client_tls: client_tls.map(|(client_cert, client_key)| redis::ClientTlsConfig {
                client_cert,
                client_key,
            }),
            root_cert: self.roots.clone(),
        })
    }
}

/// One at least, and nothing that looks like one and is none.
#[cfg(feature = "tls")]
fn has_certificates(pem: &[u8]) -> bool {
    let mut certificates = CertificateDer::pem_slice_iter(pem).peekable();
    certificates.peek().is_some() && certificates.all(|certificate| certificate.is_ok())
}

pub(crate) fn refuse(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::with_source(ErrorKind::InvalidConfiguration, Operation::Open, why)
}

pub(crate) fn is_tls(node: &ConnectionInfo) -> bool {
    matches!(node.addr(), ConnectionAddr::TcpTls { .. })
}

fn parse(url: &str) -> Result<ConnectionInfo> {
    // The URL may hold a password: the message of the crate does not repeat it.
    let info = url.into_connection_info().map_err(refuse)?;
    if is_tls(&info) && cfg!(not(feature = "tls")) {
        let why = "`rediss://` needs the feature `tls` of cloakroom-node";
        return Err(refuse(why));
    }
    #[cfg(feature = "tls")]
    if is_tls(&info) {
        // A choice for the whole process; one that was made before stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    Ok(info)
}

/// Without the URLs and the certificates: there may be passwords and keys in them.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::One(_) => f.write_str("Standalone"),
            Kind::Cluster(nodes) => write!(f, "Cluster({} nodes)", nodes.len()),
        }
    }
}

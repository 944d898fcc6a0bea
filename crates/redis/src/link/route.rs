//! Addresses, and how a node is spoken to.

use std::fmt;
use std::time::Duration;

use cloakroom_core::{Error, ErrorKind, Operation, Placement, Result};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};

/// Where a node of a cluster or of a Sentinel group is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Of `host:port`. The host may be an IPv6 address without brackets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// How nodes are spoken to: what all nodes of a deployment have in common.
#[derive(Clone)]
pub(crate) struct Security {
    pub(crate) settings: RedisConnectionInfo,
    pub(crate) tls: Option<Tls>,
    pub(crate) connect_timeout: Duration,
}

/// Certificates, where they are not those of the system.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls {
    /// The authorities to trust, in PEM; those of the system where there are none.
    #[cfg(feature = "tls")]
    pub(crate) roots: Option<Vec<u8>>,
    /// The certificate and the key that this client shows, in PEM.
    #[cfg(feature = "tls")]
    pub(crate) client: Option<(Vec<u8>, Vec<u8>)>,
}

impl Security {
    /// How to reach a node at this address.
    pub(crate) fn client(&self, address: &Address) -> redis::RedisResult<redis::Client> {
        let (host, port) = (address.host.clone(), address.port);
        let address = match self.tls {
            None => ConnectionAddr::Tcp(host, port),
            Some(_) => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: false,
                tls_params: None,
            },
        };
        self.client_at(address.into_connection_info()?)
    }

    /// How to reach a node as this tells, with these settings.
    pub(crate) fn client_at(&self, info: ConnectionInfo) -> redis::RedisResult<redis::Client> {
        let info = info.set_redis_settings(self.settings.clone());
        #[cfg(feature = "tls")]
        if let (Some(tls), ConnectionAddr::TcpTls { .. }) = (&self.tls, info.addr()) {
            // A choice for the whole process; one that was made before stands.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = tls.client.clone();
            let certificates = redis::TlsCertificates {
                client_tls: client.map(|(client_cert, client_key)| redis::ClientTlsConfig {
                    client_cert,
                    client_key,
                }),
                root_cert: tls.roots.clone(),
            };
            return redis::Client::build_with_tls(info, certificates);
        }
        redis::Client::open(info)
    }
}

/// Without the credentials.
impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Security")
            .field("user", &self.settings.username())
            .field("database", &self.settings.db())
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// The node that a URL names.
pub(crate) fn parse_url(url: &str) -> Result<ConnectionInfo> {
    let info = url.into_connection_info().map_err(|error| {
        // The URL may hold a password: the message of the crate does not repeat it.
        Error::with_source(ErrorKind::InvalidConfiguration, Operation::Open, error)
    })?;
    if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) && cfg!(not(feature = "tls")) {
        let why = "`rediss://` needs the feature `tls` of cloakroom-redis";
        return Err(Error::with_source(
            ErrorKind::InvalidConfiguration,
            Operation::Open,
            why,
        ));
    }
    Ok(info)
}

/// The slot of a placement's keys: CRC-16 (XMODEM) of their hash tag, modulo 16384.
pub(crate) fn slot(placement: Placement) -> u16 {
    let mut crc = 0_u16;
    for byte in placement.to_string().bytes() {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let high = crc & 0x8000 != 0;
            crc = (crc << 1) ^ if high { 0x1021 } else { 0 };
        }
    }
    crc % 16384
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let address = |host: &str, port| {
            Some(Address {
                host: host.to_owned(),
                port,
            })
        };
        assert_eq!(Address::parse("10.0.0.1:6379"), address("10.0.0.1", 6379));
        assert_eq!(Address::parse("::1:6379"), address("::1", 6379));
        assert_eq!(Address::parse("node:65536"), None);
        assert_eq!(Address::parse("node"), None);
    }

    /// From `CLUSTER KEYSLOT`.
    #[test]
    fn slots_are_those_of_the_server() {
        for (tag, expected) in [
            ([0x00, 0x00], 6794),
            ([0xa3, 0xf1], 13421),
            ([0xff, 0xff], 14956),
        ] {
            assert_eq!(slot(Placement::from_bytes(tag)), expected);
        }
    }
}

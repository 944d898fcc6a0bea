//! Building a store.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{
    Clock, Error, ErrorKind, Operation, PlacementKey, RecordVersion, Result, SystemClock,
};
use redis::{ConnectionAddr, ConnectionInfo, RedisConnectionInfo};

use crate::keys::Keys;
use crate::link::{
    Address, Cluster, Line, Lines, Link, Reads, Replicas, Security, Sentinels, Shape, Target, Tls,
    Waits,
};
use crate::open;
use crate::server::{Kind, Server};
use crate::store::RedisStore;
use crate::watch::{Report, Warning};

/// No deadline is later: the sum of it and the time is always a time.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Whether the server may evict keys that are still needed, to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Eviction {
    /// The server is asked, by `INFO memory`, at connecting and every minute. Where it does not say, it may.
    #[default]
    Ask,
    /// It may: `load` looks into the token set after the record of a signed-in session, which makes it two
    /// round trips.
    Possible,
    /// It does not: `load` is one `GET`. Where this is wrong, a token set that is evicted leaves
    /// sessions behind that live on until they expire, and that nobody can revoke.
    Never,
}

/// What is done where the clocks of this host and of the server differ by more than the margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDrift {
    /// The application is warned: see [`RedisStoreBuilder::on_warning`].
    #[default]
    Warn,
    /// Every operation fails with [`ErrorKind::ClockDrift`] until they agree again.
    Refuse,
}

/// Builds a [`RedisStore`].
///
/// ```no_run
/// use std::time::Duration;
/// use cloakroom_redis::{RedisStore, Server};
///
/// # async fn example() -> cloakroom_core::Result<()> {
/// let store = RedisStore::builder(Server::cluster(["redis://10.0.0.1", "redis://10.0.0.2"]))
///     .prefix("shop")
///     .user("shop", "a secret")
///     .wait_for_replicas(1, Duration::from_millis(200))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `connect` is called"]
pub struct RedisStoreBuilder {
    server: Server,
    pub(crate) prefix: String,
    pub(crate) placement_key: PlacementKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) margin: Duration,
    pub(crate) version: RecordVersion,
    pub(crate) timeout: Duration,
    connect_timeout: Duration,
    pub(crate) eviction: Eviction,
    pub(crate) on_drift: OnDrift,
    pub(crate) report: Report,
    pub(crate) replicas: Option<Replicas>,
    user: Option<(Option<String>, String)>,
    database: Option<i64>,
    tls: Tls,
}

impl RedisStoreBuilder {
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server,
            prefix: "cloakroom".to_owned(),
            placement_key: PlacementKey::default(),
            clock: Arc::new(SystemClock),
            margin: Duration::from_secs(60),
            version: RecordVersion::default(),
            timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
            eviction: Eviction::default(),
            on_drift: OnDrift::default(),
            report: Report::default(),
            replicas: None,
            user: None,
            database: None,
            tls: Tls::default(),
        }
    }

    /// What every key begins with. `cloakroom` by default. Applications that share a server take one each.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The key by which subjects are placed. By default a documented constant: see [`PlacementKey`].
    /// The servers remember its digest, and a store with another key does not open.
    pub fn placement_key(mut self, key: PlacementKey) -> Self {
        self.placement_key = key;
        self
    }

    /// How long after its deadline a key may go by the server's clock. A minute by default, at least a
    /// second: so much may the clocks of the hosts and of the servers differ.
    ///
    /// All hosts need the same: a session that a host with a larger one has used could outlive its token set, and
    /// nobody could revoke it. So the servers remember that of the first store that opens, and a store with
    /// another does not open. Hosts that are running do not look again, nor does a release without this check.
    ///
    /// To change it, stop all hosts, remove `PREFIX:{0000}:k:margin`, and start them with the new one. A larger
    /// one is that of new sessions: as long as there are token sets from before, which is until the longest of the
    /// overall timeouts is over, the clocks have to agree within the old one.
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// The clock that the server's is compared with, at connecting and every minute. By default that of the
    /// host. Give it the clock of the handle.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What is done where the clocks differ by more than the margin. [`OnDrift::Warn`] by default.
    pub fn on_drift(mut self, on_drift: OnDrift) -> Self {
        self.on_drift = on_drift;
        self
    }

    /// Whether the server may evict keys. [`Eviction::Ask`] by default.
    pub fn eviction(mut self, eviction: Eviction) -> Self {
        self.eviction = eviction;
        self
    }

    /// Is told what the application should know, once each time that it begins. Nobody by default.
    pub fn on_warning(mut self, report: impl Fn(Warning) + Send + Sync + 'static) -> Self {
        self.report = Report::new(report);
        self
    }

    /// The deadline of each operation, from its call on, with all tries. 2 seconds by default, and a year at
    /// most: what is longer is a year.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST);
        self
    }

    /// How long a connection may take to be made, name lookup and TLS included. A second by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// `delete` and `revoke` wait until so many replicas have the ending, or this time has passed, and say
    /// how many do. By default they do not wait. Who comes while others wait is sent after them, so that it can
    /// take twice this time, and the [deadline](RedisStoreBuilder::timeout) is so much later. Where something
    /// has to be tried again, it waits again: with a replica down and a time that is not well below the timeout,
    /// such an ending can be done and be told as [`OutcomeUnknown`](ErrorKind::OutcomeUnknown).
    ///
    /// A failover to a replica that has it does not undo it. It does where a replica that has it not
    /// becomes the primary, and where a primary comes back with older data than it had.
    pub fn wait_for_replicas(mut self, count: u32, within: Duration) -> Self {
        let within = within.min(LONGEST);
        self.replicas = Some(Replicas { count, within });
        self
    }

    /// The version in which records are written. The newest by default.
    pub fn record_version(mut self, version: RecordVersion) -> Self {
        self.version = version;
        self
    }

    /// The ACL user and password, in place of those of the URLs.
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some((Some(name.into()), password.into()));
        self
    }

    /// The password of the default user, in place of that of the URLs.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.user = Some((None, password.into()));
        self
    }

    /// The number of the database, in place of that of the URLs. A cluster has only 0.
    pub fn database(mut self, number: u16) -> Self {
        self.database = Some(i64::from(number));
        self
    }

    /// The certificate authorities to trust, in PEM. Those of the system by default.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn trust(mut self, authorities: impl Into<Vec<u8>>) -> Self {
        self.tls.roots = Some(authorities.into());
        self
    }

    /// The certificate and the private key that this client shows, in PEM. None by default.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn certificate(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls.client = Some((chain.into(), key.into()));
        self
    }

    /// Connects, and looks at the servers: whether they may evict keys, what time they have, and whether
    /// the sessions there were placed by the same key.
    ///
    /// # Errors
    ///
    /// | kind | why |
    /// | --- | --- |
    /// | [`Unavailable`](ErrorKind::Unavailable) | nobody is there or greets in time, or the server says that it cannot serve now |
    /// | [`Timeout`](ErrorKind::Timeout) | the server has greeted, and then says nothing |
    /// | [`Denied`](ErrorKind::Denied) | the user or the password is refused, or may not do what is needed |
    /// | [`InvalidConfiguration`](ErrorKind::InvalidConfiguration) | a URL or an option makes no sense, or the placement key or the margin is another |
    /// | [`ClockDrift`](ErrorKind::ClockDrift) | the clocks differ, and [`OnDrift::Refuse`] was chosen |
    pub async fn connect(self) -> Result<RedisStore> {
        let link = self.link()?;
        open::open(self, link).await
    }

    fn link(&self) -> Result<Link> {
        if self.margin < Duration::from_secs(1) {
            return refuse("the margin is below a second: no two clocks agree so well for long");
        }
        let nodes = self.server.nodes()?;
        let Some(first) = nodes.first() else {
            return refuse("no server was named");
        };
        Ok(Link {
            keys: Keys::new(&self.prefix)?,
            shape: self.shape(first, &nodes)?,
            reads: Reads::default(),
            timeout: self.timeout,
        })
    }

    fn shape(&self, first: &ConnectionInfo, nodes: &[ConnectionInfo]) -> Result<Shape> {
        Ok(match &self.server.0 {
            Kind::Standalone(_) => {
                let security = self.security(first, Some(first.redis_settings()));
                let client = Box::new(security.client_at(first.clone()).map_err(not_valid)?);
                Shape::One(Arc::new(self.lines(|| Target::Fixed(client.clone()))))
            }
            Kind::Sentinel { name, .. } => {
                let primary = self.security(first, None);
                let clients = nodes.iter().map(|node| {
                    let own = Security {
                        settings: node.redis_settings().clone(),
                        ..primary.clone()
                    };
                    own.client_at(node.clone()).map_err(not_valid)
                });
                let clients = clients.collect::<Result<_>>()?;
                let sentinels = Arc::new(Sentinels::new(clients, name.clone(), primary));
                Shape::One(Arc::new(self.lines(|| Target::Primary(sentinels.clone()))))
            }
            Kind::Cluster(_) => {
                let security = self.security(first, Some(first.redis_settings()));
                if security.settings.db() != 0 {
                    return refuse("a cluster has no other database than 0");
                }
                let Some(seeds) = nodes.iter().map(address).collect() else {
                    return refuse("the nodes of a cluster are reached over TCP");
                };
                Shape::Many(Box::new(Cluster::new(seeds, security)))
            }
        })
    }

    fn lines(&self, target: impl Fn() -> Target) -> Lines {
        Lines {
            line: Line::new(target(), self.connect_timeout),
            waiting: Line::new(target(), self.connect_timeout),
            waits: Waits::default(),
        }
    }

    fn security(&self, node: &ConnectionInfo, settings: Option<&RedisConnectionInfo>) -> Security {
        let mut settings = settings.cloned().unwrap_or_default();
        if let Some((name, password)) = &self.user {
            settings = settings.set_password(password);
            if let Some(name) = name {
                settings = settings.set_username(name);
            }
        }
        if let Some(number) = self.database {
            settings = settings.set_db(number);
        }
        let is_tls = matches!(node.addr(), ConnectionAddr::TcpTls { .. });
        Security {
            settings: settings.set_lib_name("cloakroom", env!("CARGO_PKG_VERSION")),
            tls: is_tls.then(|| self.tls.clone()),
            connect_timeout: self.connect_timeout,
        }
    }
}

fn address(node: &ConnectionInfo) -> Option<Address> {
    match node.addr() {
        ConnectionAddr::Tcp(host, port) => Some(Address {
            host: host.clone(),
            port: *port,
        }),
        ConnectionAddr::TcpTls { host, port, .. } => Some(Address {
            host: host.clone(),
            port: *port,
        }),
        _ => None,
    }
}

fn refuse<T>(why: &'static str) -> Result<T> {
    Err(Error::with_source(
        ErrorKind::InvalidConfiguration,
        Operation::Open,
        why,
    ))
}

fn not_valid(error: redis::RedisError) -> Error {
    Error::with_source(ErrorKind::InvalidConfiguration, Operation::Open, error)
}

/// Without credentials.
impl std::fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("server", &self.server)
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

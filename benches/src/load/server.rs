//! The servers: all of ours on one thread, so that what they compute can be told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::Failure;
use crate::contestants::Who;
use crate::peers::{self, Peer};
use crate::redis_server::RedisServer;

pub(crate) struct Server {
    addresses: Vec<(Who, SocketAddr)>,
    thread: Handle,
    peers: Vec<(Who, Peer)>,
    redis: RedisServer,
    _scratch: Scratch,
}

impl Server {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let scratch = Scratch::new()?;
        let redis = RedisServer::start().await?;
        let folder = peers::install(&scratch.0)?;
        let mut peers = Vec::new();
        for who in Who::ALL {
            if let Some(stack) = who.in_node() {
                peers.push((who, Peer::start(&folder, stack, &redis.url())?));
            }
        }
        let (path, url) = (scratch.0.clone(), redis.url());
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let started = serve(&path, &url, |started| tell.send(Ok(started)).is_ok());
            if let Err(failure) = started {
                let _ = tell.send(Err(failure));
            }
        });
        let (thread, addresses) = told.recv()??;
        Ok(Self {
            addresses,
            thread,
            peers,
            redis,
            _scratch: scratch,
        })
    }

    pub(crate) fn address(&self, who: Who) -> Result<SocketAddr, Failure> {
        if let Some(peer) = self.peer(who) {
            return Ok(peer.address);
        }
        let found = self.addresses.iter().find(|(served, _)| *served == who);
        found
            .map(|(_, address)| *address)
            .ok_or_else(|| "nobody serves it".into())
    }

    /// What the one who serves it has computed up to now: our thread, or the peer; and Redis, where the
    /// sessions are there.
    pub(crate) async fn computed(&self, who: Who) -> Result<Duration, Failure> {
        let server = match self.peer(who) {
            Some(peer) => peer.computed()?,
            None => {
                let (tell, told) = oneshot::channel();
                self.thread.spawn(async move {
                    let _ = tell.send(computed_here());
                });
                told.await?
            }
        };
        if who.is_on_redis() {
            return Ok(server + peers::computed_by(self.redis.process())?);
        }
        Ok(server)
    }

    fn peer(&self, who: Who) -> Option<&Peer> {
        let found = self.peers.iter().find(|(served, _)| *served == who);
        found.map(|(_, peer)| peer)
    }
}

/// What this thread has computed since it was started.
fn computed_here() -> Duration {
    let clock = clock_gettime(ClockId::ThreadCPUTime);
    let whole = u64::try_from(clock.tv_sec).unwrap_or_default();
    let part = u64::try_from(clock.tv_nsec).unwrap_or_default();
    Duration::from_secs(whole) + Duration::from_nanos(part)
}

type Started = (Handle, Vec<(Who, SocketAddr)>);

/// Serves until the program ends.
fn serve(
    scratch: &Path,
    redis: &str,
    started: impl FnOnce(Started) -> bool,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut addresses = Vec::new();
        for who in Who::ALL {
            let Some(router) = who.router(scratch, redis).await? else {
                continue;
            };
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            addresses.push((who, listener.local_addr()?));
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        if started((Handle::current(), addresses)) {
            std::future::pending::<()>().await;
        }
        Ok(())
    })
}

/// Where the store on disk is, as long as the program runs.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let name = format!("cloakroom-load-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

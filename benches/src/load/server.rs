//! The servers: all on one thread, so that what they compute can be told.

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

pub(crate) struct Server {
    addresses: Vec<(Who, SocketAddr)>,
    thread: Handle,
    _scratch: Scratch,
}

impl Server {
    pub(crate) fn start() -> Result<Self, Failure> {
        let scratch = Scratch::new()?;
        let path = scratch.0.clone();
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let started = serve(&path, |started| tell.send(Ok(started)).is_ok());
            if let Err(failure) = started {
                let _ = tell.send(Err(failure));
            }
        });
        let (thread, addresses) = told.recv()??;
        Ok(Self {
            addresses,
            thread,
            _scratch: scratch,
        })
    }

    pub(crate) fn address(&self, who: Who) -> Result<SocketAddr, Failure> {
        let found = self.addresses.iter().find(|(served, _)| *served == who);
        found
            .map(|(_, address)| *address)
            .ok_or_else(|| "nobody serves it".into())
    }

    /// What the thread of the servers has computed up to now.
    pub(crate) async fn computed(&self) -> Result<Duration, Failure> {
        let (tell, told) = oneshot::channel();
        self.thread.spawn(async move {
            let _ = tell.send(computed_here());
        });
        Ok(told.await?)
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
fn serve(scratch: &Path, started: impl FnOnce(Started) -> bool) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut addresses = Vec::new();
        for who in Who::ALL {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            addresses.push((who, listener.local_addr()?));
            let router = who.router(scratch)?;
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

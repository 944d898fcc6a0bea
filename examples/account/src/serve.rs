//! Listening on the loopback address, until somebody says stop.

use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// The port by default, and how many after it are tried where it is taken.
const PORT: u16 = 8088;
const TRIES: u16 = 20;

/// How long requests under way may take after the word to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens on the loopback address: this application speaks plain HTTP, which is for nobody else.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    address: String,
    stop: StopSignal,
}

impl Listener {
    /// Takes this port and no other; without one, the usual one or the next that is free.
    pub(crate) async fn bind(port: Option<u16>) -> io::Result<Self> {
        let ports = port.map_or(PORT..=PORT + TRIES, |port| port..=port);
        for port in ports.clone() {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                other => return Self::of(other?),
            }
        }
        let taken = match port {
            Some(port) => format!("port {port} is taken; choose another with --port"),
            None => format!(
                "ports {} to {} are taken; choose another with --port",
                ports.start(),
                ports.end()
            ),
        };
        Err(io::Error::new(ErrorKind::AddrInUse, taken))
    }

    fn of(listener: TcpListener) -> io::Result<Self> {
        let address = format!("http://{}", listener.local_addr()?);
        Ok(Self {
            listener,
            address,
            // Before anybody is told where it is, and could want it to stop again.
            stop: StopSignal::listen()?,
        })
    }

    /// Where it is, for the address bar.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Serves until Ctrl-C or SIGTERM. Requests under way are finished, if that takes no longer than
    /// ten seconds.
    pub(crate) async fn serve(self, router: Router) -> io::Result<Stopped> {
        let (stopping, stopped) = oneshot::channel();
        let mut signal = self.stop;
        let stop = async move {
            signal.given().await;
            let _ = stopping.send(());
        };
        let out_of_patience = async {
            match stopped.await {
                Ok(()) => tokio::time::sleep(PATIENCE).await,
                // The server has ended by itself, and tells why.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            served = axum::serve(self.listener, router).with_graceful_shutdown(stop) => {
                served.map(|()| Stopped::InOrder)
            }
            () = out_of_patience => Ok(Stopped::CutOff),
        }
    }
}

/// How serving came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Whatever was under way was finished.
    InOrder,
    /// Some requests took too long.
    CutOff,
}

/// Ctrl-C or SIGTERM.
#[cfg(unix)]
#[derive(Debug)]
struct StopSignal {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl StopSignal {
    /// From here on the signal is heard. Before, it ends the process on the spot.
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn given(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
#[derive(Debug)]
struct StopSignal;

#[cfg(not(unix))]
impl StopSignal {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn given(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

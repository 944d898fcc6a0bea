//! A proxy between a store and its server, that does harm on demand.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What it does with what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    None,
    /// Ends the connection in the middle of the next request: the server does not see all of it.
    CutRequest,
    /// Ends the connection in the middle of the next reply.
    CutReply,
    /// Takes what comes, and says nothing.
    Silence,
    /// Lets each reply wait.
    Slow(Duration),
}

#[derive(Debug)]
pub(crate) struct Proxy {
    state: Arc<State>,
    port: u16,
}

#[derive(Debug)]
struct State {
    server: u16,
    harm: Mutex<Harm>,
    /// How many times something was sent to the server.
    requests: AtomicUsize,
    connections: AtomicUsize,
    /// How many requests still pass before one is held back.
    until_held: Mutex<Option<usize>>,
    held: Notify,
    released: Notify,
}

impl Proxy {
    pub(crate) async fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State {
            server,
            harm: Mutex::new(Harm::None),
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            until_held: Mutex::new(None),
            held: Notify::new(),
            released: Notify::new(),
        });
        let of_listener = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                of_listener.connections.fetch_add(1, SeqCst);
                tokio::spawn(pass(client, of_listener.clone()));
            }
        });
        Self { state, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn does(&self, harm: Harm) {
        *self.state.harm.lock().expect("not poisoned") = harm;
    }

    /// Lets so many requests pass, and holds the next one back until [`release`](Self::release).
    pub(crate) fn holds_after(&self, requests: usize) {
        *self.state.until_held.lock().expect("not poisoned") = Some(requests);
    }

    /// Waits until a request is held back.
    pub(crate) async fn has_held(&self) {
        self.state.held.notified().await;
    }

    /// Lets the request go that is held back, or all of them if none was.
    pub(crate) fn release(&self) {
        let is_held = self
            .state
            .until_held
            .lock()
            .expect("not poisoned")
            .take()
            .is_none();
        if is_held {
            self.state.released.notify_one();
        }
    }

    /// How many requests were sent since this was asked last; each waits for its answer.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.swap(0, SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(SeqCst)
    }
}

impl State {
    fn harm(&self) -> Harm {
        *self.harm.lock().expect("not poisoned")
    }

    /// Holds a request back, where that was asked for.
    async fn hold(&self) {
        let left = {
            let mut until = self.until_held.lock().expect("not poisoned");
            let left = *until;
            *until = left.and_then(|left| left.checked_sub(1));
            left
        };
        if left == Some(0) {
            self.held.notify_one();
            self.released.notified().await;
        }
    }

    /// Whether this harm is to be done, once.
    fn once(&self, harm: Harm) -> bool {
        let mut planned = self.harm.lock().expect("not poisoned");
        let is = *planned == harm;
        if is {
            *planned = Harm::None;
        }
        is
    }
}

async fn pass(client: TcpStream, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", state.server)).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let of_requests = state.clone();
    let requests = async move {
        let mut buffer = vec![0; 1 << 20];
        while let Ok(len @ 1..) = from_client.read(&mut buffer).await {
            if of_requests.harm() == Harm::Silence {
                continue;
            }
            if of_requests.once(Harm::CutRequest) {
                let _ = to_server.write_all(&buffer[..len / 2]).await;
                return;
            }
            of_requests.hold().await;
            of_requests.requests.fetch_add(1, SeqCst);
            if to_server.write_all(&buffer[..len]).await.is_err() {
                return;
            }
        }
    };
    let replies = async move {
        let mut buffer = vec![0; 1 << 20];
        while let Ok(len @ 1..) = from_server.read(&mut buffer).await {
            match state.harm() {
                Harm::Silence => continue,
                Harm::Slow(time) => tokio::time::sleep(time).await,
                _ => {}
            }
            if state.once(Harm::CutReply) {
                let _ = to_client.write_all(&buffer[..len / 2]).await;
                return;
            }
            if to_client.write_all(&buffer[..len]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        () = replies => {}
    }
}

//! A server on a free port of loopback, and a browser that talks to it.
#![allow(dead_code, reason = "no test needs all of it")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

pub(crate) mod browser;
pub(crate) mod stage;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::handler::Handler;
use axum::routing::any;
use browser::Answer;
use cloakroom_core::fault::{FaultStore, Faults};
use cloakroom_core::{
    Clock as _, ManualClock, Operation, Sessions, SessionsBuilder, Subject, Token,
};
use cloakroom_moka::MokaStore;
use cloakroom_tower::{SessionData, SessionLayer};
use http::{Method, Request};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// Longer than anything here may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Sessions in memory, a clock that is moved by hand, and the faults of the store.
pub(crate) struct World<T> {
    pub(crate) sessions: Sessions<T>,
    pub(crate) clock: ManualClock,
    pub(crate) faults: Faults,
}

impl<T: SessionData> World<T> {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(settings: impl FnOnce(SessionsBuilder<T>) -> SessionsBuilder<T>) -> Self {
        let clock = ManualClock::new();
        let store = FaultStore::new(MokaStore::new());
        let faults = store.faults();
        let builder = Sessions::builder(store).clock(clock.clone()).retries(0);
        let sessions = settings(builder).build().unwrap();
        Self {
            sessions,
            clock,
            faults,
        }
    }

    /// A user who is signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Token {
        let subject = Subject::new(name).unwrap();
        let attempt = self.sessions.begin_sign_in(&subject).await.unwrap();
        let done = self
            .sessions
            .complete(attempt, None, Option::unwrap_or_default);
        done.await.unwrap().signed_in().unwrap().token
    }

    /// The data of a session; none where there is none.
    pub(crate) async fn data(&self, token: &Token) -> Option<T> {
        let found = self.sessions.peek(token).await.unwrap().found();
        found.map(cloakroom_core::Session::into_data)
    }

    /// How many calls of each kind the store has had.
    pub(crate) fn calls(&self) -> [u64; 5] {
        [
            Operation::Load,
            Operation::Touch,
            Operation::Update,
            Operation::Create,
            Operation::Delete,
        ]
        .map(|operation| self.faults.calls(operation))
    }

    /// How many sessions live, whoever's.
    pub(crate) async fn count(&self) -> u64 {
        let now = self.clock.now();
        self.sessions.store().count(now).await.unwrap()
    }

    pub(crate) async fn count_of(&self, subject: &str) -> usize {
        let subject = Subject::new(subject).unwrap();
        self.sessions.tokens(&subject).count().await.unwrap()
    }
}

/// One handler for every method, at `/`, within the layer.
pub(crate) fn app<T: SessionData, M: 'static>(
    layer: SessionLayer<T>,
    handler: impl Handler<M, ()>,
) -> Router {
    Router::new().route("/", any(handler)).layer(layer)
}

/// Asks an application without a network.
pub(crate) async fn ask(app: &Router, headers: &[(&str, &str)]) -> Answer {
    send(app, Method::GET, "/", headers).await
}

pub(crate) async fn send(
    app: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = async { Answer::of(app.clone().oneshot(request).await.unwrap()).await };
    soon(answer).await
}

/// The header that brings a token.
pub(crate) fn cookie(token: &Token) -> String {
    format!("__Host-session={}", &*token.expose())
}

/// Serves until the test is over.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Fails instead of hanging.
pub(crate) async fn soon<O>(work: impl Future<Output = O>) -> O {
    match tokio::time::timeout(SOON, work).await {
        Ok(done) => done,
        Err(_) => panic!("this should not take so long"),
    }
}

/// Small numbers that look random, the same for one seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

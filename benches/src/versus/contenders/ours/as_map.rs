//! Cloakroom with a map for data, as adapters hand it to the users of a framework.

use std::sync::RwLock;

use cloakroom_core::{Lookup, SessionMap, SessionStore, Sessions, Timeouts, Token};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contestants::Failure;
use crate::shape::{Mapped, Shape as _, Values};
use crate::versus::contenders::ours::{RERUNS, sign_in};
use crate::versus::site::{Site, ticket};
use crate::workload::Account;

/// A store full of sessions, two for each user, and its handle.
pub(crate) struct OursAsMap {
    sessions: Sessions<SessionMap>,
    tokens: Vec<RwLock<Token>>,
    server: Option<u32>,
}

impl OursAsMap {
    pub(crate) async fn filled(
        store: impl SessionStore,
        size: usize,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let sessions = Sessions::builder(store)
            .timeouts(Timeouts::AAL1)
            .reruns(RERUNS)
            .build()?;
        let accounts = (0..size).map(|at| (at, Account::example(random)));
        let enter = accounts.map(|(at, account)| enter(&sessions, at, account));
        let tokens: Vec<_> = stream::iter(enter).buffered(64).try_collect().await?;
        Ok(Self {
            tokens: tokens.into_iter().map(RwLock::new).collect(),
            sessions,
            server: None,
        })
    }

    /// After all sessions were read once.
    pub(crate) async fn read(self) -> Result<Self, Failure> {
        for at in 0..self.tokens.len() {
            if !self.load(&ticket(&self, at)).await? {
                return Err("a session is not there".into());
            }
        }
        Ok(self)
    }

    /// Served by this process.
    pub(crate) fn served_by(self, server: u32) -> Self {
        Self {
            server: Some(server),
            ..self
        }
    }
}

async fn enter(
    sessions: &Sessions<SessionMap>,
    at: usize,
    account: Account,
) -> Result<Token, Failure> {
    let mut map = SessionMap::new();
    Mapped::enter(&mut map, &account).await?;
    sign_in(sessions, at, map).await
}

impl Site for OursAsMap {
    type Ticket = Token;

    fn tickets(&self) -> &[RwLock<Token>] {
        &self.tokens
    }

    async fn load(&self, token: &Token) -> Result<bool, Failure> {
        match self.sessions.load(token).await? {
            Lookup::Found(session) => Mapped::read(session.data()).await,
            _ => Ok(false),
        }
    }

    async fn update(&self, token: &Token) -> Result<bool, Failure> {
        let mut counted = None;
        let updated = self.sessions.update(token, |map| {
            // A map waits for nobody.
            counted = Mapped::visit(map).now_or_never();
        });
        let found = updated.await?.is_found();
        Ok(found && counted.transpose()? == Some(true))
    }

    fn server(&self) -> Option<u32> {
        self.server
    }
}

impl Values for SessionMap {
    async fn value<V: DeserializeOwned + Send>(&self, name: &str) -> Result<Option<V>, Failure> {
        Ok(self.get(name)?)
    }

    async fn set<V: Serialize + Send + Sync>(
        &mut self,
        name: &str,
        value: &V,
    ) -> Result<(), Failure> {
        Ok(SessionMap::set(self, name, value)?)
    }
}

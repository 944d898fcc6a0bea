//! async-session and its `MemoryStore`.

use std::hint::black_box;
use std::sync::{Arc, RwLock};

use async_session::{MemoryStore, Session, SessionStore as _};
use rand::rngs::StdRng;

use crate::contestants::Failure;
use crate::versus::race::{Contender, deal};
use crate::versus::site::{Site, ticket};
use crate::workload::{Account, Keys};

const KEY: &str = "account";

pub(crate) struct AsyncSession {
    store: MemoryStore,
    cookies: Vec<RwLock<String>>,
}

impl AsyncSession {
    pub(crate) async fn filled(size: usize, random: &mut StdRng) -> Result<Self, Failure> {
        let store = MemoryStore::new();
        let mut cookies = Vec::with_capacity(size);
        for _ in 0..size {
            let cookie = enter(&store, &Account::example(random)).await?;
            cookies.push(RwLock::new(cookie));
        }
        Ok(Self { store, cookies })
    }

    async fn session(&self, cookie: &str) -> Result<Option<Session>, Failure> {
        let loaded = self.store.load_session(cookie.to_owned()).await;
        Ok(loaded.map_err(|error| error.to_string())?)
    }
}

/// A store with this many sessions, whose cookies nobody keeps.
pub(crate) async fn fill(size: usize, random: &mut StdRng) -> Result<MemoryStore, Failure> {
    let store = MemoryStore::new();
    for _ in 0..size {
        drop(enter(&store, &Account::example(random)).await?);
    }
    Ok(store)
}

async fn enter(store: &MemoryStore, data: &Account) -> Result<String, Failure> {
    let mut session = Session::new();
    session.expire_in(std::time::Duration::from_secs(86_400));
    session.insert(KEY, data)?;
    let stored = store.store_session(session).await;
    let cookie = stored.map_err(|error| error.to_string())?;
    Ok(cookie.ok_or("a new session has no cookie")?)
}

/// A cookie in, a session out.
pub(crate) struct Load(pub(crate) Arc<AsyncSession>, pub(crate) Keys);

impl Contender for Load {
    type Item = String;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<String>>, Failure> {
        let Self(peer, keys) = self;
        Ok(deal(keys, tasks, each, random, |at| ticket(&**peer, at)))
    }

    async fn operate(&self, cookie: String) -> Result<bool, Failure> {
        let loaded = self.0.store.load_session(cookie).await;
        Ok(black_box(loaded.map_err(|error| error.to_string())?).is_some())
    }
}

impl Site for AsyncSession {
    type Ticket = String;

    fn tickets(&self) -> &[RwLock<String>] {
        &self.cookies
    }

    async fn load(&self, cookie: &String) -> Result<bool, Failure> {
        let session = self.session(cookie).await?;
        let account = session.and_then(|session| session.get::<Account>(KEY));
        Ok(black_box(account).is_some())
    }

    async fn update(&self, cookie: &String) -> Result<bool, Failure> {
        let Some(mut session) = self.session(cookie).await? else {
            return Ok(false);
        };
        let Some(mut account) = session.get::<Account>(KEY) else {
            return Ok(false);
        };
        account.visits += 1;
        session.insert(KEY, &account)?;
        let stored = self.store.store_session(session).await;
        stored.map_err(|error| error.to_string())?;
        Ok(true)
    }

    async fn sign_out_and_in(&self, _: usize, cookie: String) -> Result<String, Failure> {
        let session = self.session(&cookie).await?;
        let session = session.ok_or("a session is not there")?;
        let data = session
            .get::<Account>(KEY)
            .ok_or("its data are not there")?;
        let destroyed = self.store.destroy_session(session).await;
        destroyed.map_err(|error| error.to_string())?;
        enter(&self.store, &data).await
    }
}

//! async-session and its `MemoryStore`.

use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::RwLock;

use async_session::{MemoryStore, Session, SessionStore as _};
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contestants::Failure;
use crate::shape::{Shape, Typed, Values};
use crate::versus::keyed::Keyed;
use crate::versus::site::{Entrance, Site, ticket};
use crate::workload::Account;

/// Its store, full of sessions whose data have a shape.
pub(crate) struct AsyncSession<D = Typed> {
    store: MemoryStore,
    cookies: Vec<RwLock<String>>,
    shape: PhantomData<D>,
}

impl<D: Shape> AsyncSession<D> {
    pub(crate) async fn filled(size: usize, random: &mut StdRng) -> Result<Self, Failure> {
        let store = MemoryStore::new();
        let mut cookies = Vec::with_capacity(size);
        for _ in 0..size {
            let cookie = enter::<D>(&store, &Account::example(random)).await?;
            cookies.push(RwLock::new(cookie));
        }
        Ok(Self {
            store,
            cookies,
            shape: PhantomData,
        })
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
        drop(enter::<Typed>(&store, &Account::example(random)).await?);
    }
    Ok(store)
}

async fn enter<D: Shape>(store: &MemoryStore, data: &Account) -> Result<String, Failure> {
    let mut session = Session::new();
    session.expire_in(std::time::Duration::from_secs(86_400));
    D::enter(&mut session, data).await?;
    let stored = store.store_session(session).await;
    let cookie = stored.map_err(|error| error.to_string())?;
    Ok(cookie.ok_or("a new session has no cookie")?)
}

impl Keyed for AsyncSession {
    type Key = String;

    fn key(&self, at: usize) -> Result<String, Failure> {
        Ok(ticket(self, at))
    }

    async fn fetch(&self, cookie: String) -> Result<bool, Failure> {
        let loaded = self.store.load_session(cookie).await;
        Ok(black_box(loaded.map_err(|error| error.to_string())?).is_some())
    }
}

impl<D: Shape> Site for AsyncSession<D> {
    type Ticket = String;

    fn tickets(&self) -> &[RwLock<String>] {
        &self.cookies
    }

    async fn load(&self, cookie: &String) -> Result<bool, Failure> {
        match self.session(cookie).await? {
            Some(session) => D::read(&session).await,
            None => Ok(false),
        }
    }

    async fn update(&self, cookie: &String) -> Result<bool, Failure> {
        let Some(mut session) = self.session(cookie).await? else {
            return Ok(false);
        };
        if !D::visit(&mut session).await? {
            return Ok(false);
        }
        let stored = self.store.store_session(session).await;
        stored.map_err(|error| error.to_string())?;
        Ok(true)
    }
}

impl Entrance for AsyncSession {
    async fn sign_out_and_in(&self, _: usize, cookie: String) -> Result<String, Failure> {
        let session = self.session(&cookie).await?;
        let session = session.ok_or("a session is not there")?;
        let data = Typed::account(&session).await?;
        let destroyed = self.store.destroy_session(session).await;
        destroyed.map_err(|error| error.to_string())?;
        enter::<Typed>(&self.store, &data.ok_or("its data are not there")?).await
    }
}

impl Values for Session {
    async fn value<V: DeserializeOwned + Send>(&self, name: &str) -> Result<Option<V>, Failure> {
        Ok(self.get(name))
    }

    async fn set<V: Serialize + Send + Sync>(
        &mut self,
        name: &str,
        value: &V,
    ) -> Result<(), Failure> {
        Ok(self.insert(name, value)?)
    }
}

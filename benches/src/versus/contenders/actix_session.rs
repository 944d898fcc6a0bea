//! actix-session and its store on Redis.

use std::collections::HashMap;
use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::RwLock;

use actix_session::storage::{RedisSessionStore, SessionKey, SessionStore as _};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::Duration;

use crate::contestants::Failure;
use crate::shape::{Shape, Typed, Values};
use crate::versus::keyed::Keyed;
use crate::versus::site::{Entrance, Site, ticket};
use crate::workload::Account;

const TTL: Duration = Duration::DAY;

/// Its store, full of sessions whose data have a shape.
pub(crate) struct ActixSession<D = Typed> {
    store: RedisSessionStore,
    keys: Vec<RwLock<String>>,
    server: u32,
    shape: PhantomData<D>,
}

impl<D: Shape> ActixSession<D> {
    pub(crate) async fn filled(
        url: &str,
        server: u32,
        size: usize,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let store = RedisSessionStore::new(url).await?;
        let data: Vec<_> = (0..size).map(|_| Account::example(random)).collect();
        let enter = data.iter().map(|data| enter::<D>(&store, data));
        let keys: Vec<_> = stream::iter(enter).buffered(64).try_collect().await?;
        Ok(Self {
            keys: keys.into_iter().map(RwLock::new).collect(),
            store,
            server,
            shape: PhantomData,
        })
    }

    async fn state(&self, key: &str) -> Result<Option<State>, Failure> {
        Ok(self.store.load(&session_key(key)?).await?.map(State))
    }
}

fn session_key(key: &str) -> Result<SessionKey, Failure> {
    let key = SessionKey::try_from(key.to_owned());
    Ok(key.map_err(|error| error.to_string())?)
}

async fn enter<D: Shape>(store: &RedisSessionStore, data: &Account) -> Result<String, Failure> {
    let mut state = State::default();
    D::enter(&mut state, data).await?;
    Ok(store.save(state.0, &TTL).await?.into())
}

impl Keyed for ActixSession {
    type Key = SessionKey;

    fn key(&self, at: usize) -> Result<SessionKey, Failure> {
        session_key(&ticket(self, at))
    }

    async fn fetch(&self, key: SessionKey) -> Result<bool, Failure> {
        Ok(black_box(self.store.load(&key).await?).is_some())
    }

    fn server(&self) -> Option<u32> {
        Some(self.server)
    }
}

impl<D: Shape> Site for ActixSession<D> {
    type Ticket = String;

    fn tickets(&self) -> &[RwLock<String>] {
        &self.keys
    }

    async fn load(&self, key: &String) -> Result<bool, Failure> {
        match self.state(key).await? {
            Some(state) => D::read(&state).await,
            None => Ok(false),
        }
    }

    async fn update(&self, key: &String) -> Result<bool, Failure> {
        let Some(mut state) = self.state(key).await? else {
            return Ok(false);
        };
        if !D::visit(&mut state).await? {
            return Ok(false);
        }
        let updated = self.store.update(session_key(key)?, state.0, &TTL);
        let updated: String = updated.await?.into();
        Ok(updated == *key)
    }

    fn server(&self) -> Option<u32> {
        Some(self.server)
    }
}

impl Entrance for ActixSession {
    async fn sign_out_and_in(&self, _: usize, key: String) -> Result<String, Failure> {
        let state = self.state(&key).await?.ok_or("a session is not there")?;
        let data = Typed::account(&state).await?;
        self.store.delete(&session_key(&key)?).await?;
        enter::<Typed>(&self.store, &data.ok_or("its data are not there")?).await
    }
}

/// What it keeps: a text of JSON for each name, as its `Session` puts them there.
#[derive(Default)]
struct State(HashMap<String, String>);

impl Values for State {
    async fn value<V: DeserializeOwned + Send>(&self, name: &str) -> Result<Option<V>, Failure> {
        let text = self.0.get(name).map(String::as_str);
        Ok(text.map(serde_json::from_str).transpose()?)
    }

    async fn set<V: Serialize + Send + Sync>(
        &mut self,
        name: &str,
        value: &V,
    ) -> Result<(), Failure> {
        let text = serde_json::to_string(value)?;
        self.0.insert(name.to_owned(), text);
        Ok(())
    }
}

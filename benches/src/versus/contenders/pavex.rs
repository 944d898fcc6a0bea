//! pavex and its store in memory, in the newest release that cargo lets stand beside axum.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::RwLock;
use std::time::Duration;

use futures_util::FutureExt as _;
use pavex_session::store::SessionRecordRef;
use pavex_session::store::errors::UpdateError;
use pavex_session::{SessionId, SessionStore};
use pavex_session_memory_store::SessionMemoryStore;
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::contestants::Failure;
use crate::shape::{Shape, Typed, Values};
use crate::versus::keyed::Keyed;
use crate::versus::site::{Entrance, Site, ticket};
use crate::workload::Account;

const TTL: Duration = Duration::from_secs(86_400);

/// Its store, full of sessions whose data have a shape.
pub(crate) struct Pavex<D = Typed> {
    store: SessionStore,
    ids: Vec<RwLock<SessionId>>,
    shape: PhantomData<D>,
}

impl<D: Shape> Pavex<D> {
    pub(crate) async fn filled(size: usize, random: &mut StdRng) -> Result<Self, Failure> {
        let store = SessionStore::new(SessionMemoryStore::new());
        let mut ids = Vec::with_capacity(size);
        for _ in 0..size {
            let id = enter::<D>(&store, &Account::example(random)).await?;
            ids.push(RwLock::new(id));
        }
        Ok(Self {
            store,
            ids,
            shape: PhantomData,
        })
    }

    async fn state(&self, id: &SessionId) -> Result<Option<State>, Failure> {
        let loaded = at_once(|| self.store.load(id)).await;
        Ok(loaded?.map(|record| record.state))
    }
}

/// A store with this many sessions, whose ids nobody keeps.
pub(crate) async fn fill(size: usize, random: &mut StdRng) -> Result<SessionStore, Failure> {
    let store = SessionStore::new(SessionMemoryStore::new());
    for _ in 0..size {
        enter::<Typed>(&store, &Account::example(random)).await?;
    }
    Ok(store)
}

/// Its futures stay on the thread that made them, and wait for nothing but one lock, before they do
/// anything. Where another thread has that, or the task has had its turn, others go on, and it asks anew.
async fn at_once<T, F: Future<Output = T>>(mut ask: impl FnMut() -> F) -> T {
    loop {
        if let Some(answer) = ask().now_or_never() {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

async fn enter<D: Shape>(store: &SessionStore, data: &Account) -> Result<SessionId, Failure> {
    let mut state = State::default();
    D::enter(&mut state, data).await?;
    let id = SessionId::random();
    at_once(|| store.create(&id, record(&state))).await?;
    Ok(id)
}

impl Keyed for Pavex {
    type Key = SessionId;

    fn key(&self, at: usize) -> Result<SessionId, Failure> {
        Ok(ticket(self, at))
    }

    async fn fetch(&self, id: SessionId) -> Result<bool, Failure> {
        Ok(black_box(self.state(&id).await?).is_some())
    }
}

impl<D: Shape> Site for Pavex<D> {
    type Ticket = SessionId;

    fn tickets(&self) -> &[RwLock<SessionId>] {
        &self.ids
    }

    async fn load(&self, id: &SessionId) -> Result<bool, Failure> {
        match self.state(id).await? {
            Some(state) => D::read(&state).await,
            None => Ok(false),
        }
    }

    async fn update(&self, id: &SessionId) -> Result<bool, Failure> {
        let Some(mut state) = self.state(id).await? else {
            return Ok(false);
        };
        if !D::visit(&mut state).await? {
            return Ok(false);
        }
        let updated = at_once(|| self.store.update(id, record(&state))).await;
        match updated {
            Ok(()) => Ok(true),
            // It was just signed out by another request.
            Err(UpdateError::UnknownIdError(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Entrance for Pavex {
    async fn sign_out_and_in(&self, _: usize, id: SessionId) -> Result<SessionId, Failure> {
        let state = self.state(&id).await?.ok_or("a session is not there")?;
        let data = Typed::account(&state).await?;
        at_once(|| self.store.delete(&id)).await?;
        enter::<Typed>(&self.store, &data.ok_or("its data are not there")?).await
    }
}

/// What it keeps: a value of JSON for each name.
type State = HashMap<String, Value>;

fn record(state: &State) -> SessionRecordRef<'_> {
    SessionRecordRef {
        state: Cow::Borrowed(state),
        ttl: TTL,
    }
}

impl Values for State {
    async fn value<V: DeserializeOwned + Send>(&self, name: &str) -> Result<Option<V>, Failure> {
        // Its `Session` copies the value for that, too.
        let value = self.get(name).cloned().map(serde_json::from_value);
        Ok(value.transpose()?)
    }

    async fn set<V: Serialize + Send + Sync>(
        &mut self,
        name: &str,
        value: &V,
    ) -> Result<(), Failure> {
        let value = serde_json::to_value(value)?;
        self.insert(name.to_owned(), value);
        Ok(())
    }
}

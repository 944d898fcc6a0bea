//! actix-session and its store on Redis.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, RwLock};

use actix_session::storage::{RedisSessionStore, SessionKey, SessionStore as _};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::rngs::StdRng;
use time::Duration;

use crate::contestants::Failure;
use crate::versus::race::{Contender, deal};
use crate::versus::site::{Site, ticket};
use crate::workload::{Account, Keys};

const KEY: &str = "account";
const TTL: Duration = Duration::DAY;

pub(crate) struct ActixSession {
    store: RedisSessionStore,
    keys: Vec<RwLock<String>>,
    server: u32,
}

impl ActixSession {
    pub(crate) async fn filled(
        url: &str,
        server: u32,
        size: usize,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let store = RedisSessionStore::new(url).await?;
        let data: Vec<_> = (0..size).map(|_| Account::example(random)).collect();
        let enter = data.iter().map(|data| enter(&store, data));
        let keys: Vec<_> = stream::iter(enter).buffered(64).try_collect().await?;
        Ok(Self {
            keys: keys.into_iter().map(RwLock::new).collect(),
            store,
            server,
        })
    }

    async fn account(&self, key: &str) -> Result<Option<Account>, Failure> {
        let state = self.store.load(&session_key(key)?).await?;
        let account = state.and_then(|mut state| state.remove(KEY));
        Ok(account
            .map(|text| serde_json::from_str(&text))
            .transpose()?)
    }
}

fn session_key(key: &str) -> Result<SessionKey, Failure> {
    let key = SessionKey::try_from(key.to_owned());
    Ok(key.map_err(|error| error.to_string())?)
}

fn state(data: &Account) -> Result<HashMap<String, String>, Failure> {
    Ok(HashMap::from([(
        KEY.to_owned(),
        serde_json::to_string(data)?,
    )]))
}

async fn enter(store: &RedisSessionStore, data: &Account) -> Result<String, Failure> {
    Ok(store.save(state(data)?, &TTL).await?.into())
}

/// A key in, a map of texts out.
pub(crate) struct Load(pub(crate) Arc<ActixSession>, pub(crate) Keys);

impl Contender for Load {
    type Item = SessionKey;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<SessionKey>>, Failure> {
        let Self(peer, keys) = self;
        let of_task = |keys: Vec<String>| keys.iter().map(|key| session_key(key)).collect();
        let dealt = deal(keys, tasks, each, random, |at| ticket(&**peer, at));
        dealt.into_iter().map(of_task).collect()
    }

    async fn operate(&self, key: SessionKey) -> Result<bool, Failure> {
        Ok(black_box(self.0.store.load(&key).await?).is_some())
    }

    fn server(&self) -> Option<u32> {
        Some(self.0.server)
    }
}

impl Site for ActixSession {
    type Ticket = String;

    fn tickets(&self) -> &[RwLock<String>] {
        &self.keys
    }

    async fn load(&self, key: &String) -> Result<bool, Failure> {
        Ok(black_box(self.account(key).await?).is_some())
    }

    async fn update(&self, key: &String) -> Result<bool, Failure> {
        let Some(mut account) = self.account(key).await? else {
            return Ok(false);
        };
        account.visits += 1;
        let updated = self.store.update(session_key(key)?, state(&account)?, &TTL);
        let updated: String = updated.await?.into();
        Ok(updated == *key)
    }

    async fn sign_out_and_in(&self, _: usize, key: String) -> Result<String, Failure> {
        let data = self.account(&key).await?.ok_or("a session is not there")?;
        self.store.delete(&session_key(&key)?).await?;
        enter(&self.store, &data).await
    }

    fn server(&self) -> Option<u32> {
        Some(self.server)
    }
}

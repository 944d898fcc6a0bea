//! tower-sessions, over those of its stores that speak the interface of its core 0.14.

use std::collections::HashMap;
use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use tower_sessions_core_014::session::{Id, Record};
use tower_sessions_core_014::{Session, SessionStore};

use crate::contestants::Failure;
use crate::shape::{ACCOUNT, Shape, Typed, Values};
use crate::versus::contender::Contender;
use crate::versus::keyed::Keyed;
use crate::versus::site::{Entrance, Site, ticket};
use crate::workload::{self, Account};

/// A store of theirs, full of sessions whose data have a shape.
pub(crate) struct Theirs<S, D = Typed> {
    store: Arc<S>,
    ids: Vec<RwLock<Id>>,
    /// Data to be stored.
    data: Vec<Account>,
    /// Sessions that a lap has made.
    made: Mutex<Vec<Id>>,
    server: Option<u32>,
    shape: PhantomData<D>,
}

impl<S: SessionStore, D: Shape> Theirs<S, D> {
    pub(crate) async fn filled(
        store: S,
        size: usize,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        let store = Arc::new(store);
        let data: Vec<_> = (0..size).map(|_| Account::example(random)).collect();
        let enter = data.iter().map(|data| enter::<S, D>(&store, data));
        let ids: Vec<_> = stream::iter(enter).buffered(64).try_collect().await?;
        Ok(Self {
            store,
            ids: ids.into_iter().map(RwLock::new).collect(),
            data: data.into_iter().take(1_000).collect(),
            made: Mutex::default(),
            server: None,
            shape: PhantomData,
        })
    }

    /// Served by this process.
    pub(crate) fn served_by(self, server: u32) -> Self {
        Self {
            server: Some(server),
            ..self
        }
    }

    fn session(&self, id: Id) -> Session {
        Session::new(Some(id), Arc::clone(&self.store) as Arc<_>, None)
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Vec<Id>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes this many sessions, whose ids nobody keeps.
pub(crate) async fn fill<S: SessionStore>(
    store: &Arc<S>,
    size: usize,
    random: &mut StdRng,
) -> Result<(), Failure> {
    for _ in 0..size {
        enter::<S, Typed>(store, &Account::example(random)).await?;
    }
    Ok(())
}

async fn enter<S: SessionStore, D: Shape>(store: &Arc<S>, data: &Account) -> Result<Id, Failure> {
    let mut session = Session::new(None, Arc::clone(store) as Arc<_>, None);
    D::enter(&mut session, data).await?;
    session.save().await?;
    Ok(session.id().ok_or("a saved session has no id")?)
}

fn record(id: Id, data: &Account) -> Result<Record, Failure> {
    Ok(Record {
        id,
        data: HashMap::from([(ACCOUNT.to_owned(), serde_json::to_value(data)?)]),
        expiry_date: OffsetDateTime::now_utc() + time::Duration::days(1),
    })
}

impl<S: SessionStore> Keyed for Theirs<S> {
    type Key = Id;

    fn key(&self, at: usize) -> Result<Id, Failure> {
        Ok(ticket(self, at))
    }

    async fn fetch(&self, id: Id) -> Result<bool, Failure> {
        Ok(black_box(self.store.load(&id).await?).is_some())
    }

    fn server(&self) -> Option<u32> {
        self.server
    }
}

/// New data for a session; no session twice in a lap.
pub(crate) struct Save<S>(pub(crate) Arc<Theirs<S>>);

impl<S: SessionStore> Contender for Save<S> {
    type Item = Record;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Record>>, Failure> {
        let Self(theirs) = self;
        let drawn = workload::draw_distinct(random, tasks * each, theirs.ids.len());
        let one = |at: &usize| record(ticket(&**theirs, *at), &theirs.data[at % theirs.data.len()]);
        let of_task = |places: &[usize]| places.iter().map(one).collect();
        drawn.chunks(each).map(of_task).collect()
    }

    async fn operate(&self, record: Record) -> Result<bool, Failure> {
        self.0.store.save(&record).await?;
        Ok(true)
    }

    fn most(&self) -> usize {
        self.0.ids.len()
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

/// One more session.
pub(crate) struct Create<S>(pub(crate) Arc<Theirs<S>>);

impl<S: SessionStore> Contender for Create<S> {
    type Item = Record;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Record>>, Failure> {
        let Self(theirs) = self;
        let drawn = workload::draw(random, tasks * each, theirs.data.len());
        let one = |at: &usize| record(Id::default(), &theirs.data[*at]);
        let of_task = |places: &[usize]| places.iter().map(one).collect();
        drawn.chunks(each).map(of_task).collect()
    }

    async fn operate(&self, mut record: Record) -> Result<bool, Failure> {
        self.0.store.create(&mut record).await?;
        self.0.made().push(record.id);
        Ok(true)
    }

    async fn settle(&self) -> Result<(), Failure> {
        let Self(theirs) = self;
        let made = std::mem::take(&mut *theirs.made());
        let ends = made.iter().map(|id| theirs.store.delete(id));
        let _: Vec<()> = stream::iter(ends).buffered(64).try_collect().await?;
        Ok(())
    }

    fn most(&self) -> usize {
        20_000
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

impl<S: SessionStore, D: Shape> Site for Theirs<S, D> {
    type Ticket = Id;

    fn tickets(&self) -> &[RwLock<Id>] {
        &self.ids
    }

    async fn load(&self, id: &Id) -> Result<bool, Failure> {
        D::read(&self.session(*id)).await
    }

    async fn update(&self, id: &Id) -> Result<bool, Failure> {
        let mut session = self.session(*id);
        if !D::visit(&mut session).await? {
            return Ok(false);
        }
        // Over Redis a session that was just signed out by another request is an error here.
        Ok(session.save().await.is_ok())
    }

    fn server(&self) -> Option<u32> {
        self.server
    }
}

impl<S: SessionStore> Entrance for Theirs<S> {
    async fn sign_out_and_in(&self, _: usize, id: Id) -> Result<Id, Failure> {
        let session = self.session(id);
        let data = Typed::account(&session).await?;
        session.delete().await?;
        enter::<S, Typed>(&self.store, &data.ok_or("a session is not there")?).await
    }
}

impl Values for Session {
    async fn value<V: DeserializeOwned + Send>(&self, name: &str) -> Result<Option<V>, Failure> {
        Ok(self.get(name).await?)
    }

    async fn set<V: Serialize + Send + Sync>(
        &mut self,
        name: &str,
        value: &V,
    ) -> Result<(), Failure> {
        Ok(self.insert(name, value).await?)
    }
}

//! Cloakroom, over any of its stores.

mod as_map;
mod operations;
mod site;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use cloakroom_core::store::{
    Cap, Create, Delete, DeleteOutcome, ENDED_MEMORY, EndReason, LoadOutcome,
};
use cloakroom_core::{
    Codec, Payload, Record, SessionId, SessionStore, Sessions, Subject, Timeouts, Token, WriteId,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contestants::{Failure, LeapingClock};
use crate::versus::site::ticket;
use crate::workload::{Account, DEVICES};

pub(crate) use as_map::OursAsMap;
pub(crate) use operations::{Save, SignIn, SignOutOfStore};

/// A store full of sessions, two for each user, and its handle.
pub(crate) struct Ours {
    sessions: Sessions<Account>,
    clock: LeapingClock,
    tokens: Vec<RwLock<Token>>,
    /// Data to be stored, encoded.
    payloads: Vec<Payload>,
    /// Sessions that a lap has made.
    made: Mutex<Vec<Delete>>,
    server: Option<u32>,
}

impl Ours {
    /// Fills a store. Time may be moved by the one who has the clock.
    pub(crate) async fn filled(
        store: impl SessionStore,
        clock: LeapingClock,
        size: usize,
        random: &mut StdRng,
    ) -> Result<Self, Failure> {
        // So long that no load has to touch.
        let sessions = Sessions::builder(store)
            .timeouts(Timeouts::AAL1)
            .reruns(RERUNS)
            .clock(clock.clone())
            .build()?;
        let data: Vec<_> = (0..size).map(|_| Account::example(random)).collect();
        let payloads = data.iter().take(1_000).map(payload);
        let payloads: Vec<_> = payloads.collect::<Result<_, _>>()?;
        let enter = data.into_iter().enumerate();
        let enter = enter.map(|(at, data)| sign_in(&sessions, at, data));
        let tokens: Vec<_> = stream::iter(enter).buffered(64).try_collect().await?;
        Ok(Self {
            clock,
            tokens: tokens.into_iter().map(RwLock::new).collect(),
            sessions,
            payloads,
            made: Mutex::default(),
            server: None,
        })
    }

    /// The same store and clients, by a handle that keeps nothing decoded.
    pub(crate) fn decoding_each_time(&self) -> Result<Self, Failure> {
        let sessions = Sessions::builder(Arc::clone(self.store()))
            .timeouts(Timeouts::AAL1)
            .clock(self.clock.clone())
            .max_decoded(0)
            .build()?;
        let tokens = (0..self.tokens.len()).map(|at| RwLock::new(ticket(self, at)));
        Ok(Self {
            sessions,
            clock: self.clock.clone(),
            tokens: tokens.collect(),
            payloads: self.payloads.clone(),
            made: Mutex::default(),
            server: self.server,
        })
    }

    /// After all sessions were read once.
    pub(crate) async fn read(self) -> Result<Self, Failure> {
        for token in &self.tokens {
            let token = token.read().unwrap_or_else(PoisonError::into_inner).clone();
            if !self.sessions.load(&token).await?.is_found() {
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

    fn store(&self) -> &Arc<dyn SessionStore> {
        self.sessions.store()
    }

    /// Looks whether as many sessions live as should.
    pub(crate) async fn verify(&self) -> Result<(), Failure> {
        let (expected, found) = (
            self.tokens.len() as u64,
            self.store().count(self.sessions.now()).await?,
        );
        if found != expected {
            return Err(format!("{found} sessions live where {expected} should").into());
        }
        Ok(())
    }

    /// The id of the session that this client has now.
    fn id(&self, at: usize) -> SessionId {
        ticket(self, at).id()
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Vec<Delete>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A few sessions are changed by many tasks at once; none may give up.
const RERUNS: u32 = 10_000;

/// The user of a place signs in, with these data.
async fn sign_in<D>(sessions: &Sessions<D>, at: usize, data: D) -> Result<Token, Failure>
where
    D: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let attempt = sessions.begin_sign_in(&subject(at)?).await?;
    let signed_in = sessions.complete(attempt, None, |_| data.clone());
    let issued = signed_in.await?.signed_in();
    Ok(issued.ok_or("a sign-in was refused")?.token)
}

/// Whose session a place is.
fn subject(at: usize) -> Result<Subject, Failure> {
    Ok(Subject::new(format!("user-{}", at / DEVICES))?)
}

fn payload(data: &Account) -> Result<Payload, Failure> {
    Ok(Payload {
        codec: Codec::Json.number(),
        bytes: serde_json::to_vec(data)?.into(),
    })
}

impl Ours {
    async fn read_records(&self, places: &[usize]) -> Result<Vec<Arc<Record>>, Failure> {
        let now = self.sessions.now();
        let loads = places.iter().map(|at| self.store().load(self.id(*at), now));
        let loaded: Vec<_> = stream::iter(loads).buffered(64).try_collect().await?;
        let record = |outcome| match outcome {
            LoadOutcome::Found(record) => Ok(record),
            _ => Err("a session is not there".into()),
        };
        loaded.into_iter().map(record).collect()
    }

    async fn entrant(&self, at: usize, random: &mut StdRng) -> Result<Create, Failure> {
        let (subject, now) = (subject(at)?, self.sessions.now());
        let until = now.plus(Duration::from_secs(600));
        let generation = self.store().begin(&subject, until, now).await?;
        let mut id = [0; SessionId::LEN];
        random.fill_bytes(&mut id);
        id[..2].copy_from_slice(&self.store().placement_key().place(&subject).to_bytes());
        let id = SessionId::from_stored(id);
        let data = self.payloads[at % self.payloads.len()].clone();
        let record = Record::signed_in(id, subject.clone(), now, Timeouts::AAL1, data);
        self.made().push(Delete {
            id,
            subject: Some(subject),
            expected: None,
            reason: EndReason::Ended,
            write_id: WriteId::random(),
        });
        Ok(Create {
            record: Arc::new(record),
            cap: Cap::default(),
            generation: Some(generation),
            replaces: None,
            over: None,
        })
    }

    async fn end_what_was_made(&self) -> Result<(), Failure> {
        let made = std::mem::take(&mut *self.made());
        let ends = made.iter().map(|delete| async {
            let ended = self.store().delete(delete, self.sessions.now()).await?;
            Ok::<_, Failure>(matches!(ended, DeleteOutcome::Deleted { .. }))
        });
        let ended: Vec<_> = stream::iter(ends).buffered(64).try_collect().await?;
        if ended.contains(&false) {
            return Err("a session that was made is not there".into());
        }
        self.forget().await
    }

    /// The memory of what has ended goes, where time can be moved.
    async fn forget(&self) -> Result<(), Failure> {
        if self.server.is_none() {
            self.clock.leap(ENDED_MEMORY + Duration::from_secs(1));
            let purge = self.store().purge_expired(usize::MAX, self.sessions.now());
            purge.await?;
        }
        Ok(())
    }
}

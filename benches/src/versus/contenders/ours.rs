//! Cloakroom, over any of its stores.

use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, DeleteOutcome, ENDED_MEMORY, EndReason, LoadOutcome,
    Update, UpdateOutcome,
};
use cloakroom_core::{
    Codec, Payload, Record, SessionId, SessionStore, Sessions, SignOut, Subject, Timeouts, Token,
    WriteId,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::Rng as _;
use rand::rngs::StdRng;

use crate::contestants::{Failure, LeapingClock};
use crate::versus::race::{Contender, deal};
use crate::versus::site::{Site, ticket};
use crate::workload::{self, Account, DEVICES, Keys};

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

    /// With a handle that keeps nothing decoded.
    pub(crate) fn decoding_each_time(self) -> Result<Self, Failure> {
        let sessions = Sessions::builder(Arc::clone(self.store()))
            .timeouts(Timeouts::AAL1)
            .clock(self.clock.clone())
            .max_decoded(0)
            .build()?;
        Ok(Self { sessions, ..self })
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

async fn sign_in(sessions: &Sessions<Account>, at: usize, data: Account) -> Result<Token, Failure> {
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

/// An id in, a record out.
pub(crate) struct Load(pub(crate) Arc<Ours>, pub(crate) Keys);

impl Contender for Load {
    type Item = SessionId;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<SessionId>>, Failure> {
        let Self(ours, keys) = self;
        Ok(deal(keys, tasks, each, random, |at| ours.id(at)))
    }

    async fn operate(&self, id: SessionId) -> Result<bool, Failure> {
        let Self(ours, _) = self;
        let loaded = black_box(ours.store().load(id, ours.sessions.now()).await?);
        Ok(matches!(loaded, LoadOutcome::Found(_)))
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

/// New data for a session that was just loaded, at the revision that was read; no session twice in a lap.
pub(crate) struct Save(pub(crate) Arc<Ours>);

impl Contender for Save {
    type Item = Update;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Update>>, Failure> {
        let Self(ours) = self;
        let drawn = workload::draw_distinct(random, tasks * each, ours.tokens.len());
        let read = ours.read_records(&drawn).await?;
        let mut update = |record: &Record| {
            let payload = random.next_u32() as usize % ours.payloads.len();
            Update {
                id: record.id(),
                subject: record.subject().cloned(),
                expected: record.revision(),
                payload: ours.payloads[payload].clone(),
                label: None,
                touch: true,
                write_id: WriteId::random(),
            }
        };
        let mut of_task =
            |records: &[Arc<Record>]| records.iter().map(|record| update(record)).collect();
        Ok(read.chunks(each).map(&mut of_task).collect())
    }

    async fn operate(&self, update: Update) -> Result<bool, Failure> {
        let Self(ours) = self;
        let saved = ours.store().update(&update, ours.sessions.now()).await?;
        Ok(matches!(saved, UpdateOutcome::Saved { .. }))
    }

    /// With a server, no more than a store remembers of what it has read, so that it is used as it is by
    /// the handle: a change follows a load.
    fn most(&self) -> usize {
        let few = self.0.server.map(|_| 2_048);
        few.unwrap_or(self.0.tokens.len())
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

/// One more session of a user who has two: stored, and in the token set, if the generation still holds.
pub(crate) struct SignIn(pub(crate) Arc<Ours>);

impl Contender for SignIn {
    type Item = Create;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Create>>, Failure> {
        let Self(ours) = self;
        let mut all = Vec::with_capacity(tasks);
        for places in workload::draw_distinct(random, tasks * each, ours.tokens.len()).chunks(each)
        {
            let mut of_task = Vec::with_capacity(each);
            for at in places {
                of_task.push(ours.entrant(*at, random).await?);
            }
            all.push(of_task);
        }
        Ok(all)
    }

    async fn operate(&self, create: Create) -> Result<bool, Failure> {
        let Self(ours) = self;
        let created = ours.store().create(&create, ours.sessions.now()).await?;
        Ok(matches!(created, CreateOutcome::Created { .. }))
    }

    async fn settle(&self) -> Result<(), Failure> {
        self.0.end_what_was_made().await
    }

    fn most(&self) -> usize {
        20_000.min(self.0.tokens.len())
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
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

/// Signing out: the sessions that were made for it end.
pub(crate) struct SignOutOfStore(pub(crate) Arc<Ours>);

impl Contender for SignOutOfStore {
    type Item = Delete;

    async fn prepare(
        &self,
        tasks: usize,
        each: usize,
        random: &mut StdRng,
    ) -> Result<Vec<Vec<Delete>>, Failure> {
        let Self(ours) = self;
        let enter = SignIn(Arc::clone(ours));
        let create = enter.prepare(tasks, each, random).await?;
        let creates: Vec<_> = create.into_iter().flatten().collect();
        let now = ours.sessions.now();
        let creates = creates
            .iter()
            .map(|create| ours.store().create(create, now));
        let created: Vec<_> = stream::iter(creates).buffered(64).try_collect().await?;
        let is_created = |outcome: &CreateOutcome| matches!(outcome, CreateOutcome::Created { .. });
        if !created.iter().all(is_created) {
            return Err("a session was not made".into());
        }
        let made = std::mem::take(&mut *ours.made());
        Ok(made.chunks(each).map(<[Delete]>::to_vec).collect())
    }

    async fn operate(&self, delete: Delete) -> Result<bool, Failure> {
        let Self(ours) = self;
        let ended = ours.store().delete(&delete, ours.sessions.now()).await?;
        Ok(matches!(ended, DeleteOutcome::Deleted { .. }))
    }

    async fn settle(&self) -> Result<(), Failure> {
        self.0.forget().await
    }

    fn most(&self) -> usize {
        10_000.min(self.0.tokens.len())
    }

    fn server(&self) -> Option<u32> {
        self.0.server
    }
}

impl Site for Ours {
    type Ticket = Token;

    fn tickets(&self) -> &[RwLock<Token>] {
        &self.tokens
    }

    async fn load(&self, token: &Token) -> Result<bool, Failure> {
        Ok(black_box(self.sessions.load(token).await?).is_found())
    }

    async fn update(&self, token: &Token) -> Result<bool, Failure> {
        let updated = self.sessions.update(token, |account| account.visits += 1);
        Ok(updated.await?.is_found())
    }

    async fn sign_out_and_in(&self, at: usize, token: Token) -> Result<Token, Failure> {
        let data = match self.sessions.peek(&token).await?.found() {
            Some(session) => session.into_data(),
            None => return Err("a session is not there".into()),
        };
        if let SignOut::Missing = self.sessions.sign_out(&token).await? {
            return Err("a session was not there to be signed out".into());
        }
        sign_in(&self.sessions, at, data).await
    }

    fn server(&self) -> Option<u32> {
        self.server
    }
}

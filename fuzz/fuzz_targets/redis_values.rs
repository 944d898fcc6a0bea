//! Whatever stands in the keys of the store on Redis, it answers, within its deadline and without a panic;
//! nobody is given another session than his own; what is damaged can be ended; and other keys are left alone.
//!
//! A real server is started once, and ended with the fuzzer, however that ends.
//!
//! Input: steps. The first byte of a step says what to do, the second to which key or session. A step that
//! puts something into a key goes on with a length and with so many bytes. What comes after thirty steps
//! is left out.
#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, DeleteOutcome, EndReason, LoadOutcome, Page, Renew,
    RenewOutcome, Revoke, RevokeKind, Update,
};
use cloakroom_core::{
    Clock, Error, ErrorKind, Payload, Placement, Record, Revision, SessionId, SessionStore,
    Subject, SystemClock, Timeouts, Timestamp, WriteId,
};
use cloakroom_redis::{Eviction, RedisStore, Server};
use redis::aio::MultiplexedConnection;

#[path = "../../crates/redis/tests/support/process.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod process;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (runtime, stage) = &*STAGE;
    runtime.block_on(stage.run(Steps(bytes)));
});

const TIMEOUT: Duration = Duration::from_secs(3);

static STAGE: LazyLock<(tokio::runtime::Runtime, Stage)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stage = runtime.block_on(Stage::prepare());
    (runtime, stage)
});

/// What is there before each run.
struct Stage {
    _server: process::Process,
    connection: MultiplexedConnection,
    store: RedisStore,
    now: Timestamp,
    /// What is put back before each run: keys, and their values as `DUMP` gives them.
    dump: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whose keys are damaged.
    victim: Subject,
    /// Those of the victim, one of nobody, an old id of the victim in grace, one that has ended, and one
    /// that never was.
    ids: Vec<SessionId>,
    /// Somebody else's session, whose keys nobody touches.
    other: Record,
    /// To whom each session belongs.
    owners: HashMap<SessionId, Option<Subject>>,
}

impl Stage {
    async fn prepare() -> Self {
        let server = process::Process::start(&["--save", ""]);
        let client = redis::Client::open(server.url()).expect("an address");
        let connection = client.get_multiplexed_async_connection().await;
        let store = RedisStore::builder(Server::standalone(server.url()))
            .eviction(Eviction::Possible)
            .timeout(TIMEOUT)
            .connect();
        let mut stage = Self {
            connection: connection.expect("it connects"),
            store: store.await.expect("it connects"),
            _server: server,
            now: SystemClock.now(),
            dump: Vec::new(),
            victim: Subject::new("the victim").expect("a name"),
            ids: Vec::new(),
            other: Record::anonymous(
                SessionId::from_stored([0; SessionId::LEN]),
                Timestamp::EPOCH,
                Timeouts::default(),
                payload(),
            ),
            owners: HashMap::new(),
        };
        stage.fill().await;
        let mut connection = stage.connection.clone();
        let keys: Vec<Vec<u8>> = ask(&mut connection, redis::cmd("KEYS").arg("*")).await;
        for key in keys {
            let value = ask(&mut connection, redis::cmd("DUMP").arg(&key)).await;
            stage.dump.push((key, value));
        }
        stage.dump.sort();
        stage
    }

    async fn fill(&mut self) {
        let home = self.store.placement_key().place(&self.victim);
        for n in 1..=10 {
            self.owners.insert(id(home, n), Some(self.victim.clone()));
        }
        for n in 1..=3 {
            let record = self.signed_in(&self.victim, n);
            self.create(&record).await;
        }
        let visitor = Record::anonymous(
            id(Placement::from_bytes([1, 2]), 4),
            self.now,
            Timeouts::default(),
            payload(),
        );
        self.create(&visitor).await;
        let renewal = self.renewal(id(home, 3), id(home, 5));
        let renewed = self.store.renew(&renewal, self.now).await;
        assert!(matches!(renewed, Ok(RenewOutcome::Renewed)), "{renewed:?}");
        let deletion = self.deletion(id(home, 2));
        let deleted = self.store.delete(&deletion, self.now).await;
        assert!(
            matches!(deleted, Ok(DeleteOutcome::Deleted { .. })),
            "{deleted:?}"
        );
        self.ids = vec![
            id(home, 1),
            id(home, 3),
            id(home, 5),
            visitor.id(),
            id(home, 2),
            id(home, 6),
        ];
        let other = Subject::new("somebody else").expect("a name");
        self.other = self.signed_in(&other, 7);
        self.create(&self.other.clone()).await;
    }

    async fn create(&self, record: &Record) {
        let created = self.store.create(&creation(record), self.now).await;
        assert!(
            matches!(created, Ok(CreateOutcome::Created { .. })),
            "{created:?}"
        );
    }

    fn signed_in(&self, subject: &Subject, n: u8) -> Record {
        let id = id(self.store.placement_key().place(subject), n);
        Record::signed_in(
            id,
            subject.clone(),
            self.now,
            Timeouts::default(),
            payload(),
        )
    }

    async fn run(&self, mut steps: Steps<'_>) {
        self.put_back().await;
        for _ in 0..30 {
            let Some((what, which)) = steps.next_step() else {
                break;
            };
            match what % 16 {
                0..=5 => self.damage(what % 16, which, steps.bytes()).await,
                operation => self.operate(operation, self.id(which)).await,
            }
        }
        self.all_can_be_ended().await;
    }

    async fn put_back(&self) {
        let mut pipe = redis::pipe();
        pipe.cmd("FLUSHDB").ignore();
        for (key, value) in &self.dump {
            pipe.cmd("RESTORE")
                .arg(key)
                .arg(3_600_000)
                .arg(value)
                .ignore();
        }
        let () = pipe
            .query_async(&mut self.connection.clone())
            .await
            .expect("it restores");
    }

    fn id(&self, which: u8) -> SessionId {
        self.ids[usize::from(which) % self.ids.len()]
    }

    /// A key of the victim or of the visitor; none of the other's.
    fn key(&self, which: u8) -> Vec<u8> {
        let home = self.store.placement_key().place(&self.victim);
        match usize::from(which) % (self.ids.len() + 1) {
            0 => format!("cloakroom:{{{home}}}:u:{}", self.victim.as_str()).into_bytes(),
            n => key_of(self.ids[n - 1]),
        }
    }

    async fn damage(&self, how: u8, which: u8, bytes: &[u8]) {
        let (key, mut command) = (self.key(which), redis::cmd("DEL"));
        let mut connection = self.connection.clone();
        match how {
            // Any value at all.
            0 => command = redis::cmd("SET").arg(&key).arg(bytes).to_owned(),
            // The value as it was, but for a few bytes.
            1 => {
                let (at, bytes) = bytes.split_first().unwrap_or((&0, &[]));
                command = redis::cmd("SETRANGE")
                    .arg(&key)
                    .arg(*at)
                    .arg(bytes)
                    .to_owned();
            }
            2 => command = redis::cmd("APPEND").arg(&key).arg(bytes).to_owned(),
            // A member of any name, with any score.
            3 => {
                let (score, member) = bytes.split_first_chunk().unwrap_or((&[0; 8], bytes));
                let score = f64::from_le_bytes(*score);
                let score = if score.is_nan() { 0.0 } else { score };
                command = redis::cmd("ZADD")
                    .arg(&key)
                    .arg(score)
                    .arg(member)
                    .to_owned();
            }
            // The value of another key.
            4 => {
                let from = match bytes.first() {
                    Some(0) | None => key_of(self.other.id()),
                    Some(from) => self.key(*from),
                };
                command = redis::cmd("COPY")
                    .arg(from)
                    .arg(&key)
                    .arg("REPLACE")
                    .to_owned();
            }
            // A value of a type that none of ours has.
            _ if bytes.first().is_some_and(|first| first % 2 == 1) => {
                let _: redis::RedisResult<i64> =
                    command.arg(&key).query_async(&mut connection).await;
                command = redis::cmd("RPUSH").arg(&key).arg(bytes).to_owned();
            }
            _ => {
                command.arg(&key);
            }
        }
        // The server refuses what makes no sense: a member for a string, a score that is no number.
        let _: redis::RedisResult<redis::Value> = command.query_async(&mut connection).await;
    }

    async fn operate(&self, operation: u8, id: SessionId) {
        let (store, now) = (&self.store, self.now);
        let subject = self.owner(id);
        let victim = &self.victim;
        let page = Page {
            after: None,
            limit: 100,
        };
        match operation {
            6 => self.load(id).await,
            7 => answered("touch", store.touch(id, subject, now)).await,
            8 => answered("update", store.update(&self.change(id), now)).await,
            9 => {
                let new = self::id(id.placement(), 8 + id.as_bytes()[2] % 2);
                answered("renew", store.renew(&self.renewal(id, new), now)).await;
            }
            10 => answered("delete", store.delete(&self.deletion(id), now)).await,
            11 => answered("list", store.token_set(victim, &page, now)).await,
            12 => {
                let kind = match id.as_bytes()[2] % 3 {
                    0 => RevokeKind::One(id),
                    1 => RevokeKind::AllExcept(id),
                    _ => RevokeKind::All,
                };
                answered("revoke", store.revoke(&revocation(victim, kind), now)).await;
            }
            13 => answered("scan", store.scan(&page, now)).await,
            14 => answered("purge", store.purge_expired(100, now)).await,
            _ => {
                let until = now.plus(Duration::from_secs(600));
                answered("begin", store.begin(victim, until, now)).await;
                let record = self.signed_in(victim, 9);
                answered("create", store.create(&creation(&record), now)).await;
            }
        }
    }

    /// Who is given a session, is given his own.
    async fn load(&self, id: SessionId) {
        let loaded = timed("load", self.store.load(id, self.now)).await;
        if let Ok(LoadOutcome::Found(record)) = &loaded {
            assert_eq!(
                record.subject(),
                self.owner(record.id()),
                "of somebody else"
            );
            assert_eq!(record.id().placement(), id.placement());
        }
        allowed("load", &loaded);
    }

    /// Once everything is over: the other's session has gone on, and whatever the victim's keys hold, his
    /// sessions can be ended, and he can sign in.
    async fn all_can_be_ended(&self) {
        let (store, now) = (&self.store, self.now);
        let revocation = revocation(&self.victim, RevokeKind::All);
        let revoked = timed("revoke", store.revoke(&revocation, now)).await;
        assert!(revoked.is_ok(), "a whole set can be revoked: {revoked:?}");
        for id in &self.ids {
            let loaded = timed("load", store.load(*id, now)).await;
            if self.owner(*id).is_some() {
                let lives = matches!(loaded, Ok(LoadOutcome::Found(_)));
                assert!(!lives, "what was revoked lives: {loaded:?}");
            }
            let deleted = timed("delete", store.delete(&self.deletion(*id), now)).await;
            assert!(deleted.is_ok(), "anything can be deleted: {deleted:?}");
            let loaded = timed("load", store.load(*id, now)).await;
            let is_gone =
                matches!(&loaded, Ok(outcome) if !matches!(outcome, LoadOutcome::Found(_)));
            assert!(is_gone, "what was deleted is there: {loaded:?}");
        }
        let record = self.signed_in(&self.victim, 10);
        self.create(&record).await;
        for record in [&record, &self.other] {
            let loaded = timed("load", store.load(record.id(), now)).await;
            let is_same = matches!(&loaded, Ok(LoadOutcome::Found(found)) if **found == *record);
            assert!(is_same, "{loaded:?}");
        }
    }

    fn owner(&self, id: SessionId) -> Option<&Subject> {
        self.owners.get(&id).and_then(Option::as_ref)
    }

    fn change(&self, id: SessionId) -> Update {
        Update {
            id,
            subject: self.owner(id).cloned(),
            expected: Revision::FIRST,
            payload: payload(),
            label: None,
            touch: true,
            write_id: WriteId::random(),
        }
    }

    fn renewal(&self, old: SessionId, new: SessionId) -> Renew {
        Renew {
            old,
            new,
            subject: self
                .owner(old)
                .cloned()
                .or_else(|| self.owner(new).cloned()),
            grace: Duration::from_secs(60),
        }
    }

    fn deletion(&self, id: SessionId) -> Delete {
        Delete {
            id,
            subject: self.owner(id).cloned(),
            expected: None,
            reason: EndReason::Ended,
            write_id: WriteId::random(),
        }
    }
}

/// An input, read step by step.
struct Steps<'a>(&'a [u8]);

impl<'a> Steps<'a> {
    fn next_step(&mut self) -> Option<(u8, u8)> {
        let ([what, which], rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some((*what, *which))
    }

    fn bytes(&mut self) -> &'a [u8] {
        let Some((length, rest)) = self.0.split_first() else {
            return &[];
        };
        let (bytes, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        self.0 = rest;
        bytes
    }
}

async fn answered<T: std::fmt::Debug>(what: &str, call: impl Future<Output = Result<T, Error>>) {
    allowed(what, &timed(what, call).await);
}

async fn timed<T>(what: &str, call: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let answer = call.await;
    assert!(
        began.elapsed() < TIMEOUT * 2,
        "{what} has overrun its deadline"
    );
    answer
}

/// Damage is a reason, and so is a newer version; that the server did not answer is none.
fn allowed<T: std::fmt::Debug>(what: &str, answer: &Result<T, Error>) {
    if let Err(error) = answer {
        let kind = error.kind();
        let allowed = matches!(kind, ErrorKind::Corrupt | ErrorKind::NewerVersion);
        assert!(allowed, "{what}: {error:?}");
    }
}

async fn ask<T: redis::FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &redis::Cmd,
) -> T {
    command.query_async(connection).await.expect("it answers")
}

fn key_of(id: SessionId) -> Vec<u8> {
    format!("cloakroom:{{{}}}:s:{id}", id.placement()).into_bytes()
}

fn id(placement: Placement, n: u8) -> SessionId {
    let mut bytes = [n; SessionId::LEN];
    bytes[..Placement::LEN].copy_from_slice(&placement.to_bytes());
    SessionId::from_stored(bytes)
}

fn creation(record: &Record) -> Create {
    Create {
        record: std::sync::Arc::new(record.clone()),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

fn revocation(subject: &Subject, kind: RevokeKind) -> Revoke {
    Revoke {
        subject: subject.clone(),
        kind,
        write_id: WriteId::random(),
    }
}

fn payload() -> Payload {
    Payload {
        codec: 0,
        bytes: (&b"{\"visits\":1}"[..]).into(),
    }
}

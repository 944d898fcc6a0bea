//! What is there before anything is measured, and the requests that are made.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::{Cap, Create, Delete, EndReason, Update};
use cloakroom_core::{
    Clock, Payload, Placement, Record, SessionId, SessionStore, Subject, SystemClock, Timeouts,
    Timestamp, WriteId,
};
use cloakroom_redis::{RedisStore, Server};
use redis::aio::MultiplexedConnection;
use redis::cmd;

use crate::server::OwnServer;

pub(crate) const SESSIONS: usize = 10_000;
pub(crate) const DATA: usize = 377;

/// A store and a bare connection on the same server, each with one session for each of so many users.
pub(crate) struct Stage {
    pub(crate) store: RedisStore,
    pub(crate) bare: MultiplexedConnection,
    pub(crate) records: Vec<Record>,
    /// As long as the key of a session.
    pub(crate) names: Vec<String>,
    pub(crate) now: Timestamp,
}

impl Stage {
    pub(crate) async fn prepare(server: &OwnServer) -> Self {
        let mut bare = server.connect().await;
        let store = RedisStore::builder(Server::standalone(&*server.url));
        let store = store.timeout(Duration::from_secs(10)).connect();
        let mut stage = Self {
            store: store.await.unwrap(),
            bare: bare.clone(),
            records: Vec::new(),
            names: (0..SESSIONS).map(name).collect(),
            now: SystemClock.now(),
        };
        for n in 0..SESSIONS {
            let record = stage.signed_in(n);
            let request = stage.begin(&record).await;
            let _ = stage.store.create(&request, stage.now).await.unwrap();
            stage.records.push(record);
            let mut set = cmd("SET");
            set.arg(&stage.names[n]).arg(&[7_u8; DATA][..]);
            let _: () = set.query_async(&mut bare).await.unwrap();
        }
        stage
    }

    /// A new session of this user.
    pub(crate) fn signed_in(&self, n: usize) -> Record {
        let subject = Subject::new(format!("user-{n}")).unwrap();
        let id = new_id(self.store.placement_key().place(&subject), n);
        let hours = Duration::from_secs(12 * 3_600);
        let timeouts = Timeouts::new(hours, hours).unwrap();
        Record::signed_in(id, subject, self.now, timeouts, payload())
    }

    /// A new session of nobody.
    pub(crate) fn anonymous(&self, n: usize) -> Record {
        let placement = Placement::from_bytes((n as u16).to_be_bytes());
        let id = new_id(placement, n);
        Record::anonymous(id, self.now, Timeouts::default(), payload())
    }

    /// Begins the sign-in that this session comes of.
    pub(crate) async fn begin(&self, record: &Record) -> Create {
        let until = self.now.plus(Duration::from_secs(600));
        let subject = record.subject().unwrap();
        let generation = self.store.begin(subject, until, self.now).await.unwrap();
        Create {
            generation: Some(generation),
            ..create(record)
        }
    }
}

pub(crate) fn create(record: &Record) -> Create {
    Create {
        record: Arc::new(record.clone()),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    }
}

pub(crate) fn update(record: &Record) -> Update {
    Update {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: record.revision(),
        payload: payload(),
        label: None,
        touch: true,
        write_id: WriteId::random(),
    }
}

pub(crate) fn delete(record: &Record) -> Delete {
    Delete {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    }
}

fn name(n: usize) -> String {
    format!("bare-cloakroom:{{a3f1}}:s:{n:040}")
}

fn payload() -> Payload {
    Payload {
        codec: 0,
        bytes: vec![7; DATA].into(),
    }
}

/// As good as random but for its end. By that the store chooses where it remembers what it has read, so
/// that none of those read in a row takes the place of another.
pub(crate) fn new_id(placement: Placement, n: usize) -> SessionId {
    let mut bytes = [0; SessionId::LEN];
    let (low, high) = bytes.split_at_mut(16);
    low.copy_from_slice(WriteId::random().as_bytes());
    high.copy_from_slice(WriteId::random().as_bytes());
    bytes[..2].copy_from_slice(&placement.to_bytes());
    bytes[30..].copy_from_slice(&(n as u16).to_be_bytes());
    SessionId::from_stored(bytes)
}

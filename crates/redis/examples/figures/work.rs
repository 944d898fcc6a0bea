//! What is measured.

use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use cloakroom_core::store::{
    CreateOutcome, DeleteOutcome, LoadOutcome, TouchOutcome, UpdateOutcome,
};
use cloakroom_core::{Record, SessionStore as _};
use redis::cmd;

use crate::measure::{Round, drive};
use crate::stage::{DATA, SESSIONS, Stage, create, delete, update};

/// Of a round: so many that a reading remembers them all.
const WRITES: usize = 2_048;

/// Anything that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Get,
    Load,
    Set,
    Touch,
    Update,
    Create,
    SignIn,
    SignOut,
}

impl Work {
    pub(crate) const ALL: [Self; 8] = [
        Self::Get,
        Self::Load,
        Self::Set,
        Self::Touch,
        Self::Update,
        Self::Create,
        Self::SignIn,
        Self::SignOut,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "bare `GET`",
            Self::Load => "load",
            Self::Set => "bare `SET`",
            Self::Touch => "touch",
            Self::Update => "update",
            Self::Create => "create, anonymous",
            Self::SignIn => "create, signing in",
            Self::SignOut => "delete, signing out",
        }
    }

    /// What it is compared with.
    pub(crate) fn base(self) -> Self {
        match self {
            Self::Get | Self::Load => Self::Get,
            _ => Self::Set,
        }
    }

    pub(crate) async fn round(self, stage: &Arc<Stage>, in_flight: usize) -> Round {
        static NEXT: AtomicUsize = AtomicUsize::new(SESSIONS);
        let first = NEXT.fetch_add(WRITES, Relaxed);
        let reads = if in_flight == 1 { 4_000 } else { 20_000 };
        match self {
            Self::Get => drive(stage, in_flight, reads, get).await,
            Self::Load => drive(stage, in_flight, reads, load).await,
            Self::Set => drive(stage, in_flight, reads, set).await,
            Self::Touch => {
                let records = Arc::new(read(stage, &stage.records[..WRITES]).await);
                let later = stage.now.plus(Duration::from_millis(first as u64));
                drive(stage, in_flight, WRITES, move |stage, n| {
                    let record = records[n].clone();
                    async move {
                        let subject = record.subject();
                        let touched = stage.store.touch(record.id(), subject, later).await;
                        assert!(matches!(touched, Ok(TouchOutcome::Touched)));
                    }
                })
                .await
            }
            Self::Update => {
                let records = Arc::new(read(stage, &stage.records[..WRITES]).await);
                drive(stage, in_flight, WRITES, move |stage, n| {
                    let request = update(&records[n]);
                    async move {
                        let saved = stage.store.update(&request, stage.now).await;
                        assert!(matches!(saved, Ok(UpdateOutcome::Saved { .. })));
                    }
                })
                .await
            }
            Self::Create => {
                drive(stage, in_flight, WRITES, move |stage, n| async move {
                    let request = create(&stage.anonymous(first + n));
                    let created = stage.store.create(&request, stage.now).await;
                    assert!(matches!(created, Ok(CreateOutcome::Created { .. })));
                })
                .await
            }
            Self::SignIn => {
                let mut requests = Vec::new();
                for n in first..first + WRITES {
                    requests.push(stage.begin(&stage.signed_in(n)).await);
                }
                let requests = Arc::new(requests);
                drive(stage, in_flight, WRITES, move |stage, n| {
                    let request = requests[n].clone();
                    async move {
                        let created = stage.store.create(&request, stage.now).await;
                        assert!(matches!(created, Ok(CreateOutcome::Created { .. })));
                    }
                })
                .await
            }
            Self::SignOut => {
                let mut records = Vec::new();
                for n in first..first + WRITES {
                    let request = stage.begin(&stage.signed_in(n)).await;
                    let _ = stage.store.create(&request, stage.now).await.unwrap();
                    records.push(request.record);
                }
                let records = Arc::new(read(stage, &records).await);
                drive(stage, in_flight, WRITES, move |stage, n| {
                    let request = delete(&records[n]);
                    async move {
                        let deleted = stage.store.delete(&request, stage.now).await;
                        assert!(matches!(deleted, Ok(DeleteOutcome::Deleted { .. })));
                    }
                })
                .await
            }
        }
    }
}

/// A handle reads before it changes anything.
async fn read(stage: &Stage, records: &[impl Borrow<Record>]) -> Vec<Arc<Record>> {
    let mut read = Vec::with_capacity(records.len());
    for record in records {
        match stage.store.load(record.borrow().id(), stage.now).await {
            Ok(LoadOutcome::Found(record)) => read.push(record),
            other => panic!("{other:?}"),
        }
    }
    read
}

/// All over the sessions, in no order that a cache would like.
fn scattered(n: usize) -> usize {
    n * 7_919 % SESSIONS
}

async fn get(stage: Arc<Stage>, n: usize) {
    let mut bare = stage.bare.clone();
    let mut get = cmd("GET");
    get.arg(&stage.names[scattered(n)]);
    let value: Option<Vec<u8>> = get.query_async(&mut bare).await.unwrap();
    assert_eq!(value.unwrap().len(), DATA);
}

async fn load(stage: Arc<Stage>, n: usize) {
    let id = stage.records[scattered(n)].id();
    let loaded = stage.store.load(id, stage.now).await;
    assert!(matches!(loaded, Ok(LoadOutcome::Found(record)) if record.id() == id));
}

async fn set(stage: Arc<Stage>, n: usize) {
    let mut bare = stage.bare.clone();
    let mut set = cmd("SET");
    set.arg(&stage.names[scattered(n)])
        .arg(&[7_u8; DATA][..])
        .arg("PX")
        .arg(3_600_000);
    let _: () = set.query_async(&mut bare).await.unwrap();
}

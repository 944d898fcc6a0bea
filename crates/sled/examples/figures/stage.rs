//! A store full of sessions.
#![expect(clippy::unwrap_used, reason = "a program for measuring")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::{Cap, Create, CreateOutcome, Delete, DeleteOutcome, EndReason};
use cloakroom_core::{
    Payload, Record, SessionId, SessionStore as _, Subject, Timeouts, Timestamp, WriteId,
};
use cloakroom_sled::SledStore;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const WRITERS: u64 = 64;

pub(crate) fn directory(name: &str) -> PathBuf {
    let base = std::env::var_os("CLOAKROOM_FIGURES_DIR");
    let base = base.map_or_else(std::env::temp_dir, PathBuf::from);
    let path = base.join(format!("cloakroom-figures-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// Session number `number`, of a user of its own.
pub(crate) fn record(store: &SledStore, number: u64, len: usize) -> Record {
    let subject = Subject::new(format!("user-{number}")).unwrap();
    let mut bytes = [0; SessionId::LEN];
    bytes[..2].copy_from_slice(&store.placement_key().place(&subject).to_bytes());
    bytes[2..10].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[10..18].copy_from_slice(&number.to_be_bytes());
    let payload = Payload {
        codec: 1,
        bytes: vec![number as u8; len].into(),
    };
    Record::signed_in(
        SessionId::from_stored(bytes),
        subject,
        NOW,
        Timeouts::default(),
        payload,
    )
}

pub(crate) async fn sign_in(store: &SledStore, record: Record, now: Timestamp) {
    let request = Create {
        record: Arc::new(record),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    let created = store.create(&request, now).await.unwrap();
    assert!(matches!(created, CreateOutcome::Created { .. }));
}

pub(crate) async fn sign_out(store: &SledStore, record: &Record, now: Timestamp) {
    let request = Delete {
        id: record.id(),
        subject: record.subject().cloned(),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    };
    let deleted = store.delete(&request, now).await.unwrap();
    assert!(matches!(deleted, DeleteOutcome::Deleted { .. }));
}

/// Signs in as many users, by many tasks.
pub(crate) async fn fill(store: &SledStore, records: &Arc<Vec<Record>>) {
    let tasks: Vec<_> = (0..WRITERS)
        .map(|task| {
            let (store, records) = (store.clone(), Arc::clone(records));
            tokio::spawn(async move {
                for record in records.iter().skip(task as usize).step_by(WRITERS as usize) {
                    sign_in(&store, record.clone(), NOW).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// How much processor time this process has taken, in all its threads. On a busy machine this says
/// more than the clock.
pub(crate) fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

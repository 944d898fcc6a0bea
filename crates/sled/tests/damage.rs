//! Files that were cut off, or in which bits have changed: an error that says so, or a store in which
//! whatever had ended has still ended. Never a panic, never somebody else's session.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it has done"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloakroom_core::store::{
    Cap, Create, Delete, EndReason, LoadOutcome, Revoke, RevokeKind, Update, UpdateOutcome,
};
use cloakroom_core::{
    Clock as _, ErrorKind, ManualClock, Payload, Record, SessionId, SessionStore as _, Subject,
    Timeouts, Timestamp, WriteId,
};
use cloakroom_sled::SledStore;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use support::{Scratch, builder};

fn now() -> Timestamp {
    ManualClock::new().now()
}

/// What was acknowledged.
#[derive(Default)]
struct Told {
    living: BTreeMap<SessionId, Record>,
    ended: Vec<SessionId>,
}

/// A store that has seen a few hundred sessions come and go, closed.
async fn some_store(path: &Path) -> Told {
    let mut told = Told::default();
    let mut random = SmallRng::seed_from_u64(7);
    // Opened twice: sled reads its log from the last opening on, and takes the rest on trust.
    for life in 0..2_u8 {
        let store = builder(path).open().unwrap();
        for number in 0..200_u8 {
            let subject = Subject::new(format!("user-{}", number % 40)).unwrap();
            let mut bytes = [number; SessionId::LEN];
            bytes[..2].copy_from_slice(&store.placement_key().place(&subject).to_bytes());
            bytes[2] = life;
            let id = SessionId::from_stored(bytes);
            let len = if number % 50 == 0 { 20_000 } else { 300 };
            let record = Record::signed_in(
                id,
                subject.clone(),
                now(),
                Timeouts::default(),
                payload(number, len),
            );
            create(&store, &record).await;
            told.living.insert(id, record.clone());
            match random.random_range(0..6) {
                0 => {
                    let request = Delete {
                        id,
                        subject: Some(subject),
                        expected: None,
                        reason: EndReason::Ended,
                        write_id: WriteId::random(),
                    };
                    let _deleted = store.delete(&request, now()).await.unwrap();
                    told.living.remove(&id);
                    told.ended.push(id);
                }
                1 => {
                    let request = Revoke {
                        subject,
                        kind: RevokeKind::All,
                        write_id: WriteId::random(),
                    };
                    for id in store.revoke(&request, now()).await.unwrap().ended {
                        told.living.remove(&id);
                        told.ended.push(id);
                    }
                }
                2 => {
                    let request = Update {
                        id,
                        subject: Some(subject),
                        expected: record.revision(),
                        payload: payload(number, 310),
                        label: None,
                        touch: false,
                        write_id: WriteId::random(),
                    };
                    let saved = store.update(&request, now()).await.unwrap();
                    assert!(matches!(saved, UpdateOutcome::Saved { .. }));
                    told.living
                        .insert(id, record.updated(&request, true, now()));
                }
                _ => {}
            }
        }
        store.close().unwrap();
    }
    told
}

fn payload(number: u8, len: usize) -> Payload {
    Payload {
        codec: 1,
        bytes: vec![number; len].into(),
    }
}

async fn create(store: &SledStore, record: &Record) {
    let request = Create {
        record: Arc::new(record.clone()),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    let _created = store.create(&request, now()).await.unwrap();
}

/// How many opened, and how many were refused.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    opened: usize,
    refused: usize,
}

impl Tally {
    async fn look(&mut self, path: &Path, told: &Told, what: &str) {
        match builder(path).open() {
            Err(error) => {
                let kinds = [
                    ErrorKind::Corrupt,
                    ErrorKind::Unavailable,
                    ErrorKind::NewerVersion,
                ];
                assert!(kinds.contains(&error.kind()), "{what}: {error:?}");
                self.refused += 1;
            }
            Ok(store) => {
                for id in &told.ended {
                    let load = store.load(*id, now()).await;
                    assert!(
                        !matches!(load, Ok(LoadOutcome::Found(_))),
                        "{what}: {id} lives again"
                    );
                }
                for (id, record) in &told.living {
                    match store.load(*id, now()).await {
                        Ok(LoadOutcome::Found(found)) => assert_eq!(&*found, record, "{what}"),
                        Ok(other) => panic!("{what}: {id}: {other:?}"),
                        // Read from the disk at last, and found damaged.
                        Err(_) => {}
                    }
                }
                self.opened += 1;
            }
        }
    }
}

/// Runs the trials on copies of one store.
async fn trials(
    name: &str,
    count: usize,
    file_of: impl Fn(&Path) -> PathBuf,
    damage: impl Fn(&mut Vec<u8>, usize),
) -> Tally {
    // What sled panics about is caught, and need not be read.
    std::panic::set_hook(Box::new(|_| {}));
    let dir = Scratch::new();
    let told = some_store(&dir.store()).await;
    let mut tally = Tally::default();
    for trial in 0..count {
        let copied = Scratch::new();
        copy(&dir.store(), &copied.store());
        let file = file_of(&copied.store());
        let mut bytes = fs::read(&file).unwrap();
        damage(&mut bytes, trial);
        fs::write(&file, bytes).unwrap();
        tally
            .look(&copied.store(), &told, &format!("{name}, trial {trial}"))
            .await;
    }
    let _ = std::panic::take_hook();
    println!("{name}: {tally:?}");
    tally
}

fn log(store: &Path) -> PathBuf {
    store.join("engine").join("db")
}

/// Where something is: the rest of the file is padding.
fn used(bytes: &[u8]) -> usize {
    bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count()
}

#[tokio::test]
async fn a_log_that_was_cut_off() {
    let count = 150;
    let tally = trials("cut off", count, log, |bytes, trial| {
        let used = used(bytes);
        bytes.truncate(used * trial / count);
    })
    .await;
    assert!(tally.refused > count / 2, "{tally:?}");
}

#[tokio::test]
async fn a_log_whose_end_was_zeroed() {
    let count = 50;
    trials("zeroed", count, log, |bytes, trial| {
        let from = used(bytes) * (count - trial) / count;
        bytes[from..].fill(0);
    })
    .await;
}

#[tokio::test]
async fn a_log_with_a_bit_changed() {
    let tally = trials("bit changed", 300, log, |bytes, trial| {
        let mut random = SmallRng::seed_from_u64(trial as u64);
        let at = random.random_range(0..used(bytes));
        bytes[at] ^= 1 << random.random_range(0..8);
    })
    .await;
    assert!(tally.refused > 0, "{tally:?}");
}

#[tokio::test]
async fn a_log_with_a_page_lost_in_its_middle() {
    let tally = trials("page lost", 100, log, |bytes, trial| {
        let mut random = SmallRng::seed_from_u64(trial as u64);
        let at = random.random_range(0..used(bytes) / 4096) * 4096;
        let end = (at + 4096).min(bytes.len());
        bytes[at..end].fill(0);
    })
    .await;
    assert!(tally.refused > 0, "{tally:?}");
}

/// sled reads its log segment by segment, and cannot tell a segment that is missing from one that
/// was free.
#[tokio::test]
async fn a_segment_lost_in_the_middle_of_the_log() {
    const SEGMENT: usize = 512 << 10;
    std::panic::set_hook(Box::new(|_| {}));
    let dir = Scratch::new();
    let told = long_life(&dir.store()).await;
    let segments = fs::metadata(log(&dir.store())).unwrap().len() as usize / SEGMENT;
    assert!(segments > 8, "{segments} segments");
    let mut tally = Tally::default();
    for segment in 0..segments {
        let copied = Scratch::new();
        copy(&dir.store(), &copied.store());
        let mut bytes = fs::read(log(&copied.store())).unwrap();
        bytes[segment * SEGMENT + 6] ^= 1;
        fs::write(log(&copied.store()), bytes).unwrap();
        tally
            .look(&copied.store(), &told, &format!("segment {segment}"))
            .await;
    }
    let _ = std::panic::take_hook();
    println!("segment lost: {tally:?}");
    assert!(tally.refused > segments / 2, "{tally:?}");
}

/// A store that was never closed in between, so that sled goes through all of its log.
async fn long_life(path: &Path) -> Told {
    let lazy = cloakroom_sled::Durability::Interval(std::time::Duration::from_secs(60));
    let store = builder(path).durability(lazy).open().unwrap();
    let mut told = Told::default();
    let mut random = SmallRng::seed_from_u64(3);
    for number in 0..2_000_u32 {
        let mut bytes = [5; SessionId::LEN];
        bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
        let id = SessionId::from_stored(bytes);
        let payload = payload(number as u8, 1_000);
        let record = Record::anonymous(id, now(), Timeouts::default(), payload);
        create(&store, &record).await;
        told.living.insert(id, record);
        if number % 4 == 3 {
            let nth = random.random_range(0..told.living.len());
            let id = *told.living.keys().nth(nth).unwrap();
            let request = Delete {
                id,
                subject: None,
                expected: None,
                reason: EndReason::Ended,
                write_id: WriteId::random(),
            };
            let _deleted = store.delete(&request, now()).await.unwrap();
            told.living.remove(&id);
            told.ended.push(id);
        }
    }
    store.close().unwrap();
    told
}

#[tokio::test]
async fn a_damaged_snapshot_or_configuration_of_sled() {
    for name in ["snap", "conf"] {
        trials(
            name,
            60,
            move |store| some_file(store, name),
            |bytes, trial| {
                let mut random = SmallRng::seed_from_u64(trial as u64);
                if trial % 3 == 0 {
                    bytes.truncate(random.random_range(0..bytes.len()));
                } else {
                    let at = random.random_range(0..bytes.len());
                    bytes[at] ^= 1 << random.random_range(0..8);
                }
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_damaged_witness() {
    let witness = |store: &Path| store.join("cloakroom.witness");
    trials("witness", 60, witness, |bytes, trial| {
        let mut random = SmallRng::seed_from_u64(trial as u64);
        let slot = if trial % 2 == 0 { 0 } else { 4096 };
        let at = slot + random.random_range(0..36);
        bytes[at] ^= 1 << random.random_range(0..8);
    })
    .await;
}

fn some_file(store: &Path, prefix: &str) -> PathBuf {
    let entries = fs::read_dir(store.join("engine")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(prefix)
    };
    paths.find(named).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

//! Reading: beside sled's own `get` and the record check, and beside a thread hop.
#![expect(clippy::unwrap_used, reason = "a program for measuring")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloakroom_core::store::LoadOutcome;
use cloakroom_core::{Record, RecordVersion, SessionStore as _};
use cloakroom_sled::{Durability, SledStore};

use crate::stage::{self, NOW};

const SESSIONS: u64 = 50_000;
const LOADS: usize = 200_000;
const BLOCK: usize = 500;

pub(crate) fn run() {
    let path = stage::directory("loads");
    let lazy = Durability::Interval(Duration::from_millis(200));
    let store = SledStore::builder(&path).durability(lazy).open().unwrap();
    let records: Vec<_> = (0..SESSIONS)
        .map(|number| stage::record(&store, number, 300))
        .collect();
    let records = Arc::new(records);
    let runtime = stage::runtime();
    runtime.block_on(stage::fill(&store, &records));

    let raw_path = stage::directory("raw");
    let raw = sled::open(&raw_path).unwrap();
    for record in records.iter() {
        let bytes = record.encode(RecordVersion::default());
        raw.insert(record.id().as_bytes(), bytes).unwrap();
        raw.insert([record.id().as_bytes().as_slice(), &[0; 14]].concat(), &[])
            .unwrap();
    }
    let order: Vec<_> = (0..LOADS as u64)
        .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % SESSIONS)
        .map(|n| records.get(n as usize).unwrap().id())
        .collect();
    // In blocks that take turns, since the machine may be busy with other things: the best of each
    // is what it costs when it is not.
    let mut best = [Duration::MAX; 3];
    for block in order.chunks(BLOCK) {
        let get = timed(block.len(), || {
            for id in block {
                let value = raw.get(id.as_bytes()).unwrap().unwrap();
                let record = Record::decode(*id, Bytes::copy_from_slice(&value)).unwrap();
                assert!(!record.deadline().is_over(NOW));
            }
        });
        let load = timed(block.len(), || {
            runtime.block_on(async {
                for id in block {
                    let load = store.load(*id, NOW).await.unwrap();
                    assert!(matches!(load, LoadOutcome::Found(_)));
                }
            });
        });
        let hop = timed(block.len(), || {
            runtime.block_on(async {
                for id in block {
                    let (raw, id) = (raw.clone(), *id);
                    let get = move || {
                        let value = raw.get(id.as_bytes()).unwrap().unwrap();
                        Record::decode(id, Bytes::copy_from_slice(&value)).unwrap()
                    };
                    tokio::task::spawn_blocking(get).await.unwrap();
                }
            });
        });
        for (best, took) in best.iter_mut().zip([get, load, hop]) {
            *best = took.min(*best);
        }
    }
    let [get, load, hop] = best;
    println!(
        "get and check {get:?}; load {load:?}, {:.2} times; get and check on another thread {hop:?}, {:.1} times",
        load.as_secs_f64() / get.as_secs_f64(),
        hop.as_secs_f64() / get.as_secs_f64()
    );
    drop(store);
    drop(raw);
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::remove_dir_all(&raw_path).unwrap();
}

fn timed(count: usize, run: impl FnOnce()) -> Duration {
    let since = Instant::now();
    run();
    since.elapsed() / count as u32
}

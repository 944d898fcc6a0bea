//! 64 users sign out at once, again and again, each on disk before it is told.
#![expect(clippy::unwrap_used, reason = "a program for measuring")]

use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use cloakroom_core::Record;
use cloakroom_sled::{Durability, SledStore};

use crate::stage::{self, NOW, WRITERS};

const SIGN_OUTS: u64 = 20_000;

pub(crate) fn run() {
    for round in 1..=3 {
        let store = of_the_store();
        let each = each_syncs();
        let limit = plain_file();
        println!(
            "round {round}: the store {store:.0}/s; each flushes and syncs {each:.0}/s; plain file {limit:.0}/s; \
             {:.1} times the second, {:.2} of the third",
            store / each,
            store / limit
        );
    }
}

fn rate(since: Instant, count: u64) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

fn of_the_store() -> f64 {
    let path = stage::directory("store");
    let lazy = Durability::Interval(Duration::from_millis(200));
    let store = SledStore::builder(&path)
        .durability(lazy)
        .without_sweeper()
        .open()
        .unwrap();
    let records: Vec<Record> = (0..SIGN_OUTS)
        .map(|number| stage::record(&store, number, 300))
        .collect();
    let records = Arc::new(records);
    let rate = stage::runtime().block_on(async {
        stage::fill(&store, &records).await;
        let since = Instant::now();
        let tasks: Vec<_> = (0..WRITERS)
            .map(|task| {
                let (store, records) = (store.clone(), Arc::clone(&records));
                tokio::spawn(async move {
                    for record in records.iter().skip(task as usize).step_by(WRITERS as usize) {
                        stage::sign_out(&store, record, NOW).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        rate(since, SIGN_OUTS)
    });
    store.close().unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    rate
}

/// The same keys without a leader: each thread applies its own batch, flushes and syncs.
fn each_syncs() -> f64 {
    let path = stage::directory("each");
    let db = sled::open(&path).unwrap();
    let log = Arc::new(File::options().write(true).open(path.join("db")).unwrap());
    let count = SIGN_OUTS / 4;
    let since = Instant::now();
    let threads: Vec<_> = (0..WRITERS)
        .map(|task| {
            let (db, log) = (db.clone(), Arc::clone(&log));
            thread::spawn(move || {
                for number in (task..count).step_by(WRITERS as usize) {
                    let mut batch = sled::Batch::default();
                    let key = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                    batch.insert(&key, vec![1_u8; 33]);
                    batch.remove([key.as_slice(), b"member"].concat());
                    db.apply_batch(batch).unwrap();
                    db.flush().unwrap();
                    log.sync_data().unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let rate = rate(since, count);
    drop(db);
    std::fs::remove_dir_all(&path).unwrap();
    rate
}

/// The limit: 64 threads append to a file, and one syncs for all who wait.
fn plain_file() -> f64 {
    struct Shared {
        state: Mutex<State>,
        changed: Condvar,
    }
    #[derive(Default)]
    struct State {
        waiting: Vec<u8>,
        asked: u64,
        synced: u64,
        over: bool,
    }
    let path = stage::directory("plain");
    let mut file = File::create(&path).unwrap();
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        changed: Condvar::new(),
    });
    let leader = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            loop {
                let mut state = shared.state.lock().unwrap();
                while state.waiting.is_empty() && !state.over {
                    state = shared.changed.wait(state).unwrap();
                }
                if state.waiting.is_empty() {
                    return;
                }
                let (bytes, asked) = (std::mem::take(&mut state.waiting), state.asked);
                drop(state);
                file.write_all(&bytes).unwrap();
                file.sync_data().unwrap();
                shared.state.lock().unwrap().synced = asked;
                shared.changed.notify_all();
            }
        })
    };
    let since = Instant::now();
    let threads: Vec<_> = (0..WRITERS)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..SIGN_OUTS / WRITERS {
                    let mut state = shared.state.lock().unwrap();
                    state.waiting.extend_from_slice(&[7; 150]);
                    state.asked += 1;
                    let mine = state.asked;
                    shared.changed.notify_all();
                    while state.synced < mine {
                        state = shared.changed.wait(state).unwrap();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let rate = rate(since, SIGN_OUTS);
    shared.state.lock().unwrap().over = true;
    shared.changed.notify_all();
    leader.join().unwrap();
    std::fs::remove_file(&path).unwrap();
    rate
}

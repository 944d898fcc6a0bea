//! 64 users sign out at once, again and again, each on disk before it is told.
#![expect(clippy::unwrap_used, reason = "a program for measuring")]

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
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
        let alone = sled_alone();
        let limit = plain_file();
        println!(
            "round {round}: the store {}; each flushes and syncs {}; sled alone, in memory {}; \
             plain file {}: {:.1} times the second, {:.2} of the third, {:.2} of the last",
            store,
            each,
            alone,
            limit,
            store.per_second / each.per_second,
            store.per_second / alone.per_second,
            store.per_second / limit.per_second,
        );
    }
}

/// How fast something went, and what it took.
struct Rate {
    per_second: f64,
    /// Of the processor, for each.
    micros: f64,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0}/s ({:.0} us of processor)",
            self.per_second, self.micros
        )
    }
}

struct Start(Instant, Duration);

impl Start {
    fn now() -> Self {
        Self(Instant::now(), stage::processor_time())
    }

    fn rate(&self, count: u64) -> Rate {
        let took = stage::processor_time().saturating_sub(self.1);
        Rate {
            per_second: count as f64 / self.0.elapsed().as_secs_f64(),
            micros: took.as_secs_f64() * 1e6 / count as f64,
        }
    }
}

fn of_the_store() -> Rate {
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
        let start = Start::now();
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
        start.rate(SIGN_OUTS)
    });
    store.close().unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    rate
}

/// sled with as many users signed in, by three keys each.
fn signed_in(path: &Path) -> sled::Db {
    let db = sled::Config::new()
        .path(path)
        .flush_every_ms(None)
        .open()
        .unwrap();
    let mut batch = sled::Batch::default();
    for number in 0..SIGN_OUTS {
        let [entry, head, member] = keys(number);
        batch.insert(entry, vec![number as u8; 450]);
        batch.insert(head, vec![1; 30]);
        batch.insert(member, &[]);
    }
    db.apply_batch(batch).unwrap();
    db.flush().unwrap();
    db
}

fn sign_out(batch: &mut sled::Batch, number: u64) {
    let [entry, head, member] = keys(number);
    batch.insert(entry, vec![1; 33]);
    batch.remove(head);
    batch.remove(member);
}

/// What sled can do at best: one thread applies them, half the writers at a time, with nothing
/// beside it and nothing on disk.
fn sled_alone() -> Rate {
    let path = stage::directory("alone");
    let db = signed_in(&path);
    let start = Start::now();
    let numbers: Vec<_> = (0..SIGN_OUTS).collect();
    for group in numbers.chunks(WRITERS as usize / 2) {
        let mut batch = sled::Batch::default();
        for number in group {
            sign_out(&mut batch, *number);
        }
        db.apply_batch(batch).unwrap();
    }
    let rate = start.rate(SIGN_OUTS);
    drop(db);
    std::fs::remove_dir_all(&path).unwrap();
    rate
}

/// The same keys without a leader: each thread applies its own batch, flushes and syncs.
fn each_syncs() -> Rate {
    let path = stage::directory("each");
    let db = signed_in(&path);
    let log = Arc::new(File::options().write(true).open(path.join("db")).unwrap());
    let count = SIGN_OUTS / 4;
    let start = Start::now();
    let threads: Vec<_> = (0..WRITERS)
        .map(|task| {
            let (db, log) = (db.clone(), Arc::clone(&log));
            thread::spawn(move || {
                for number in (task..count).step_by(WRITERS as usize) {
                    let mut batch = sled::Batch::default();
                    sign_out(&mut batch, number);
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
    let rate = start.rate(count);
    drop(db);
    std::fs::remove_dir_all(&path).unwrap();
    rate
}

/// The three keys of a session and its user: as long as the store's, and as far apart.
fn keys(number: u64) -> [Vec<u8>; 3] {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let key = |kind: u8, len: usize| {
        let mut key = vec![kind];
        key.extend_from_slice(&mixed);
        key.resize(len, 7);
        key
    };
    [key(1, 33), key(3, 16), key(4, 46)]
}

/// The limit: 64 threads append to a file, and one syncs for all who wait.
fn plain_file() -> Rate {
    struct Shared {
        state: Mutex<State>,
        work: Condvar,
        done: Condvar,
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
        work: Condvar::new(),
        done: Condvar::new(),
    });
    let leader = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            loop {
                let mut state = shared.state.lock().unwrap();
                while state.waiting.is_empty() && !state.over {
                    state = shared.work.wait(state).unwrap();
                }
                if state.waiting.is_empty() {
                    return;
                }
                let (bytes, asked) = (std::mem::take(&mut state.waiting), state.asked);
                drop(state);
                file.write_all(&bytes).unwrap();
                file.sync_data().unwrap();
                shared.state.lock().unwrap().synced = asked;
                shared.done.notify_all();
            }
        })
    };
    let start = Start::now();
    let threads: Vec<_> = (0..WRITERS)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..SIGN_OUTS / WRITERS {
                    let mut state = shared.state.lock().unwrap();
                    state.waiting.extend_from_slice(&[7; 150]);
                    state.asked += 1;
                    let mine = state.asked;
                    shared.work.notify_one();
                    while state.synced < mine {
                        state = shared.done.wait(state).unwrap();
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let rate = start.rate(SIGN_OUTS);
    shared.state.lock().unwrap().over = true;
    shared.work.notify_one();
    leader.join().unwrap();
    std::fs::remove_file(&path).unwrap();
    rate
}

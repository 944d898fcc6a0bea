//! What the disk holds while a million sessions come and go, 20,000 at a time.
#![expect(clippy::unwrap_used, reason = "a program for measuring")]

use std::path::Path;
use std::time::{Duration, Instant};

use cloakroom_core::SessionStore as _;
use cloakroom_sled::{Durability, SledStore};

use crate::stage::{self, NOW, WRITERS};

const LIVE: u64 = 20_000;
const WRITES: u64 = 1_200_000;
const STEP: u64 = 100_000;

pub(crate) fn run() {
    let path = stage::directory("churn");
    let lazy = Durability::Interval(Duration::from_millis(200));
    let open = || {
        let builder = SledStore::builder(&path).durability(lazy).without_sweeper();
        builder.open().unwrap()
    };
    let store = open();
    let since = Instant::now();
    let runtime = stage::runtime();
    println!("writes    live  disk");
    let mut done = 0;
    while done < WRITES {
        // Each session is two writes: one comes, and the one that came 20,000 before it goes.
        runtime.block_on(async {
            let tasks: Vec<_> = (0..WRITERS)
                .map(|task| {
                    let store = store.clone();
                    let numbers = done / 2 + task..(done + STEP) / 2;
                    tokio::spawn(async move {
                        for number in numbers.step_by(WRITERS as usize) {
                            let now = NOW;
                            stage::sign_in(&store, stage::record(&store, number, 300), now).await;
                            if let Some(old) = number.checked_sub(LIVE) {
                                let old = stage::record(&store, old, 0);
                                stage::sign_out(&store, &old, now).await;
                            }
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let later = NOW.plus(Duration::from_secs(600));
            while store.purge_expired(10_000, later).await.unwrap() > 0 {}
        });
        done += STEP;
        let live = runtime.block_on(store.count(NOW)).unwrap();
        println!("{done:>9} {live:>6} {:>4} MB", megabytes(&path));
    }
    println!("in {:?}", since.elapsed());
    drop(store);
    println!("closed: {} MB", megabytes(&path));
    let since = Instant::now();
    let store = open();
    println!("opened in {:?}: {} MB", since.elapsed(), megabytes(&path));
    let late = NOW.plus(Duration::from_secs(86_400));
    runtime.block_on(async { while store.purge_expired(10_000, late).await.unwrap() > 0 {} });
    drop(store);
    println!("emptied and closed: {} MB", megabytes(&path));
    std::fs::remove_dir_all(&path).unwrap();
}

/// What is allocated, in files that may have holes.
fn megabytes(path: &Path) -> u64 {
    fn bytes(path: &Path) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(entries) = std::fs::read_dir(path) else {
            return 0;
        };
        let of = |entry: std::fs::DirEntry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes(&entry.path()),
            _ => entry
                .metadata()
                .map_or(0, |metadata| metadata.blocks() * 512),
        };
        entries.flatten().map(of).sum()
    }
    bytes(path) >> 20
}

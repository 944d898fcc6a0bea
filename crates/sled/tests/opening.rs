//! What opens, what does not, and what is said then.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::error::Error as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::{Cap, Create, LoadOutcome};
use cloakroom_core::{
    Clock as _, ErrorKind, ManualClock, Payload, PlacementKey, Record, SessionId,
    SessionStore as _, Subject, Timeouts,
};
use cloakroom_sled::{Durability, SledStore};
use support::{Scratch, builder};

/// The kind of the error, and what it says to do.
fn refused(path: &Path) -> (ErrorKind, String) {
    let error = builder(path).open().expect_err("it does not open");
    assert_eq!(
        error.to_string().split(':').next(),
        Some("could not open the store")
    );
    (
        error.kind(),
        error.source().expect("it says why").to_string(),
    )
}

/// Everything in a directory, with its bytes.
fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut todo = vec![path.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let entry = entry.unwrap();
            let name = entry.path().display().to_string();
            if entry.file_type().unwrap().is_dir() {
                todo.push(entry.path());
                all.push((name, Vec::new()));
            } else {
                all.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    all.sort();
    all
}

async fn sign_in(store: &SledStore, name: &str) -> SessionId {
    let subject = Subject::new(name).unwrap();
    let mut bytes = [name.len() as u8; SessionId::LEN];
    bytes[..2].copy_from_slice(&store.placement_key().place(&subject).to_bytes());
    let id = SessionId::from_stored(bytes);
    let payload = Payload {
        codec: 1,
        bytes: vec![1; 100].into(),
    };
    let now = ManualClock::new().now();
    let request = Create {
        record: Arc::new(Record::signed_in(
            id,
            subject,
            now,
            Timeouts::default(),
            payload,
        )),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    let _created = store.create(&request, now).await.unwrap();
    id
}

async fn lives(store: &SledStore, id: SessionId) -> bool {
    let load = store.load(id, ManualClock::new().now()).await.unwrap();
    matches!(load, LoadOutcome::Found(_))
}

#[tokio::test]
async fn a_session_is_there_after_a_restart() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().unwrap();
    let id = sign_in(&store, "ada").await;
    assert!(store.close().unwrap());
    let store = builder(&dir.store()).open().unwrap();
    assert!(lives(&store, id).await);
}

#[tokio::test]
async fn the_last_handle_stops_the_store() {
    let dir = Scratch::new();
    let store = SledStore::open(dir.store()).unwrap();
    let other = store.clone();
    assert!(!store.close().unwrap(), "another handle goes on");
    let id = sign_in(&other, "ada").await;
    drop(other);
    let again = SledStore::open(dir.store()).expect("the sweeper has let go of it");
    assert!(lives(&again, id).await || again.count(ManualClock::new().now()).await.is_ok());
}

#[test]
fn a_store_that_is_open_is_in_use() {
    let dir = Scratch::new();
    let _store = builder(&dir.store()).open().unwrap();
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Unavailable);
    assert!(
        why.contains("is open already") && why.contains("stop the other"),
        "{why}"
    );
}

const HOLD: &str = "CLOAKROOM_HOLD_DIR";

#[test]
fn a_store_that_another_process_holds_is_in_use_until_that_process_dies() {
    let dir = Scratch::new();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["child_that_holds_the_store", "--exact", "--nocapture"])
        .env(HOLD, dir.store())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));
    let before = contents(dir.path());
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Unavailable);
    assert!(why.contains("is open already"), "{why}");
    SledStore::start_over(dir.store()).expect_err("it is open");
    assert_eq!(contents(dir.path()), before, "nothing was touched");
    holder.kill().unwrap();
    holder.wait().unwrap();
    builder(&dir.store()).open().expect("its lock died with it");
}

/// Whose parent is the directory that the process is in.
#[test]
fn a_path_without_a_parent_is_fine() {
    let dir = Scratch::new();
    let holder = Command::new(std::env::current_exe().unwrap())
        .args(["child_that_holds_the_store", "--exact"])
        .env(HOLD, dir.store().file_name().unwrap())
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(holder.status.success(), "{holder:?}");
    builder(&dir.store()).open().expect("it was made there");
}

/// Not a test of its own: what the tests above start.
#[test]
fn child_that_holds_the_store() {
    let Some(dir) = std::env::var_os(HOLD) else {
        return;
    };
    let _store = builder(dir.as_ref()).open().unwrap();
    println!("\nheld");
    // Until it is killed.
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[tokio::test]
async fn intervals_without_an_end_are_fine_and_those_of_no_time_are_refused() {
    let dir = Scratch::new();
    let store = builder(&dir.store())
        .durability(Durability::Interval(Duration::MAX))
        .stalls_after(Duration::MAX)
        .sweep_every(Duration::MAX)
        .open()
        .unwrap();
    let id = sign_in(&store, "ada").await;
    assert!(store.close().unwrap());
    let store = builder(&dir.store()).open().unwrap();
    assert!(lives(&store, id).await, "closing put it on disk");
    store.close().unwrap();
    for nonsense in [
        builder(&dir.store()).sweep_every(Duration::ZERO),
        builder(&dir.store()).stalls_after(Duration::ZERO),
    ] {
        let error = nonsense.open().expect_err("it does not open");
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
        assert!(error.source().unwrap().to_string().contains("no time"));
    }
}

#[test]
fn a_directory_of_other_files_is_left_alone() {
    let dir = Scratch::new();
    fs::create_dir(dir.store()).unwrap();
    fs::write(dir.store().join("thesis.txt"), "ten years of work").unwrap();
    let before = contents(dir.path());
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::InvalidConfiguration);
    assert!(
        why.contains("is not a session store") && why.contains("of its own"),
        "{why}"
    );
    assert_eq!(contents(dir.path()), before);
    SledStore::start_over(dir.store()).expect_err("it is not ours to move");
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn somebody_elses_sled_is_left_alone() {
    let dir = Scratch::new();
    let db = sled::open(dir.store()).unwrap();
    db.insert("theirs", "value").unwrap();
    drop(db);
    let before = contents(dir.path());
    assert_eq!(refused(&dir.store()).0, ErrorKind::InvalidConfiguration);
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn a_file_is_not_a_directory() {
    let dir = Scratch::new();
    fs::write(dir.store(), "a file").unwrap();
    for path in [dir.store(), dir.store().join("within")] {
        let (kind, why) = refused(&path);
        assert_eq!(kind, ErrorKind::InvalidConfiguration, "{why}");
        assert!(why.contains("is not a directory"), "{why}");
    }
}

#[test]
fn another_placement_key_is_refused_until_the_right_one_comes() {
    let dir = Scratch::new();
    let key = PlacementKey::new(&[7; 32]);
    drop(
        builder(&dir.store())
            .placement_key(key.clone())
            .open()
            .unwrap(),
    );
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::InvalidConfiguration);
    assert!(why.contains("another placement key"), "{why}");
    builder(&dir.store()).placement_key(key).open().unwrap();
}

/// Also where the witness had not heard of the last write, since the process was killed: it was told
/// when the store was opened again.
#[tokio::test]
async fn an_older_log_under_a_newer_witness_has_gone_back_in_time() {
    for killed in [false, true] {
        let dir = Scratch::new();
        let witness = dir.store().join("cloakroom.witness");
        let store = builder(&dir.store()).open().unwrap();
        sign_in(&store, "ada").await;
        store.close().unwrap();
        let old = dir.path().join("backup");
        copy(&dir.store().join("engine"), &old);
        let said = fs::read(&witness).unwrap();

        let store = builder(&dir.store()).open().unwrap();
        sign_in(&store, "grace").await;
        store.close().unwrap();
        if killed {
            fs::write(&witness, said).unwrap();
            drop(builder(&dir.store()).open().unwrap());
        }
        fs::remove_dir_all(dir.store().join("engine")).unwrap();
        copy(&old, &dir.store().join("engine"));
        let (kind, why) = refused(&dir.store());
        assert_eq!(kind, ErrorKind::Corrupt, "killed: {killed}");
        assert!(
            why.contains("has gone back in time") && why.contains("start_over"),
            "{why}"
        );
    }
}

#[tokio::test]
async fn a_log_of_another_store_is_refused() {
    let dir = Scratch::new();
    let other = Scratch::new();
    for dir in [&dir, &other] {
        let store = builder(&dir.store()).open().unwrap();
        sign_in(&store, "ada").await;
        store.close().unwrap();
    }
    fs::remove_dir_all(dir.store().join("engine")).unwrap();
    copy(&other.store().join("engine"), &dir.store().join("engine"));
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(why.contains("another store"), "{why}");
}

/// What no checksum of sled's finds: each page is intact, and not all are of the same time.
#[tokio::test]
async fn a_key_that_was_changed_or_lost_behind_the_store_is_found() {
    for number in 0..6 {
        let dir = Scratch::new();
        let store = builder(&dir.store()).open().unwrap();
        sign_in(&store, "ada").await;
        store.close().unwrap();
        let db = sled::open(dir.store().join("engine")).unwrap();
        let keys: Vec<_> = db.iter().keys().map(Result::unwrap).collect();
        assert_eq!(keys.len(), 5, "identity, state, record, head, member");
        match keys.get(number) {
            Some(key) => db.remove(key).unwrap(),
            None => db.insert([9, 9], "new").unwrap(),
        };
        drop(db);
        let (kind, why) = refused(&dir.store());
        assert_eq!(kind, ErrorKind::Corrupt, "key {number}: {why}");
    }
}

#[tokio::test]
async fn an_older_value_put_back_under_its_key_is_found() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().unwrap();
    let id = sign_in(&store, "ada").await;
    store.close().unwrap();
    let key = [&[1], id.as_bytes().as_slice()].concat();
    let db = sled::open(dir.store().join("engine")).unwrap();
    let old = db.get(&key).unwrap().unwrap();
    drop(db);

    let store = builder(&dir.store()).open().unwrap();
    let later = ManualClock::new().now().plus(Duration::from_secs(60));
    let subject = Subject::new("ada").unwrap();
    let _ = store.touch(id, Some(&subject), later).await.unwrap();
    store.close().unwrap();
    let db = sled::open(dir.store().join("engine")).unwrap();
    let new = db.insert(key, &old).unwrap().unwrap();
    drop(db);
    assert_eq!(new.len(), old.len());
    assert_ne!(new, old);
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Corrupt, "{why}");
}

#[tokio::test]
async fn a_store_without_its_log_or_its_witness_is_no_new_store() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().unwrap();
    sign_in(&store, "ada").await;
    store.close().unwrap();
    let (log, aside) = (dir.store().join("engine"), dir.path().join("aside"));
    fs::rename(&log, &aside).unwrap();
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(why.contains("log is gone"), "{why}");
    fs::rename(&aside, &log).unwrap();

    let witness = dir.store().join("cloakroom.witness");
    let said = fs::read(&witness).unwrap();
    fs::write(&witness, "").unwrap();
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(why.contains("is empty"), "{why}");
    assert!(fs::read(&witness).unwrap().is_empty(), "it is not made up");
    fs::write(&witness, vec![0; said.len()]).unwrap();
    assert_eq!(refused(&dir.store()).0, ErrorKind::Corrupt);
    fs::remove_file(&witness).unwrap();
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(
        why.contains("is gone") && why.contains("start_over"),
        "{why}"
    );
    assert!(!witness.exists(), "it is not made up");
    fs::write(&witness, said).unwrap();
    builder(&dir.store()).open().expect("nothing was touched");
}

#[test]
fn a_newer_witness_is_a_newer_store() {
    let dir = Scratch::new();
    drop(builder(&dir.store()).open().unwrap());
    let witness = dir.store().join("cloakroom.witness");
    let mut said = fs::read(&witness).unwrap();
    said[4..6].copy_from_slice(&[2, !2]);
    fs::write(&witness, said).unwrap();
    let (kind, why) = refused(&dir.store());
    assert_eq!(kind, ErrorKind::NewerVersion);
    assert!(
        why.contains("newer version") && why.contains("Update"),
        "{why}"
    );
}

#[tokio::test]
async fn starting_over_keeps_the_old_store_aside() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().unwrap();
    let id = sign_in(&store, "ada").await;
    SledStore::start_over(dir.store()).expect_err("it is open");
    store.close().unwrap();
    let aside = SledStore::start_over(dir.store()).unwrap();
    let store = builder(&dir.store()).open().unwrap();
    assert!(!lives(&store, id).await);
    store.close().unwrap();
    let second = SledStore::start_over(dir.store()).unwrap();
    assert!(!dir.store().exists());
    builder(&second).open().expect("nothing was deleted");
    let old = builder(&aside).open().unwrap();
    assert!(lives(&old, id).await, "nothing was deleted");
}

/// What the errors say to do has to work.
#[tokio::test]
async fn a_store_without_its_witness_can_be_given_up() {
    let dir = Scratch::new();
    let store = builder(&dir.store()).open().unwrap();
    sign_in(&store, "ada").await;
    store.close().unwrap();
    fs::remove_file(dir.store().join("cloakroom.witness")).unwrap();
    assert_eq!(refused(&dir.store()).0, ErrorKind::Corrupt);
    let aside = SledStore::start_over(dir.store()).unwrap();
    assert!(aside.join("engine").exists());
    builder(&dir.store()).open().expect("a new one");
    assert_eq!(refused(&aside).0, ErrorKind::Corrupt, "it is no new store");
}

#[test]
fn where_there_is_no_store_there_is_nothing_to_start_over_from() {
    let dir = Scratch::new();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let before = contents(dir.path());
    for path in [dir.store(), dir.store().join("within"), empty] {
        let error = SledStore::start_over(&path).expect_err("there is no store");
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    }
    assert_eq!(contents(dir.path()), before, "nothing was made or moved");
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

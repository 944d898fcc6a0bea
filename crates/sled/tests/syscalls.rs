//! A crash, an error or a full disk at every single call to the system that writes: strace counts the
//! calls of a child, and lets the process die, or the call fail, at the one whose turn it is.
//!
//! The child is this very test program.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::store::{
    Cap, Create, CreateOutcome, Delete, EndReason, LoadOutcome, Page, Renew, Revoke, RevokeKind,
    Update,
};
use cloakroom_core::{
    Clock as _, ErrorKind, ManualClock, Payload, Record, Revision, SessionId, SessionStore as _,
    Subject, Timeouts, Timestamp, WriteId,
};
use cloakroom_sled::SledStore;
use support::{Scratch, builder};

const DIR: &str = "CLOAKROOM_SYSCALLS_DIR";

/// The calls that write, and those that bring files and their names to the disk.
///
/// strace counts each of them for each thread apart, and sled's own threads take turns as they please:
/// so each try of a turn meets another instant. `CLOAKROOM_TRIES` says how many: one unless it is set.
const CALLS: [&str; 7] = [
    "pwrite64",
    "write",
    "fdatasync",
    "fsync",
    "sync_file_range",
    "mkdir",
    "rename",
];
const TRIES: &str = "CLOAKROOM_TRIES";

fn now() -> Timestamp {
    ManualClock::new().now()
}

/// What the child acknowledged before it died.
#[derive(Debug, Default)]
struct Told {
    created: BTreeSet<u8>,
    ended: BTreeSet<u8>,
    finished: bool,
}

#[tokio::test]
async fn a_crash_before_any_call() {
    let crashes = at_each_call("signal=SIGKILL", |output| !hear(output).finished).await;
    println!("{crashes} crashes");
    assert!(crashes > 30, "only {crashes} calls: which others write?");
}

#[tokio::test]
async fn an_error_of_any_call() {
    let errors = at_each_call("error=EIO", has_failed).await;
    println!("{errors} errors");
    assert!(errors > 30, "only {errors}");
}

/// From some call on there is no room: not even for the second try.
#[tokio::test]
async fn a_disk_that_is_full_from_any_call_on() {
    let mut failures = 0;
    for call in ["pwrite64", "write"] {
        for nth in 1..=8 {
            let dir = Scratch::new();
            let output = child(&dir, call, &format!("error=ENOSPC:when={nth}+"));
            look(&dir, &output, &format!("full from {call} {nth} on")).await;
            failures += usize::from(has_failed(&output));
        }
    }
    assert!(failures > 6, "only {failures}");
}

/// Before anything is acknowledged. Syncing a file brings its data to the disk, and not its name: that is
/// in its directory.
#[test]
fn the_names_of_a_new_stores_files_are_on_disk() {
    let dir = Scratch::new();
    let calls = dir.path().join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-y", "-e", "trace=fsync,write", "-o"]);
    strace.arg(&calls);
    let output = under(strace, &dir);
    assert!(hear(&output).finished, "{output:?}");
    let calls = std::fs::read_to_string(calls).unwrap();
    let (before, _) = calls.split_once("created 1").unwrap();
    // As strace shows them: without links.
    let store = dir.store().canonicalize().unwrap();
    for directory in [store.parent().unwrap(), &store, &store.join("engine")] {
        let of_it = format!("<{}>", directory.display());
        let mut syncs = before.lines().filter(|call| call.contains("fsync("));
        assert!(syncs.any(|call| call.contains(&of_it)), "{of_it}: {before}");
    }
}

/// Lets every call go wrong in its turn, each in a store of its own, and looks at what is left. Says
/// how often something went wrong.
async fn at_each_call(wrong: &str, went_wrong: impl Fn(&Output) -> bool) -> usize {
    let tries = std::env::var(TRIES).map_or(1, |tries| tries.parse().unwrap());
    let mut count = 0;
    for call in CALLS {
        for nth in 1.. {
            let mut reached = 0;
            for _ in 0..tries {
                let dir = Scratch::new();
                let output = child(&dir, call, &format!("{wrong}:when={nth}"));
                look(&dir, &output, &format!("{wrong} at {call} {nth}")).await;
                reached += usize::from(went_wrong(&output));
            }
            if reached == 0 {
                break;
            }
            count += reached;
        }
    }
    count
}

/// The child has met an error, and lived.
fn has_failed(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    !said.contains("no call failed")
}

fn child(dir: &Scratch, call: &str, inject: &str) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "-e"]);
    strace.arg(format!("inject={call}:{inject}"));
    if call == "write" {
        // What the child says is written too.
        strace.arg("-P").arg(dir.store().join("cloakroom.witness"));
    }
    under(strace, dir)
}

fn under(mut strace: Command, dir: &Scratch) -> Output {
    let output = strace
        .args(["-f", "-qq"])
        .arg(std::env::current_exe().unwrap())
        .args(["child_of_the_syscall_tests", "--exact", "--nocapture"])
        .env(DIR, dir.store())
        .output();
    output.expect("strace runs: install it, with `apt-get install strace`")
}

fn hear(output: &Output) -> Told {
    let mut told = Told::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("created") => told.created.extend(words.map(|n| n.parse::<u8>().unwrap())),
            Some("ended") => told.ended.extend(words.map(|n| n.parse::<u8>().unwrap())),
            Some("finished") => told.finished = true,
            _ => {}
        }
    }
    told
}

/// Opens what the child has left. It opens, since nothing of it was lost.
async fn look(dir: &Scratch, output: &Output, what: &str) {
    let told = hear(output);
    let store = builder(&dir.store()).open();
    let store = store.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let page = Page {
        after: None,
        limit: 100,
    };
    let set = store.token_set(&subject(), &page, now()).await.unwrap();
    let listed: Vec<_> = set.sessions.iter().map(|listed| listed.id()).collect();
    for number in 1..=9 {
        let load = store.load(id(&store, number), now()).await.unwrap();
        let lives = matches!(load, LoadOutcome::Found(_));
        let is_listed = listed.contains(&id(&store, number));
        assert_eq!(lives, is_listed, "{what}: {number}");
        if told.ended.contains(&number) {
            assert!(!lives, "{what}: {number} lives after its end");
        } else if told.created.contains(&number) && told.ended.is_empty() {
            // Once something has ended, what follows may have been under way too.
            let doubtful = ENDS_FIRST.contains(&number);
            assert!(lives || doubtful, "{what}: {number} is lost: {load:?}");
        }
    }
    let count = store.count(now()).await.unwrap();
    assert_eq!(count, listed.len() as u64, "{what}");
    // And it goes on.
    create(&store, 200, 10).await.unwrap();
    assert!(store.close().unwrap());
}

/// What the first ending of the child ends.
const ENDS_FIRST: [u8; 1] = [1];

/// Not a test of its own: what the tests above start.
#[tokio::test]
async fn child_of_the_syscall_tests() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    // What sled panics about is caught, and need not be read.
    std::panic::set_hook(Box::new(|_| {}));
    match work(dir.as_ref()).await {
        Ok(()) => say("no call failed"),
        Err(error) => {
            let kinds = [
                ErrorKind::OutcomeUnknown,
                ErrorKind::Unavailable,
                ErrorKind::Full,
                ErrorKind::Corrupt,
            ];
            assert!(kinds.contains(&error.kind()), "{error:?}");
        }
    }
}

async fn work(dir: &Path) -> cloakroom_core::Result<()> {
    let store = builder(dir).stalls_after(Duration::from_secs(5)).open()?;
    let done = operations(&store).await;
    if done.is_err() {
        // After a failure that may have been written, nothing more is.
        let again = create(&store, 201, 10).await;
        assert!(again.is_err(), "{again:?}");
        drop(store);
        return done;
    }
    store.close()?;
    say("finished");
    Ok(())
}

async fn operations(store: &SledStore) -> cloakroom_core::Result<()> {
    for (number, len) in [(1, 100), (2, 30_000), (3, 100), (4, 100)] {
        create(store, number, len).await?;
        say(&format!("created {number}"));
    }
    let request = Delete {
        id: id(store, 1),
        subject: Some(subject()),
        expected: None,
        reason: EndReason::Ended,
        write_id: WriteId::random(),
    };
    let _ = store.delete(&request, now()).await?;
    say("ended 1");
    let request = Update {
        id: id(store, 3),
        subject: Some(subject()),
        expected: Revision::FIRST,
        payload: payload(3, 20_000),
        label: None,
        touch: true,
        write_id: WriteId::random(),
    };
    let _ = store.update(&request, now()).await?;
    let request = Renew {
        old: id(store, 4),
        new: id(store, 5),
        subject: Some(subject()),
        grace: Duration::ZERO,
    };
    let _ = store.renew(&request, now()).await?;
    say("ended 4");
    let request = Revoke {
        subject: subject(),
        kind: RevokeKind::All,
        write_id: WriteId::random(),
    };
    let _ = store.revoke(&request, now()).await?;
    say("ended 2 3 5");
    Ok(())
}

async fn create(store: &SledStore, number: u8, len: usize) -> cloakroom_core::Result<()> {
    let record = Record::signed_in(
        id(store, number),
        subject(),
        now(),
        Timeouts::default(),
        payload(number, len),
    );
    let request = Create {
        record: Arc::new(record),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    let created = store.create(&request, now()).await?;
    assert!(matches!(created, CreateOutcome::Created { .. }));
    Ok(())
}

fn payload(number: u8, len: usize) -> Payload {
    Payload {
        codec: 1,
        bytes: vec![number; len].into(),
    }
}

fn subject() -> Subject {
    Subject::new("ada").unwrap()
}

fn id(store: &SledStore, number: u8) -> SessionId {
    let mut bytes = [number; SessionId::LEN];
    bytes[..2].copy_from_slice(&store.placement_key().place(&subject()).to_bytes());
    SessionId::from_stored(bytes)
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The harness of the tests has begun a line.
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

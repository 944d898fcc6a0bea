//! Disks that cannot be written to, and disks that are full.
//!
//! The processes that meet them are this very test program.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

mod support;

use std::error::Error as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};
use std::sync::Arc;

use cloakroom_core::store::{Cap, Create, CreateOutcome, LoadOutcome};
use cloakroom_core::{
    Clock as _, ErrorKind, ManualClock, Payload, Record, SessionId, SessionStore as _, Timeouts,
};
use support::{Scratch, builder};

const DIR: &str = "CLOAKROOM_DISK_DIR";

fn child(name: &str, dir: &Scratch) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture"])
        .env(DIR, dir.store());
    command
}

fn succeeds(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
}

#[test]
fn a_directory_that_cannot_be_written_to_is_denied() {
    let dir = Scratch::new();
    drop(builder(&dir.store()).open().unwrap());
    let witness = dir.store().join("cloakroom.witness");
    std::fs::set_permissions(&witness, std::fs::Permissions::from_mode(0o444)).unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = child("child_that_is_denied", &dir);
    if std::fs::File::options().write(true).open(&witness).is_ok() {
        // Nothing is denied to root: be nobody.
        command.uid(65_534).gid(65_534);
    }
    succeeds(&command.output().unwrap());
}

/// Not a test of its own: what the test above starts.
#[test]
fn child_that_is_denied() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let error = builder(dir.as_ref()).open().expect_err("it does not open");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    let why = error.source().unwrap().to_string();
    assert!(
        why.contains("cannot be written to") && why.contains("Let the user"),
        "{why}"
    );
}

/// A limit on the size of files stands for a full disk: each write beyond it fails.
fn on_a_disk_of(blocks: u32, name: &str, dir: &Scratch) -> Output {
    let mut limited = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    limited
        .arg("-c")
        .arg(format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""
        ))
        .arg(program)
        .args([name, "--exact", "--nocapture"])
        .env(DIR, dir.store());
    limited.output().unwrap()
}

#[test]
fn a_store_cannot_be_made_on_a_full_disk() {
    let dir = Scratch::new();
    succeeds(&on_a_disk_of(0, "child_that_finds_the_disk_full", &dir));
    let store = builder(&dir.store()).open();
    store.expect("once there is room, it is made");
}

/// Not a test of its own: what the test above starts.
#[test]
fn child_that_finds_the_disk_full() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let error = builder(dir.as_ref()).open().expect_err("it does not open");
    assert_eq!(error.kind(), ErrorKind::Full, "{error:?}");
    let why = error.source().unwrap().to_string();
    assert!(
        why.contains("is full") && why.contains("Make room"),
        "{why}"
    );
}

#[tokio::test]
async fn a_disk_that_fills_up_takes_nothing_back() {
    let dir = Scratch::new();
    // 4 MiB: units of 512 bytes.
    let output = on_a_disk_of(8_192, "child_that_fills_the_disk", &dir);
    succeeds(&output);
    let text = String::from_utf8_lossy(&output.stdout);
    let written = text.lines().find_map(|line| line.strip_prefix("written: "));
    let written: u64 = written.expect("it says how many").parse().unwrap();
    assert!(written > 0);

    let store = builder(&dir.store()).open().expect("there is room again");
    let now = ManualClock::new().now();
    for number in 0..written {
        let load = store.load(id(number), now).await.unwrap();
        assert!(
            matches!(load, LoadOutcome::Found(_)),
            "{number} of {written}: {load:?}"
        );
    }
}

/// Not a test of its own: what the test above starts.
#[tokio::test]
async fn child_that_fills_the_disk() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let store = builder(dir.as_ref()).open().unwrap();
    let mut written = 0_u64;
    let failed = loop {
        match create(&store, written).await {
            Ok(CreateOutcome::Created { .. }) => written += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
        assert!(written < 10_000, "the disk never fills up");
    };
    let kinds = [ErrorKind::OutcomeUnknown, ErrorKind::Full];
    assert!(kinds.contains(&failed.kind()), "{failed:?}");
    let refused = create(&store, written + 1)
        .await
        .expect_err("no more writes");
    assert_eq!(refused.kind(), ErrorKind::Full, "{refused:?}");
    println!("\nwritten: {written}");
}

async fn create(
    store: &cloakroom_sled::SledStore,
    number: u64,
) -> cloakroom_core::Result<CreateOutcome> {
    let payload = Payload {
        codec: 1,
        bytes: vec![number as u8; 20_000].into(),
    };
    let now = ManualClock::new().now();
    let request = Create {
        record: Arc::new(Record::anonymous(
            id(number),
            now,
            Timeouts::default(),
            payload,
        )),
        cap: Cap::default(),
        generation: None,
        replaces: None,
        over: None,
    };
    store.create(&request, now).await
}

fn id(number: u64) -> SessionId {
    let mut bytes = [3; SessionId::LEN];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..16].copy_from_slice(&number.to_be_bytes());
    SessionId::from_stored(bytes)
}
